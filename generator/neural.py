"""What composers with weights share: the lengths they make, how they draw, takes made again."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from generator.musicgen.sampling import Sampling
from generator.retakes import MOST_RETAKES, Make, make_sound_takes
from v2m.errors import InputError
from v2m.progress import Report
from v2m.types import Audio, Samples, Take, TakeRequest


class NeuralComposer(ABC):
    """A composer with weights; a subclass says what it is called and how pieces are made.

    Args:
        name: of the model.
        weights_licence: of that model; "" where nobody trained it.
        sampling: how tokens are drawn.
        most_retakes: how often a silent or stuck take is made again.
    """

    max_seconds = 600.0
    shortest_seconds = 0.02

    def __init__(
        self,
        name: str,
        *,
        weights_licence: str,
        sampling: Sampling | None = None,
        most_retakes: int = MOST_RETAKES,
    ) -> None:
        self.name, self.weights_licence = name, weights_licence
        self._sampling = sampling or Sampling()
        self._most_retakes = most_retakes

    @abstractmethod
    def _maker(self, report: Report) -> Make:
        """Return what makes pieces in order and reports on all it is asked for together."""

    def compose(self, prompt: str, duration_seconds: float, *, seed: int) -> Audio:
        """Return music exactly round(duration_seconds * sample rate of the model) samples long.

        Raises:
            InputError: the duration is not within 0.02 and 600 s.
            StateError: what runs the model is not installed.
            BackendError: the model cannot be loaded, fails, or memory is too short for one piece.
        """
        return self.compose_all([TakeRequest(prompt, duration_seconds, seed)])[0].audio

    def compose_all(
        self, requests: Sequence[TakeRequest], *, report: Report = lambda _done, _total: None
    ) -> list[Take]:
        """Compose several pieces together; see ``compose``.

        Args:
            requests: in any order and of any lengths.
            report: is told after each token how many are done and how many there will be.
        """
        for request in requests:
            self._check(request.duration_seconds)
        return make_sound_takes(requests, self._maker(report), self._most_retakes)

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
        }

    def _check(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and self.shortest_seconds <= seconds <= self.max_seconds):
            raise InputError(
                f"{self.name} makes {self.shortest_seconds} to {self.max_seconds:.0f} s of music, "
                f"not {seconds:g} s"
            )


def exactly(samples: Samples, seconds: float, sample_rate: int) -> Audio:
    """Return (channels, samples) as music of just this length, quieter where it would clip.

    Args:
        samples: at least as long, but for a frame of the codec.
        seconds: how long it is to be.
        sample_rate: Hz.
    """
    n_samples = round(seconds * sample_rate)
    cut = np.asarray(samples, np.float32)[:, :n_samples]
    if cut.shape[1] < n_samples:
        cut = np.pad(cut, ((0, 0), (0, n_samples - cut.shape[1])))
    peak = float(np.abs(cut).max(initial=0.0))
    return Audio(cut / peak if peak > 1 else cut, sample_rate)
