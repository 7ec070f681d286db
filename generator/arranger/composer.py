"""The composer of profile lite: a small symbolic arranger, the stand-in for MusicGen."""

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from generator.arranger.form import lay_out
from generator.arranger.parts import arrange
from generator.arranger.prompt import Brief, Similarity, read_prompt
from generator.arranger.render import play, soundfont_path
from generator.arranger.styles import BEATS_PER_BAR, STYLES
from v2m.errors import InputError
from v2m.progress import Report
from v2m.types import Audio, Take, TakeRequest

EASY_TONICS = (0, 2, 4, 5, 7, 9, 10)
"""Pitch classes to choose from where the prompt names no key: C D E F G A Bb."""


class Arranger:
    """Writes music in the style a prompt asks for and plays it through a SoundFont.

    Args:
        similarity: compares texts by meaning, to find the style of a prompt that names none.
    """

    name = "arranger"
    revision = "1"
    weights_licence = ""
    places_climax = True
    max_seconds = 600.0
    shortest_seconds = 0.2

    def __init__(self, similarity: Similarity | None = None) -> None:
        self._similarity = similarity

    def compose(
        self,
        prompt: str,
        duration_seconds: float,
        *,
        seed: int,
        climax_seconds: float | None = None,
    ) -> Audio:
        """Return stereo music at 44.1 kHz, exactly round(duration_seconds * 44100) samples.

        Equal arguments give equal samples. Where a climax is asked for, the piece builds towards it
        and everybody enters on that downbeat; the tempo gives way so that there is one.

        Raises:
            InputError: the duration is not within 0.2 and 600 s, or the climax not within it.
            BackendError: the SoundFont is missing.
        """
        if not (
            math.isfinite(duration_seconds)
            and self.shortest_seconds <= duration_seconds <= self.max_seconds
        ):
            raise InputError(
                f"the arranger makes {self.shortest_seconds} to {self.max_seconds:.0f} s of "
                f"music, not {duration_seconds:g} s"
            )
        if climax_seconds is not None and not 0 <= climax_seconds < duration_seconds:
            raise InputError(
                f"a climax at {climax_seconds:g} s is not within {duration_seconds:g} s of music"
            )
        brief, tonic, rng = self._start(prompt, seed)
        form = lay_out(
            STYLES[brief.style],
            duration_seconds,
            tempo_bpm=brief.tempo_bpm,
            beats_per_bar=BEATS_PER_BAR.get(brief.style, 4),
            tonic=tonic,
            mode=brief.mode,
            steady=bool(brief.drums),
            rng=rng,
            climax_seconds=climax_seconds,
        )
        return play(arrange(brief, form, rng), form, brief, rng)

    def compose_all(
        self, requests: Sequence[TakeRequest], *, report: Report = lambda _done, _total: None
    ) -> list[Take]:
        """Return one piece per request, made one after the other; melodies are not followed."""
        takes = []
        for done, asked in enumerate(requests, 1):
            audio = self.compose(
                asked.prompt,
                asked.duration_seconds,
                seed=asked.seed,
                climax_seconds=asked.climax_seconds,
            )
            takes.append(Take(audio, asked.seed))
            report(done, len(requests))
        return takes

    def parameters(
        self, prompt: str, duration_seconds: float, seed: int
    ) -> dict[str, str | int | float]:
        """Return what the prompt was understood to ask for, by name."""
        brief, tonic, _ = self._start(prompt, seed)
        players = (brief.lead, brief.pad, brief.figure, brief.bass)
        return {
            "duration_seconds": duration_seconds,
            "style": brief.style,
            "style_recognised": int(brief.sure),
            "tempo_bpm": brief.tempo_bpm,
            "tonic": tonic,
            "mode": brief.mode,
            "instruments": ", ".join(dict.fromkeys(p.name for p in players if p)),
            "drums": brief.drums,
            "soundfont": soundfont_path().name,
        }

    def _start(self, prompt: str, seed: int) -> tuple[Brief, int, np.random.Generator]:
        words = hashlib.blake2b(prompt.encode(), digest_size=8).digest()
        rng = np.random.default_rng([abs(seed), int(seed < 0), int.from_bytes(words)])
        brief = read_prompt(prompt, self._similarity)
        tonic = int(rng.choice(EASY_TONICS))
        return brief, tonic if brief.tonic is None else brief.tonic, rng
