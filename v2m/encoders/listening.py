"""Listens to a track once and measures it whole and section by section."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from v2m.audio.beats import find_beats
from v2m.audio.descriptors import Spectra, measure, spectra_of
from v2m.audio.structure import at_structure_rate, lay_ground
from v2m.audio.tempo import pick_tempo
from v2m.encoders.attributes import load_reference, tempo_feel
from v2m.encoders.beatnet import FRAMES_PER_SECOND, BeatNet
from v2m.encoders.musicnn import PATCH_SECONDS, RATE, Musicnn
from v2m.structure import Groundwork
from v2m.types import Audio, Heard, Mono, SoundFacts, Span

FEWEST_PATCHES = 10
"""Patches of 3 s over a track; their tags correlate 0.99 with those of twice as many."""


class Listener:
    """Runs descriptors, tagger and beat network; models are loaded when first needed."""

    @cached_property
    def _tagger(self) -> Musicnn:
        return Musicnn()

    @cached_property
    def _beats(self) -> BeatNet:
        return BeatNet()

    @cached_property
    def _reference(self) -> dict[str, npt.NDArray[np.float64]]:
        return load_reference()

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section.

        Tempo, key and mode of a section are those of its track.
        """
        spectra, ground = listen_closely(audio, self._beats)
        starts, tags = self._tagger.tag(at_tagger_rate(audio), max(FEWEST_PATCHES, len(sections)))
        whole = Span(0.0, audio.duration_seconds)
        facts = measure(audio, spectra=spectra)
        mean = tags.mean(axis=0)
        feel = tempo_feel(mean, self._reference)
        tempo = pick_tempo(facts.tempo_curve, feel=feel, pulse_bpm=ground.beats.tempo_bpm)
        heard = [Heard(whole, audio, facts, mean, tempo, ground)]
        for span in sections:
            part = audio.excerpt(span)
            own = facts if len(sections) == 1 else _of_track(measure(part, pitched=False), facts)
            heard.append(Heard(span, part, own, _within(starts, tags, span), tempo))
        return heard


def listen_closely(audio: Audio, network: BeatNet) -> tuple[Spectra, Groundwork]:
    """Return the spectra of a whole track, and what its structure is found from."""
    mono = at_structure_rate(audio)
    beats = find_beats(network.hear(mono), FRAMES_PER_SECOND)
    spectra = spectra_of(mono)
    return spectra, lay_ground(spectra, beats)


def _of_track(section: SoundFacts, track: SoundFacts) -> SoundFacts:
    return replace(
        section,
        majorness=track.majorness,
        key=track.key,
        mode=track.mode,
        tempo_curve=track.tempo_curve,
    )


def _within(
    starts: npt.NDArray[np.float64], tags: npt.NDArray[np.float32], span: Span
) -> npt.NDArray[np.float32]:
    """Return the mean tags of the patches in a span, else those of the nearest patch."""
    centres = starts + PATCH_SECONDS / 2
    inside = (centres >= span.start_seconds) & (centres < span.end_seconds)
    if not inside.any():
        middle = (span.start_seconds + span.end_seconds) / 2
        inside[np.argmin(np.abs(centres - middle))] = True
    return np.asarray(tags[inside].mean(axis=0), np.float32)


def at_tagger_rate(audio: Audio) -> Mono:
    """Return a mono mix at the rate the tagger wants."""
    import soxr

    mono = audio.mono()
    return np.asarray(soxr.resample(mono, audio.sample_rate, RATE), np.float32)
