from typing import Any

import pytest
import torch
from torch import nn

from v2m.encoders.stretches import PIECE, SHORTEST, run_layers


def _layers(remembering: float) -> nn.LSTM:
    torch.manual_seed(0)
    layers = nn.LSTM(3, 8, num_layers=2)
    for layer in range(2):
        bias = getattr(layers, f"bias_ih_l{layer}").data
        bias[8:16] = remembering  # of the gate that keeps what is remembered
    return layers


@pytest.mark.parametrize("remembering", [0.0, 4.0, 20.0])
@pytest.mark.parametrize("n_steps", [2 * SHORTEST - 1, 2 * SHORTEST, 3 * SHORTEST + 7])
def test_stretches_answer_as_one_step_after_the_other(remembering: float, n_steps: int) -> None:
    layers = _layers(remembering)
    steps = torch.randn(n_steps, 3)

    with torch.inference_mode():
        wanted = layers(steps)[0]
        got = run_layers(layers, steps)

    assert got.shape == wanted.shape
    assert torch.allclose(got, wanted, atol=1e-4)


def test_layers_that_forget_run_a_stretch_again_only_until_they_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = []

    def counting(steps: torch.Tensor, *args: Any, **options: Any) -> Any:
        run.append(len(steps))
        return one_layer(steps, *args, **options)

    one_layer = torch.lstm
    monkeypatch.setattr(torch, "lstm", counting)
    with torch.inference_mode():
        run_layers(_layers(0.0), torch.randn(2 * SHORTEST, 3))

    assert sum(run) == 2 * (SHORTEST + PIECE)
