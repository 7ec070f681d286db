"""BLIP-2 and chat models beside upstream's own calls, and what is made of their answers."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.checkpoints.musicgen import build_musicgen
from tests.checkpoints.vision import build_blip2, build_chat_model, build_smolvlm
from v2m.errors import BackendError
from v2m.models.checkpoint import find_checkpoint
from v2m.pretrained import load_pretrained, quiet
from v2m.types import Frames, SceneFrames
from v2m.video.looks import measure_looks
from v2m.video.questions import QUESTIONS, feeling
from v2m.video.seeing import BlipSeer, ChatSeer, make_seer, plain
from v2m.video.vision_language import VisionLanguageDescriber, most_agreed

FRAMES: Frames = np.random.default_rng(0).integers(0, 255, (3, 90, 160, 3)).astype(np.uint8)
PICTURES = [Image.fromarray(frame) for frame in FRAMES]


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> tuple[BlipSeer, Any, Any]:
    """Our BLIP-2, and upstream's model and processor."""
    folder = build_blip2(tmp_path_factory.mktemp("checkpoints") / "blip2")
    seer = make_seer(find_checkpoint("describer", str(folder)))
    assert isinstance(seer, BlipSeer)
    model = load_pretrained("AutoModelForImageTextToText", folder)
    return seer, model, load_pretrained("AutoProcessor", folder)


def test_captions_are_those_of_the_upstream_call(blip: tuple[BlipSeer, Any, Any]) -> None:
    seer, model, processor = blip
    inputs = processor(images=PICTURES, return_tensors="pt")
    with quiet():
        theirs = model.generate(**inputs, max_new_tokens=30, do_sample=False)

    mine = seer.captions(FRAMES)

    assert mine == [plain(t) for t in processor.batch_decode(theirs, skip_special_tokens=True)]
    assert len(set(mine)) > 1


def test_answers_are_those_of_the_upstream_call(blip: tuple[BlipSeer, Any, Any]) -> None:
    seer, model, processor = blip
    words = [f"Question: {QUESTIONS[0].words} Answer:"] * 3
    inputs = processor(images=PICTURES, text=words, return_tensors="pt")
    with quiet():
        theirs = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    theirs = theirs[:, inputs["input_ids"].shape[1] :]

    mine = seer.answer(FRAMES, QUESTIONS[0])

    assert mine == [plain(t) for t in processor.batch_decode(theirs, skip_special_tokens=True)]


