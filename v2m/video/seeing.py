"""Models that look at pictures and speak: BLIP-2, and image-text-to-text models that chat."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from v2m.devices import choose_device, choose_dtype, is_out_of_memory
from v2m.errors import BackendError
from v2m.models.checkpoint import Checkpoint
from v2m.pretrained import load_pretrained, quiet
from v2m.types import Frames
from v2m.video.choosing import Shares, answer_shares
from v2m.video.questions import Question

CAPTION_TOKENS = 30
ANSWER_TOKENS = 12
MOST_LETTERS = 300

BLIP = ("blip-2", "instructblip")
"""Model types that take one picture and "Question: … Answer:"."""

PER_TOKEN = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""Inputs that grow by one for every token said."""

DESCRIBE = "Describe what these frames of a film show, in one short sentence."


class Seer(Protocol):
    """Looks at the frames of one scene."""

    def captions(self, frames: Frames) -> list[str]:
        """Return what the frames show: one caption per frame, or one for all."""
        ...

    def answer(self, frames: Frames, question: Question) -> list[str]:
        """Answer an open question, once per frame or once for all."""
        ...

    def choose(self, frames: Frames, question: Question) -> Shares:
        """Return probabilities of a question's choices, a row per frame or one for all."""
        ...


class Speaking:
    """What both kinds share: loading, generating, and reading choices off the logits.

    Args:
        checkpoint: of the model; loaded when first used.
        device: "auto", "cpu", "cuda" or "mps".
    """

    def __init__(self, checkpoint: Checkpoint, device: str = "auto") -> None:
        self.checkpoint = checkpoint
        self._device = choose_device(device)

    @cached_property
    def model(self) -> Any:
        """The model, its picture tower remembering the pictures it saw last."""
        folder = self.checkpoint.files()
        model = load_pretrained(
            "AutoModelForImageTextToText", folder, dtype=choose_dtype(self._device)
        )
        for owner in (model, getattr(model, "model", None)):
            for name in ("vision_model", "vision_tower"):
                if owner is not None and hasattr(owner, name):
                    setattr(owner, name, _remembering(getattr(owner, name)))
        return model.to(self._device).eval()

    @cached_property
    def processor(self) -> Any:
        """What turns pictures and words into the model's inputs."""
        return load_pretrained("AutoProcessor", self.checkpoint.files())

    def say(self, inputs: Mapping[str, Any], most_tokens: int) -> list[str]:
        """Return what the model says, row by row, without what it was asked."""
        made = self._generate(inputs, max_new_tokens=most_tokens, do_sample=False)
        length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
        if self.model.config.is_encoder_decoder:
            length = 0
        texts = self.processor.batch_decode(made[:, length:], skip_special_tokens=True)
        return [plain(text) for text in texts]

    def shares(self, inputs: Mapping[str, Any], choices: Sequence[str]) -> Shares:
        """Return the probability of each choice, row by row."""
        tokenizer = self.processor.tokenizer

        def logits_after(said: tuple[int, ...]) -> np.ndarray:
            made = self._generate(
                _with_tokens(inputs, said),
                max_new_tokens=1,
                do_sample=False,
                output_logits=True,
                return_dict_in_generate=True,
            )
            return np.asarray(made.logits[0].float().cpu().numpy())

        spellings = [
            (number, ids)
            for number, choice in enumerate(choices)
            for ids in _spellings(tokenizer, choice)
        ]
        return answer_shares(spellings, len(choices), tokenizer.eos_token_id or 0, logits_after)

    def to_model(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs on the model's device, pictures in its precision."""
        dtype = choose_dtype(self._device)
        return {
            name: value.to(self._device, dtype)
            if value.is_floating_point()
            else value.to(self._device)
            for name, value in inputs.items()
        }

    def _generate(self, inputs: Mapping[str, Any], **options: Any) -> Any:
        import torch

        try:
            with torch.inference_mode(), quiet():
                return self.model.generate(**inputs, **options)
        except (RuntimeError, MemoryError) as err:
            if not is_out_of_memory(err):
                raise
            raise BackendError(
                self.checkpoint.card.name,
                f"{self._device.type} has too little memory; take a smaller describer",
            ) from err


class BlipSeer(Speaking):
    """BLIP-2: a caption and an answer for each frame."""

    def captions(self, frames: Frames) -> list[str]:
        """Return a caption per frame."""
        inputs = self.processor(images=_pictures(frames), return_tensors="pt")
        return self.say(self.to_model(inputs), CAPTION_TOKENS)

    def answer(self, frames: Frames, question: Question) -> list[str]:
        """Answer an open question for each frame."""
        return self.say(self._asked(frames, question), ANSWER_TOKENS)

    def choose(self, frames: Frames, question: Question) -> Shares:
        """Return probabilities of a question's choices, a row per frame."""
        return self.shares(self._asked(frames, question), question.choices)

    def _asked(self, frames: Frames, question: Question) -> dict[str, Any]:
        words = [f"Question: {question.words} Answer:"] * len(frames)
        return self.to_model(
            self.processor(images=_pictures(frames), text=words, return_tensors="pt")
        )


class ChatSeer(Speaking):
    """A chat model that is shown all frames of a scene together."""

    def captions(self, frames: Frames) -> list[str]:
        """Return one caption for all frames."""
        return self.say(self._asked(frames, DESCRIBE), CAPTION_TOKENS)

    def answer(self, frames: Frames, question: Question) -> list[str]:
        """Answer an open question once."""
        words = f"{question.words} Answer in a few words."
        return self.say(self._asked(frames, words), ANSWER_TOKENS)

    def choose(self, frames: Frames, question: Question) -> Shares:
        """Return probabilities of a question's choices, one row."""
        words = f"{question.words} Answer with one word."
        return self.shares(self._asked(frames, words), question.choices)

    def _asked(self, frames: Frames, words: str) -> dict[str, Any]:
        pictures = _pictures(frames)
        content = [{"type": "image"} for _ in pictures] + [{"type": "text", "text": words}]
        text = self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )
        return self.to_model(self.processor(images=[pictures], text=[text], return_tensors="pt"))


