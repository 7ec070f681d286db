"""The composer AudioCraft: MusicGen in the package of its authors, in process or beside us."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from generator.musicgen.sampling import Sampling
from generator.retakes import MOST_RETAKES, make_sound_takes
from v2m.backends.channel import Backend
from v2m.backends.install import connect
from v2m.devices import choose_device
from v2m.errors import InputError
from v2m.progress import Report
from v2m.types import Audio, Take, TakeRequest

STRIDE_SECONDS = 18.0
"""How far a window of 30 s moves on in longer pieces; AudioCraft's own default."""

LOAD_SECONDS, TOKEN_SECONDS = 3600.0, 300.0
"""Longest silence while weights are fetched and loaded, and between two tokens."""


@dataclass(frozen=True, slots=True)
class _Facts:
    sample_rate: int
    hears_melody: bool


class AudioCraft:
    """Composes with a MusicGen model through AudioCraft, one piece after the other.

    AudioCraft draws a batch from one generator; made one by one, equal requests give equal samples.

    Args:
        model: as AudioCraft names it, such as "facebook/musicgen-small", or a folder.
        weights_licence: of that model.
        revision: of that model; "" where unknown.
        sampling: how tokens are drawn.
        device: "auto", "cpu" or "cuda".
        backend: returns what runs it; by default the installed one.
        most_retakes: how often a silent or stuck take is made again.
    """

    max_seconds = 600.0
    shortest_seconds = 0.02

    def __init__(
        self,
        model: str,
        *,
        weights_licence: str = "unknown",
        revision: str = "",
        sampling: Sampling | None = None,
        device: str = "auto",
        backend: Callable[[], Backend] | None = None,
        most_retakes: int = MOST_RETAKES,
    ) -> None:
        self.name = f"audiocraft {model}"
        self.revision = revision or "unpinned"
        self.weights_licence = weights_licence
        self._model = model
        self._sampling = sampling or Sampling()
        self._device = choose_device(device).type
        self._connect = backend or (lambda: connect("audiocraft"))
        self._most_retakes = most_retakes

    def compose(self, prompt: str, duration_seconds: float, *, seed: int) -> Audio:
        """Return music exactly round(duration_seconds * sample rate of the model) samples long.

        Raises:
            InputError: the duration is not within 0.02 and 600 s.
            StateError: AudioCraft is not installed.
            BackendError: it fails, ends or hangs.
        """
        return self.compose_all([TakeRequest(prompt, duration_seconds, seed)])[0].audio

    def compose_all(
        self, requests: Sequence[TakeRequest], *, report: Report = lambda _done, _total: None
    ) -> list[Take]:
        """Compose several pieces; see ``compose``."""
        for request in requests:
            self._check(request.duration_seconds)
        return make_sound_takes(requests, lambda some: self._make(some, report), self._most_retakes)

    def parameters(
        self, prompt: str, duration_seconds: float, seed: int
    ) -> dict[str, str | int | float]:
        """Return everything else that decides the sound."""
        del prompt, seed
        return {
            "duration_seconds": duration_seconds,
            "guidance": self._sampling.guidance,
            "temperature": self._sampling.temperature,
            "top_k": self._sampling.top_k,
            "stride_seconds": STRIDE_SECONDS,
            "device": self._device,
        }

    @property
    def hears_melody(self) -> bool:
        """Whether the model follows a melody it is given."""
        return self._facts.hears_melody

    @cached_property
    def _backend(self) -> Backend:
        return self._connect()

    @cached_property
    def _facts(self) -> _Facts:
        facts, _ = self._backend.call("load", self._which, silence_seconds=LOAD_SECONDS)
        return _Facts(int(facts["sample_rate"]), bool(facts["hears_melody"]))

    @property
    def _which(self) -> dict[str, Any]:
        return {"model": self._model, "device": self._device}

    def _check(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and self.shortest_seconds <= seconds <= self.max_seconds):
            raise InputError(
                f"{self.name} makes {self.shortest_seconds} to {self.max_seconds:.0f} s of music, "
                f"not {seconds:g} s"
            )

    def _make(self, requests: Sequence[TakeRequest], report: Report) -> list[Audio]:
        made = []
        for number, request in enumerate(requests):

            def one(done: int, total: int, number: int = number) -> None:
                report(number * total + done, len(requests) * total)

            made.append(self._piece(request, one))
        return made

    def _piece(self, request: TakeRequest, report: Report) -> Audio:
        rate = self._facts.sample_rate
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
        samples = np.asarray(found["audio"], np.float32)
        wanted = round(request.duration_seconds * rate)
        if samples.shape[1] < wanted:
            samples = np.pad(samples, ((0, 0), (0, wanted - samples.shape[1])))
        peak = float(np.abs(samples).max(initial=0.0))
        return Audio(samples[:, :wanted] / max(1.0, peak), rate)
