from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from v2m.models.graphs import (
    SMALL_HIGHEST,
    Network,
    Weights,
    kept,
    opened,
    small_layer,
    small_weights,
    written,
)

N_INPUTS, N_CELLS, N_STEPS = 20, 30, 400

GRAPH = f"""
    layer (float[n, 1, {N_INPUTS}] told, float[1, 1, {N_CELLS}] one_h, float[1, 1, {N_CELLS}] one_c)
        => (float[n, 1, 1, {N_CELLS}] one_said, float[1, 1, {N_CELLS}] one_h_after,
            float[1, 1, {N_CELLS}] one_c_after) {{
        {small_layer("one", "told", N_CELLS)}
    }}
"""


def _layers() -> nn.LSTM:
    torch.manual_seed(0)
    return nn.LSTM(N_INPUTS, N_CELLS)


def _weights(layers: nn.LSTM) -> Weights:
    return {name: weights.detach().numpy() for name, weights in layers.state_dict().items()}


def test_a_layer_of_small_weights_says_what_pytorchs_says() -> None:
    layers, rng = _layers(), np.random.default_rng(0)
    told = rng.normal(0, 1, (N_STEPS, 1, N_INPUTS)).astype(np.float32)
    state, cell = rng.uniform(-1, 1, (2, 1, 1, N_CELLS)).astype(np.float32)
    with torch.inference_mode():
        wanted = layers(torch.tensor(told), (torch.tensor(state), torch.tensor(cell)))

    session = opened(written(GRAPH, small_weights("one", _weights(layers))))
    said, after, cell_after = session.run(None, {"told": told, "one_h": state, "one_c": cell})

    assert np.abs(said[:, 0] - wanted[0].numpy()).max() < 0.05
    assert np.abs(after - wanted[1][0].numpy()).max() < 0.05
    assert np.abs(cell_after - wanted[1][1].numpy()).max() < 0.05


def test_a_layer_goes_on_from_what_it_remembers() -> None:
    layers, rng = _layers(), np.random.default_rng(1)
    told = np.sign(rng.normal(0, 1, (N_STEPS, 1, N_INPUTS))).astype(np.float32)
    told[0, 0, 0], told[-1, 0, 0] = 1.0, -1.0
    session = opened(written(GRAPH, small_weights("one", _weights(layers))))
    state = cell = np.zeros((1, 1, N_CELLS), np.float32)

    whole, *_ = session.run(None, {"told": told, "one_h": state, "one_c": cell})
    parts = []
    for part in np.split(told, 4):
        said, state, cell = session.run(None, {"told": part, "one_h": state, "one_c": cell})
        parts.append(said)

    assert np.allclose(np.concatenate(parts), whole, atol=1e-5)


@pytest.mark.parametrize("high", [0.0, 1e-3, 100.0])
def test_weights_fit_into_seven_bits_and_are_near_what_they_stand_for(high: float) -> None:
    layers = {name: weights * high for name, weights in _weights(_layers()).items()}

    small = small_weights("one", layers)

    assert np.abs(small["one_w"]).max() <= SMALL_HIGHEST
    meant = (small["one_w"][0] * small["one_ws"][0]).T
    by_gate = np.concatenate([np.split(layers["weight_ih_l0"], 4)[gate] for gate in (0, 3, 1, 2)])
    assert np.abs(meant - by_gate).max() <= np.abs(by_gate).max() / SMALL_HIGHEST


SUM = "sums (float[n] told) => (float[n] said) { said = Add(told, more) }"


def _more(value: float) -> Weights:
    return {"more": np.array([value], np.float32)}


def _said(network: Network) -> list[float]:
    (said,) = network({"told": np.zeros(2, np.float32)})
    return [float(number) for number in said]


def _not_read() -> Weights:
    raise AssertionError("the weights are read again")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user" / "models"
    monkeypatch.setenv("V2M_MODELS", str(folder))
    return folder


def test_weights_are_read_once(cache: Path) -> None:
    first = kept("sums-1", SUM, lambda: _more(3))
    again = kept("sums-1", SUM, _not_read)

    assert _said(first) == _said(again) == [3, 3]
    assert [path.suffix for path in cache.iterdir()] == [".graph"]


def test_another_version_or_graph_is_written_down_beside(cache: Path) -> None:
    kept("sums-1", SUM, lambda: _more(3))

    assert _said(kept("sums-2", SUM, lambda: _more(4))) == [4, 4]
    assert _said(kept("sums-1", SUM.replace("Add", "Sub"), lambda: _more(3))) == [-3, -3]
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("left", [b"", b"half", None])
def test_a_damaged_file_is_said_and_written_anew(
    cache: Path, left: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    kept("sums-1", SUM, lambda: _more(3))
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:-3] if left is None else left)

    assert _said(kept("sums-1", SUM, lambda: _more(3))) == [3, 3]
    assert "damaged, and written anew" in caplog.text
    assert _said(kept("sums-1", SUM, _not_read)) == [3, 3]


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("V2M_MODELS", str(tmp_path / "file" / "models"))

    with caplog.at_level("INFO"):
        assert _said(kept("sums-1", SUM, lambda: _more(3))) == [3, 3]

    assert "sums-1 will be written down again by the next run" in caplog.text
