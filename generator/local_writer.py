"""Writes prompts with a language model of one's own, run through transformers."""

from typing import Any

from generator.asking import by_template, rules, scene_as_data
from generator.prompts import TemplateWriter
from generator.wording import UnusableAnswerError, worded
from v2m.devices import choose_device, choose_dtype, is_out_of_memory
from v2m.errors import BackendError
from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF
from v2m.pretrained import load_pretrained, quiet
from v2m.types import Description, Prompt

ANSWER_TOKENS = 160


class LocalWriter:
    """Asks a chat model in this process; where its answer is of no use the template writes.

    The same scene gives the same prompt: every answer is drawn from the same seed.

    Args:
        checkpoint: of a causal language model.
        style: "simple", "brief", "long" or "drama".
        temperature: above 0.
        seed: of the draws.
        device: "auto", "cpu", "cuda" or "mps".
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        style: str = "brief",
        *,
        temperature: float = 0.7,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        self._checkpoint, self._style = checkpoint, style
        self._template = TemplateWriter(style)
        self._temperature, self._seed = temperature, seed
        self._device = choose_device(device)

    def write(self, description: Description) -> Prompt:
        """Return one line of English, at most 256 characters.

        Raises:
            BackendError: the model cannot be loaded, or memory is too short.
        """
        try:
            answer = self._answer(rules(self._style), scene_as_data(description))
            return Prompt(worded(answer, self._style), self._checkpoint.card.name)
        except UnusableAnswerError as err:
            reason = f"an answer of {self._checkpoint.card.name} {err}"
            return by_template(self._template, description, reason)

    @property
    def _parts(self) -> tuple[Any, Any]:
        """Tokenizer and model, loaded if not here: they are put away when memory is short."""
        key = f"prompt-writer {self._checkpoint.identity} {self._device}"
        parts: tuple[Any, Any] = SHELF.get(key, self._checkpoint.megabytes, self._load)
        return parts

    def _load(self) -> tuple[Any, Any]:
        folder = self._checkpoint.files()
        tokenizer = load_pretrained("AutoTokenizer", folder)
        if len(tokenizer("music").input_ids) < 1:
            raise BackendError("model", f"the tokenizer of {folder} is empty")
        model = load_pretrained("AutoModelForCausalLM", folder, dtype=choose_dtype(self._device))
        return tokenizer, model.to(self._device).eval()

    def _answer(self, system: str, user: str) -> str:
        import torch

        tokenizer, model = self._parts
        inputs = tokenizer(self._asked(tokenizer, system, user), return_tensors="pt")
        inputs = inputs.to(self._device)
        inputs.pop("token_type_ids", None)
        try:
            with torch.random.fork_rng(), torch.inference_mode(), quiet():
                torch.manual_seed(self._seed)
                made = model.generate(
                    **inputs,
                    do_sample=True,
                    temperature=self._temperature,
                    max_new_tokens=ANSWER_TOKENS,
                    pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id,
                )
        except (RuntimeError, MemoryError) as err:
            if not is_out_of_memory(err):
                raise
            raise BackendError(
                self._checkpoint.card.name, f"{self._device.type} has too little memory for it"
            ) from err
        new = made[0, inputs["input_ids"].shape[1] :]
        return str(tokenizer.decode(new, skip_special_tokens=True))

    @staticmethod
    def _asked(tokenizer: Any, system: str, user: str) -> str:
        """Return the question in the model's own form; models without one get plain text."""
        if not tokenizer.chat_template:
            return f"{system}\n\n{user}\n\nPrompt:"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return str(
            tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        )
