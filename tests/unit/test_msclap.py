"""Microsoft's CLAP as music encoder: its operations on a package made here, and the way to them.

The package itself needs other versions than we do; made here is one of its name and form, small
and without training. The real one is asked by ``tests/system/test_real_backends.py``.
"""

import hashlib
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.checkpoints.encoders import build_tokenizer
from tests.hub_server import COMMIT, serving
from v2m.encoders.msclap import MsClap
from v2m.errors import BackendError, InputError
from v2m.models.cards import Expected, card
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.models.shelf import SHELF
from v2m.types import Audio, Span

DIM, RATE, SECONDS = 8, 1000, 7
WEIGHTS = "CLAP_weights_2023.pth"


class PretendedClap(torch.nn.Module):
    """Sums what it is given, through weights of its own."""

    def __init__(self, text_model: Any) -> None:
        super().__init__()
        self.base = text_model
        self.text = torch.nn.Embedding(1000, DIM)
        self.sound = torch.nn.Linear(RATE * SECONDS, DIM)


class PretendedWrapper:
    """Takes what CLAPWrapper takes and fills its network from the file, whatever is in there."""

    def __init__(self, weights: str, version: str, use_cuda: bool) -> None:
        package, towers = sys.modules["msclap.CLAPWrapper"], sys.modules["msclap.models.clap"]
        self.args = SimpleNamespace(sampling_rate=RATE, duration=SECONDS, text_len=12)
        self.clap = PretendedClap(towers.AutoModel.from_pretrained("gpt2"))
        held = torch.load(weights, weights_only=True)["model"]
        self.clap.load_state_dict(held, strict=False)
        self.tokenizer = package.AutoTokenizer.from_pretrained("gpt2")

    def _get_text_embeddings(self, given: dict[str, Any]) -> Any:
        seen = self.clap.text(given["input_ids"]) * given["attention_mask"][..., None]
        return seen.sum(dim=1).detach()

    def _get_audio_embeddings(self, sounds: Any) -> Any:
        return self.clap.sound(sounds[:, 0]).detach()


@pytest.fixture(autouse=True)
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    from v2m.backends.child import msclap_ops

    SHELF.clear()
    msclap_ops._loaded.clear()
    names = ("msclap", "msclap.CLAPWrapper", "msclap.models", "msclap.models.clap")
    made = {name: ModuleType(name) for name in names}
    made["msclap"].__spec__ = ModuleSpec("msclap", None)
    for name, module in made.items():
        above, _, last = name.rpartition(".")
        if above:
            setattr(made[above], last, module)
        monkeypatch.setitem(sys.modules, name, module)
    for module in (made["msclap.CLAPWrapper"], made["msclap.models.clap"]):
        module.AutoModel = module.AutoTokenizer = None  # type: ignore[attr-defined]
    made["msclap.CLAPWrapper"].CLAPWrapper = PretendedWrapper  # type: ignore[attr-defined]


def _checkpoint(folder: Path, **left_out: Any) -> Checkpoint:
    """Write a checkpoint with a text tower beside it, and a card that knows the file."""
    from transformers import GPT2Config, GPT2Model

    torch.manual_seed(0)
    tokenizer = build_tokenizer(folder)
    tokenizer.add_special_tokens({"eos_token": "<|endoftext|>"})
    tokenizer.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=1000, n_embd=8, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=2
    )
    config.save_pretrained(folder)
    held = PretendedClap(GPT2Model(config)).state_dict()
    kept = {name: value for name, value in held.items() if name not in left_out}
    torch.save({"model": kept}, folder / WEIGHTS)
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    small = {"dim": DIM, "sample_rate": RATE, "expected": Expected(most_alike=1.0)}
    known = card("msclap-2023").model_copy(
        update={**small, "revision": "", "pickles": {WEIGHTS: digest}}
    )
    return Checkpoint(known, folder)


def test_texts_are_encoded_alone_and_among_others_alike(tmp_path: Path) -> None:
    encoder = MsClap(_checkpoint(tmp_path))

    both = encoder.encode_text(["calm piano", "heavy metal"])
    alone = encoder.encode_text(["heavy metal"])

    np.testing.assert_allclose(both[1], alone[0], atol=1e-6)
    assert abs(float(both[0] @ both[1])) < 0.999


def test_a_long_text_is_cut_and_ends_as_others_do(tmp_path: Path) -> None:
    from v2m.backends.child import msclap_ops

    encoder = MsClap(_checkpoint(tmp_path))
    encoder.encode_text(["warm"])
    model = {"checkpoint": str(tmp_path / WEIGHTS), "text": str(tmp_path), "device": "cpu"}

    told, made = msclap_ops.encode_text({**model, "texts": ["word " * 99, "a"]}, {}, print)

    assert told["tokens"][0] == 12
    assert told["tokens"][1] < 12
    assert made["vectors"].shape == (2, DIM)


def test_music_is_heard_seven_seconds_at_a_time_and_averaged(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path)
    sound = np.random.default_rng(0).normal(0, 0.1, (1, 14 * RATE)).astype(np.float32)
    linear = torch.load(tmp_path / WEIGHTS, weights_only=True)["model"]
    raw = sound.reshape(2, -1) @ linear["sound.weight"].numpy().T + linear["sound.bias"].numpy()

    whole, first = MsClap(checkpoint).encode_spans(Audio(sound, RATE), [Span(0, 7)])

    np.testing.assert_allclose(whole, _unit(raw.mean(axis=0)), atol=1e-5)
    np.testing.assert_allclose(first, _unit(raw[0]), atol=1e-5)


def test_a_short_sound_is_repeated(tmp_path: Path) -> None:
    encoder = MsClap(_checkpoint(tmp_path))
    short = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)
    repeated = np.tile(short, 3)[: 7 * RATE]

    vectors = [encoder.encode_spans(Audio(s[None], RATE), [])[0] for s in (short, repeated)]

    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    encoder = MsClap(_checkpoint(tmp_path, **{"sound.weight": None}))

    with pytest.raises(InputError, match=r"lacks 1 weights, sound\.weight first"):
        encoder.encode_text(["calm"])


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    _checkpoint(tmp_path)

    with pytest.raises(BackendError, match="is a pickle"):
        MsClap(find_checkpoint("music-text", f"msclap-2023={tmp_path}")).encode_text(["calm"])


@pytest.mark.enable_socket
def test_the_text_tower_is_fetched_from_its_own_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"not asked for"}
    known = card("msclap-2023").model_copy(update={"text_from": f"org/gpt2@{COMMIT}"})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    with serving("org/gpt2", files, str(tmp_path / "hub"), monkeypatch):
        folder = Checkpoint(known).text_files()

    assert {path.name for path in folder.iterdir()} == {"config.json", "tokenizer.json"}


def _unit(row: Any) -> Any:
    return row / np.linalg.norm(row)
