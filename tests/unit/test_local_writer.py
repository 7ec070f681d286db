"""Prompts from a language model in this process."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from generator import local_writer
from generator.asking import rules, scene_as_data
from generator.local_writer import LocalWriter
from generator.prompts import TemplateWriter
from tests.checkpoints.language import build_language_model
from tests.unit.test_prompts import SCENE
from v2m.errors import BackendError
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.pretrained import load_pretrained, quiet


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = build_language_model(tmp_path_factory.mktemp("checkpoints") / "writer")
    return find_checkpoint("prompt-writer", str(folder))


@pytest.fixture(autouse=True)
def _short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_writer, "ANSWER_TOKENS", 12)


class Fixed(LocalWriter):
    """Answers what it is told to."""

    answer = ""

    def _answer(self, system: str, user: str) -> str:
        return self.answer


def test_a_good_answer_is_the_prompt(checkpoint: Checkpoint) -> None:
    writer = Fixed(checkpoint)
    writer.answer = "Sure, here it is: slow piano, warm strings"

    written = writer.write(SCENE)

    assert (written.text, written.by, written.notice) == (
        "slow piano, warm strings",
        checkpoint.card.name,
        "",
    )


def test_an_answer_of_no_use_is_replaced_and_that_is_said(checkpoint: Checkpoint) -> None:
    writer = Fixed(checkpoint, "drama")
    writer.answer = "I'm sorry, I can't help with that."

    written = writer.write(SCENE)

    assert written.text == TemplateWriter("drama").write(SCENE).text
    assert (
        written.notice == f"prompts by template: an answer of {checkpoint.card.name} is a refusal"
    )


def test_the_answer_is_what_the_upstream_call_gives_for_a_seed(checkpoint: Checkpoint) -> None:
    system, user = rules("brief"), scene_as_data(SCENE)
    tokenizer = load_pretrained("AutoTokenizer", checkpoint.files())
    model = load_pretrained("AutoModelForCausalLM", checkpoint.files())
    inputs = tokenizer.apply_chat_template(
        [{"role": "system", "content": system}, {"role": "user", "content": user}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    torch.manual_seed(5)
    with quiet():
        theirs = model.generate(**inputs, do_sample=True, temperature=0.7, max_new_tokens=12)

    mine = LocalWriter(checkpoint, seed=5)._answer(system, user)

    assert mine == tokenizer.decode(
        theirs[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True
    )


def test_a_real_model_writes_the_same_again_and_disturbs_no_random_state(
    checkpoint: Checkpoint,
) -> None:
    writer = LocalWriter(checkpoint)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)

    first = writer.write(SCENE)

    assert torch.rand(1) == expected
    assert first == writer.write(SCENE)
    assert 0 < len(first.text) <= 256


def test_a_model_without_a_chat_form_is_asked_in_plain_text(tmp_path: Path) -> None:
    folder = build_language_model(tmp_path / "plain", chat=None)
    writer = LocalWriter(find_checkpoint("prompt-writer", str(folder)))

    assert writer.write(replace(SCENE, mood="sad")).text


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    folder = build_language_model(tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"damaged")

    with pytest.raises(BackendError, match="damaged"):
        LocalWriter(find_checkpoint("prompt-writer", str(folder))).write(SCENE)


def test_short_memory_is_said(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LocalWriter(checkpoint)
    _, model = writer._parts

    def full(**_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model, "generate", full)
    with pytest.raises(BackendError, match="too little memory"):
        writer.write(SCENE)
