"""Encoders with a package apart, against that package's own calls, where it is installed.

    V2M_REAL_BACKENDS=FOLDER python -m pytest tests/real -rP

FOLDER is what ``v2m backends install`` fills, ``V2M_BACKENDS``. A checkpoint is saved through the
package's own classes in its own environment, and the vectors of its own calls beside it.
"""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.real.own_words import TEXTS, sounds
from v2m.backends.channel import ChildProcess
from v2m.backends.install import CHILD
from v2m.models.cards import Expected, card
from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF
from v2m.profiles.parts import make_part
from v2m.types import Audio

BACKENDS = Path(os.environ.get("V2M_REAL_BACKENDS", "nowhere"))
FARTHEST = 1e-5
HERE = Path(__file__).parent


def _python(name: str) -> str:
    python = BACKENDS / name / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"{name} is not installed in V2M_REAL_BACKENDS")
    return str(python)


def _saved(name: str, folder: Path) -> dict[str, Any]:
    """Let the package save a checkpoint and say what it makes of the texts and sounds."""
    script = HERE / f"own_{name.replace('-', '_')}.py"
    subprocess.run(
        [_python(name), script, folder, CHILD.parent],
        check=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(HERE.parents[1])},
    )
    return dict(np.load(folder / "own.npz"))


def _encoder(named: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return our encoder of what lies in a folder; its self-test knows that nobody trained it."""
    SHELF.clear()
    known = card(named)
    (weights,) = (path for path in folder.iterdir() if path.suffix in (".pt", ".pth"))
    ops = f"{known.loader}_ops"
    name = known.loader.replace("_", "-")
    child = ChildProcess(
        name, [_python(name), CHILD, ops], log_path=folder / "stderr.log", cwd=folder
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(f"v2m.encoders.{known.loader}.connect", lambda _name: child)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    facts = {"revision": "", "files": (weights.name,), "pickles": {weights.name: digest}}
    alike = Expected(most_alike=1.0)
    return make_part(Checkpoint(known.model_copy(update={**facts, "expected": alike}), folder))


@pytest.mark.parametrize(
    ("name", "named", "heard_at_once"),
    [("msclap", "msclap-2023", (7, 44100)), ("laion-clap", "laion-clap-general", (10, 48000))],
)
def test_vectors_equal_those_of_the_packages_own_calls(
    name: str,
    named: str,
    heard_at_once: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds, rate = heard_at_once
    folder = tmp_path / "tower"
    own = _saved(name, folder)
    encoder = _encoder(named, folder, monkeypatch)
    heard = [*sounds(seconds, rate), sounds(seconds, rate)[0, : 3 * rate + 17]]

    texts = encoder.encode_text(TEXTS)
    music = np.stack([encoder.encode_spans(Audio(s[None], rate), [])[0] for s in heard])

    far = {"texts": _far(texts, own["texts"]), "sounds": _far(music, own["sounds"])}
    print(name, far)  # noqa: T201 - shown by -rP
    assert max(far.values()) < FARTHEST
    assert abs(float(texts[0] @ texts[1])) < 0.9999


def _far(ours: Any, own: Any) -> float:
    lengths = np.linalg.norm(own, axis=1, keepdims=True)
    return float(np.abs(ours - own / lengths).max())
