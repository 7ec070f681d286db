"""The composer AudioCraft: MusicGen in the package of its authors, in process or beside us."""

import itertools
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator.musicgen.sampling import Sampling
from generator.neural import NeuralComposer, exactly
from generator.retakes import MOST_RETAKES, Make
from v2m.backends.channel import Backend
from v2m.backends.install import connect
from v2m.devices import choose_device
from v2m.models.cards import cards
from v2m.models.shelf import SHELF
from v2m.progress import Report
from v2m.types import Audio, TakeRequest

STRIDE_SECONDS = 18.0
"""How far a window of 30 s moves on in longer pieces; AudioCraft's own default."""

LOAD_SECONDS, TOKEN_SECONDS = 3600.0, 300.0
"""Longest silence while weights are fetched and loaded, and between two tokens."""

PUBLISHED, SHORT_NAMES = "facebook/musicgen-", ("small", "medium", "large", "melody")
PUBLISHED_LICENCE = "CC-BY-NC-4.0"
"""Of all weights that AudioCraft's authors publish (README and LICENSE_weights of
facebookresearch/audiocraft); the names of four of their models may be shortened."""

UNTRAINED = "debug"
"""AudioCraft's model of random weights, for trying it out."""

MEGABYTES = 4000
"""Memory of its process with MusicGen small, about."""

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class _Facts:
    sample_rate: int
    hears_melody: bool


class AudioCraft(NeuralComposer):
    """Composes with a MusicGen model through AudioCraft, one piece after the other.

    AudioCraft draws a batch from one generator; made one by one, equal requests give equal samples.

    Args:
        model: as AudioCraft names it, such as "facebook/musicgen-small", or a folder.
        sampling: how tokens are drawn.
        device: "auto", "cpu" or "cuda".
        backend: returns what runs it; by default the installed one.
        most_retakes: how often a silent or stuck take is made again.
    """

    revision = "unpinned"  # AudioCraft takes the newest weights there are

    def __init__(
        self,
        model: str,
        *,
        sampling: Sampling | None = None,
        device: str = "auto",
        backend: Callable[[], Backend] | None = None,
        most_retakes: int = MOST_RETAKES,
    ) -> None:
        super().__init__(
            f"audiocraft {model}",
            weights_licence=licence_of_weights(model),
            sampling=sampling,
            most_retakes=most_retakes,
        )
        self._model = model
        self._device = choose_device(device).type
        self._connect = backend or (lambda: connect("audiocraft"))
        self._key = f"audiocraft {model} {next(_numbers)}"
        weakref.finalize(self, SHELF.drop, self._key)

    def _maker(self, report: Report) -> Make:
        return lambda some: self._make(some, report)

    def parameters(
        self, prompt: str, duration_seconds: float, seed: int
    ) -> dict[str, str | int | float]:
        """Return everything else that decides the sound."""
        return {
            **super().parameters(prompt, duration_seconds, seed),
            "stride_seconds": STRIDE_SECONDS,
            "device": self._device,
        }

    @property
    def hears_melody(self) -> bool:
        """Whether the model follows a melody it is given."""
        return self._facts.hears_melody

    @property
    def _backend(self) -> Backend:
        """What runs it; its process ends when memory is short, and starts again when needed."""
        backend: Backend = SHELF.get(self._key, MEGABYTES, self._connect)
        return backend

    @cached_property
    def _facts(self) -> _Facts:
        facts, _ = self._backend.call("load", self._which, silence_seconds=LOAD_SECONDS)
        return _Facts(int(facts["sample_rate"]), bool(facts["hears_melody"]))

    @property
    def _which(self) -> dict[str, Any]:
        return {"model": self._model, "device": self._device}

    def _make(self, requests: Sequence[TakeRequest], report: Report) -> list[Audio]:
        made = []
        for number, request in enumerate(requests):

            def one(done: int, total: int, number: int = number) -> None:
                report(number * total + done, len(requests) * total)

            made.append(self._piece(request, one))
        return made

    def _piece(self, request: TakeRequest, report: Report) -> Audio:
        params = {
            **self._which,
            "prompt": request.prompt,
            "seconds": request.duration_seconds,
            "seed": request.seed,
            "top_k": self._sampling.top_k,
            "temperature": self._sampling.temperature,
            "guidance": self._sampling.guidance,
            "stride_seconds": STRIDE_SECONDS,
        }
        arrays = {}
        if request.melody is not None and self.hears_melody:
            arrays["melody"] = request.melody.samples
            params["melody_rate"] = request.melody.sample_rate
        _, found = self._backend.call(
            "compose", params, arrays, silence_seconds=TOKEN_SECONDS, report=report
        )
        return exactly(found["audio"], request.duration_seconds, self._facts.sample_rate)


def licence_of_weights(model: str) -> str:
    """Return the licence of a model's weights; "" where nobody trained it.

    >>> licence_of_weights("facebook/musicgen-large"), licence_of_weights("debug")
    ('CC-BY-NC-4.0', '')
    >>> licence_of_weights("a/folder/of/mine")
    'unknown'
    """
    if model == UNTRAINED:
        return ""
    name = f"{PUBLISHED}{model}" if model in SHORT_NAMES else model
    for card in cards().values():
        if (card.role, card.hub_id) == ("composer", name):
            return card.licence
    return PUBLISHED_LICENCE if name.startswith(PUBLISHED) else "unknown"