def make_seer(checkpoint: Checkpoint, device: str = "auto") -> BlipSeer | ChatSeer:
    """Return what looks through a checkpoint; only its configuration is read.

    Raises:
        BackendError: the model has no form of question that we know.
    """
    kind = load_pretrained("AutoConfig", checkpoint.files()).model_type
    if kind in BLIP:
        return BlipSeer(checkpoint, device)
    seer = ChatSeer(checkpoint, device)
    if not getattr(seer.processor, "chat_template", None):
        raise BackendError(
            checkpoint.card.name,
            f"a model of type {kind!r} without a chat form cannot be asked; take BLIP-2, or one "
            "whose processor has a chat template",
        )
    return seer


def plain(text: str) -> str:
    r"""Return what a model said on one line, without anything that does not print.

    >>> plain(" a dog\n\x07on a beach ")
    'a dog on a beach'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MOST_LETTERS]


def _pictures(frames: Frames) -> list[Any]:
    from PIL import Image

    return [Image.fromarray(frame) for frame in frames]


def _spellings(tokenizer: Any, answer: str) -> list[tuple[int, ...]]:
    """Return the ways to write an answer in tokens: with and without a space, small and capital."""
    ways = {
        tuple(tokenizer(space + word, add_special_tokens=False).input_ids)
        for space in ("", " ")
        for word in (answer, answer.capitalize())
    }
    return sorted(way for way in ways if way)


def _with_tokens(inputs: Mapping[str, Any], said: tuple[int, ...]) -> dict[str, Any]:
    """Return inputs as if the model had said some tokens already, in every row."""
    import torch

    longer = dict(inputs)
    for name in PER_TOKEN if said else ():
        if name not in inputs:
            continue
        old = inputs[name]
        new = torch.tensor(said) if name == "input_ids" else torch.full((len(said),), 0)
        if name == "attention_mask":
            new = torch.ones(len(said))
        longer[name] = torch.cat([old, new.to(old).expand(len(old), -1)], dim=1)
    return longer


def _remembering(tower: Any) -> Any:
    """Wrap a picture tower so that asking again about the same pictures costs nothing."""
    import torch

    class Remembering(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = tower
            self._seen: tuple[torch.Tensor, Any] | None = None

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(super().__getattr__("tower"), name)

        def forward(self, pixel_values: torch.Tensor, **options: Any) -> Any:
            if self._seen is not None and _same(self._seen[0], pixel_values):
                return self._seen[1]
            made = self.tower(pixel_values, **options)
            self._seen = (pixel_values, made)
            return made

    return Remembering()


def _same(one: Any, other: Any) -> bool:
    import torch

    return one.shape == other.shape and torch.equal(one, other)
