"""Figures on sound itself: loudness range, tempo stability, silence, clipping, stuck loops."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.audio.banks import mel_bank
from v2m.audio.descriptors import HOP, N_FFT, ONSET_BANDS, RATE, onset_envelope
from v2m.audio.faults import find_faults
from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs, short_term_lufs, true_peak_dbtp
from v2m.audio.tempo import pick_tempo, tempo_curve
from v2m.types import Audio, Samples

SILENCE_DBFS = -60.0
BLOCK_SECONDS = 0.05

FULL_SCALE = 0.999
CLIPPED_RUN = 3
"""So many samples in a row at full scale are no chance peak."""

TEMPO_WINDOW_SECONDS = 12.0
TEMPO_HOP_SECONDS = 4.0
TEMPO_TOLERANCE = 0.04
"""As the tempo task of MIREX allows; octaves count as the same."""

RELATIVE_GATE_LU = 20.0


@dataclass(frozen=True, slots=True)
class SoundMeasures:
    """What can be said of a piece's sound without notes.

    Attributes:
        loudness_lufs: integrated (ITU-R BS.1770-4), -70 for silence.
        loudness_range_lu: EBU Tech 3342; NaN under 3 s or for silence.
        true_peak_dbtp: -120 for silence.
        tempo_stability: share of 12 s windows whose tempo is the piece's within 4 %, octaves
            allowed, 0 to 1; NaN without a pulse or under 16 s.
        silence_share: share of 50 ms blocks under -60 dBFS, 0 to 1.
        clipped_share: share of samples in runs of three or more at full scale, 0 to 1.
        faulty_share: share of the time that is stuck or wrongly silent, 0 to 1.
        faults: what the detector of faulty takes says of it, in words; "" for nothing.
    """

    loudness_lufs: float
    loudness_range_lu: float
    true_peak_dbtp: float
    tempo_stability: float
    silence_share: float
    clipped_share: float
    faulty_share: float
    faults: str

    @property
    def is_degenerate(self) -> bool:
        """Whether a composer would make it again."""
        return bool(self.faults)


def measure_sound(audio: Audio) -> SoundMeasures:
    """Measure a piece of any length and rate."""
    faults = find_faults(audio)
    return SoundMeasures(
        loudness_lufs=max(SILENCE_LUFS, integrated_lufs(audio.samples, audio.sample_rate)),
        loudness_range_lu=loudness_range(audio.samples, audio.sample_rate),
        true_peak_dbtp=true_peak_dbtp(audio.samples, audio.sample_rate),
        tempo_stability=tempo_stability(audio),
        silence_share=silence_share(audio),
        clipped_share=clipped_share(audio.samples),
        faulty_share=max((fault.share for fault in faults), default=0.0),
        faults="; ".join(fault.text for fault in faults),
    )


def loudness_range(samples: Samples, sample_rate: int) -> float:
    """Return the loudness range after EBU Tech 3342, LU.

    The 95th minus the 10th percentile of 3 s loudness every 100 ms, without what lies under
    -70 LUFS or 20 LU under the mean of the rest.

    Returns:
        NaN for sound shorter than 3 s, and for silence.
    """
    if samples.shape[1] < 3 * sample_rate:
        return float("nan")
    levels = short_term_lufs(samples, sample_rate, 0.1)
    levels = levels[levels > SILENCE_LUFS]
    if not len(levels):
        return float("nan")
    mean = 10 * np.log10(np.mean(10 ** (levels / 10)))
    low, high = np.percentile(levels[levels > mean - RELATIVE_GATE_LU], [10, 95])
    return float(high - low)


def tempo_stability(audio: Audio) -> float:
    """Return the share of 12 s windows with the tempo of the whole piece, octaves allowed."""
    envelope = _onsets(audio)
    rate = RATE / HOP
    width, hop = round(TEMPO_WINDOW_SECONDS * rate), round(TEMPO_HOP_SECONDS * rate)
    tempo = pick_tempo(tempo_curve(envelope, rate))
    starts = range(0, len(envelope) - width + 1, hop)
    if not tempo or len(starts) < 2:
        return float("nan")
    own = [pick_tempo(tempo_curve(envelope[s : s + width], rate)) for s in starts]
    return float(np.mean([_same_tempo(bpm, tempo) for bpm in own]))


def silence_share(audio: Audio) -> float:
    """Return the share of 50 ms blocks under -60 dBFS, 0 to 1; NaN for no sound at all."""
    block = max(1, round(BLOCK_SECONDS * audio.sample_rate))
    mono = audio.mono()
    if not len(mono):
        return float("nan")
    padded = np.pad(mono, (0, -len(mono) % block)).reshape(-1, block)
    power = (padded.astype(np.float64) ** 2).mean(axis=1)
    return float((power < 10 ** (SILENCE_DBFS / 10)).mean())


def clipped_share(samples: Samples) -> float:
    """Return the share of samples in runs of three or more at full scale, 0 to 1.

    Both polarities count apart: a run does not cross zero.
    """
    if not samples.size:
        return float("nan")
    n_clipped = sum(
        _in_runs(side >= FULL_SCALE) for channel in samples for side in (channel, -channel)
    )
    return float(n_clipped / samples.size)


def _in_runs(marks: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= CLIPPED_RUN].sum())


def _onsets(audio: Audio) -> npt.NDArray[np.float64]:
    mono = audio.mono()
    if audio.sample_rate != RATE and len(mono):
        import soxr

        mono = soxr.resample(mono, audio.sample_rate, RATE)
    mono = np.pad(mono, (0, max(0, N_FFT - len(mono))))
    return onset_envelope(mel_bank(RATE, N_FFT, ONSET_BANDS).through_sound(mono, N_FFT, HOP))


def _same_tempo(bpm: float, reference_bpm: float) -> bool:
    if not bpm:
        return False
    octaves = np.log2(bpm / reference_bpm)
    return bool(abs(octaves - round(octaves)) <= np.log2(1 + TEMPO_TOLERANCE))