def test_probabilities_come_from_the_models_own_logits(blip: tuple[BlipSeer, Any, Any]) -> None:
    seer, model, processor = blip
    faces = QUESTIONS[-1]
    words = [f"Question: {faces.words} Answer:"] * 3
    inputs = processor(images=PICTURES, text=words, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits[:, -1].softmax(-1).numpy()
    tokenizer = processor.tokenizer
    firsts = [[tokenizer(w).input_ids[0] for w in ways] for ways in (("yes", "Yes"), ("no", "No"))]
    space = tokenizer(" yes").input_ids[0]

    shares = seer.choose(FRAMES, faces)

    # what begins with a space is yes or no, by the next token; the rest is told at once
    told = sum(logits[:, first] for pair in firsts for first in pair)
    of_space = logits[:, space] / (told + logits[:, space])
    yes = logits[:, firsts[0]].sum(1) / told * (1 - of_space)
    assert shares.sum(axis=1) == pytest.approx([1, 1, 1])
    assert ((yes <= shares[:, 0] + 1e-6) & (shares[:, 0] <= yes + of_space + 1e-6)).all()


def test_pictures_are_looked_at_once_for_all_questions(blip: tuple[BlipSeer, Any, Any]) -> None:
    seer, _, _ = blip
    looks = []
    seer.model.vision_model.tower.register_forward_hook(lambda *_: looks.append(1))

    for question in QUESTIONS:
        if question.choices:
            seer.choose(FRAMES[:2], question)

    assert len(looks) == 1


CHATS: dict[str, Callable[[Path], Path]] = {"llava": build_chat_model, "smolvlm": build_smolvlm}


@pytest.mark.parametrize("family", CHATS)
def test_a_chat_model_sees_all_frames_and_says_what_upstream_says(
    family: str, tmp_path: Path
) -> None:
    if family == "smolvlm" and not (find_spec("torchvision") and find_spec("num2words")):
        pytest.skip("the processor of SmolVLM needs torchvision and num2words")
    folder = CHATS[family](tmp_path / "chat")
    seer = make_seer(find_checkpoint("describer", str(folder)))
    processor = load_pretrained("AutoProcessor", folder)
    model = load_pretrained("AutoModelForImageTextToText", folder)
    words = {"type": "text", "text": f"{QUESTIONS[1].words} Answer in a few words."}
    asked = [{"role": "user", "content": [{"type": "image"}] * 3 + [words]}]
    text = processor.apply_chat_template(asked, add_generation_prompt=True)
    inputs = processor(images=[PICTURES], text=[text], return_tensors="pt")
    with quiet():
        theirs = model.generate(**inputs, max_new_tokens=12, do_sample=False)

    assert isinstance(seer, ChatSeer)
    said = processor.decode(theirs[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert seer.answer(FRAMES, QUESTIONS[1]) == [plain(said)]
    assert seer.choose(FRAMES, QUESTIONS[-1]).sum() == pytest.approx(1)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_half_precision_answers_in_whole_distributions(
    precision: torch.dtype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("v2m.video.seeing.choose_dtype", lambda _device: precision)
    seer = make_seer(find_checkpoint("describer", str(build_chat_model(tmp_path / "chat"))))

    shares = seer.choose(FRAMES, QUESTIONS[-1])

    assert seer.model.dtype == precision
    assert shares.sum() == pytest.approx(1, abs=1e-3)


def test_a_model_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    mute = build_chat_model(tmp_path / "mute", chat=None)
    other = build_musicgen(tmp_path / "musicgen")
    (other / "v2m-card.toml").unlink()

    with pytest.raises(BackendError, match="without a chat form"):
        make_seer(find_checkpoint("describer", str(mute)))
    with pytest.raises(BackendError):
        _ = BlipSeer(find_checkpoint("describer", str(other))).model


def test_short_memory_is_said(
    blip: tuple[BlipSeer, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(blip[0].model, "generate", full)
    with pytest.raises(BackendError, match="too little memory"):
        blip[0].captions(FRAMES)


def test_a_scene_of_which_nothing_was_decoded_is_described_by_its_looks(
    blip: tuple[BlipSeer, Any, Any],
) -> None:
    class Blind:
        space, dim = "blind", 2

        def encode_frames(self, frames: Frames) -> Any:
            return np.zeros((len(frames), 2), np.float32)

        def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
            return []

    describer = VisionLanguageDescriber(blip[0].checkpoint, Blind())
    nothing = SceneFrames(FRAMES[:0], np.zeros((4, 36, 64, 3), np.uint8))

    seen = describer._described(nothing, measure_looks(nothing.thumbnails, 1.0))

    assert seen.text.startswith("No object recognised")
    assert seen.answers == ()


def test_the_sentence_most_frames_agree_on_is_taken() -> None:
    assert most_agreed(["a cat", "a man on a bike", "a man riding a bike"]) != "a cat"
    assert most_agreed(["", "a cat"]) == "a cat"
    assert most_agreed(["", ""]) == ""
    assert most_agreed([]) == ""


@pytest.mark.parametrize(
    ("emotion", "arousal", "valence"),
    [("happiness", 1, 1), ("sadness", -1, -1), ("anger", 1, -1), ("fear", 1, -1)],
)
def test_emotions_lie_where_psychology_puts_them(emotion: str, arousal: int, valence: int) -> None:
    felt = feeling({emotion: 1.0}, {})

    assert np.sign(felt).tolist() == [arousal, valence]
    calmer = feeling({emotion: 1.0}, {"calm": 1.0})
    assert calmer[0] < felt[0]
    assert calmer[1] == felt[1]
