"""Hears beats and downbeats with BeatNet's small recurrent network.

M. Heydari, F. Cwitkowitz and Z. Duan, "BeatNet: CRNN and particle filtering for online joint beat,
downbeat and meter tracking" (ISMIR 2021). Of the three sets of weights in its wheel we average two,
trained on ballroom dances and on rock: on rendered MIDI they found more beats and bars than the
third, trained on GTZAN (docs/decisions/0010-beats.md). The features are those of madmom: magnitudes
of 64 ms windows in 24 bands an octave, logarithmic, beside their rise from one frame to the next.
"""

from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from v2m.audio.spectra import magnitudes
from v2m.types import Mono
from v2m.wheels import model_file

RATE = 22050
WINDOW = 1411
HOP = 441
FRAMES_PER_SECOND = RATE / HOP

BANDS_PER_OCTAVE = 24
LOWEST_HERTZ = 30.0
HIGHEST_HERTZ = 17000.0
WEIGHTS = ("beatnet-ballroom", "beatnet-rock")
N_BANDS = 136
N_CELLS = 150
FRAMES_AT_ONCE = 512
"""Few enough that what is computed of them stays in the cache."""

Activations = npt.NDArray[np.float32]
"""float32, shape (frames, 2), 50 a second: a beat that is no downbeat, and a downbeat, 0 to 1."""


class BeatNet:
    """The networks; weights are read when first needed."""

    def hear(self, mono: Mono) -> Activations:
        """Return how likely a beat and a downbeat are, frame by frame; no sound gives no frames.

        Args:
            mono: shape (n,), at 22,050 Hz.
        """
        if not len(mono):
            return np.zeros((0, 2), np.float32)
        with torch.inference_mode():
            seen = torch.from_numpy(features(mono))
            heard = [torch.softmax(network(seen), dim=1) for network in self._networks]
        return np.asarray(torch.stack(heard).mean(dim=0)[:, :2].numpy(), np.float32)

    @cached_property
    def _networks(self) -> "list[_Network]":
        return [_network(name) for name in WEIGHTS]


def features(mono: Mono) -> npt.NDArray[np.float32]:
    """Return what the network looks at, float32, shape (frames, 272)."""
    spectrum = magnitudes(mono, WINDOW, HOP)[:, :-1]
    level = np.log10(1 + spectrum @ _bands().T)
    rise = np.zeros_like(level)
    rise[1:] = np.maximum(0, level[1:] - level[:-1])
    return np.hstack([level, rise]).astype(np.float32)


class _Network(nn.Module):
    """Convolution along frequency, two recurrent layers along time, three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 2, 10)
        self.linear0 = nn.Linear(2 * ((2 * N_BANDS - 9) // 2), N_CELLS)
        self.lstm = nn.LSTM(N_CELLS, N_CELLS, num_layers=2, batch_first=True)
        self.linear = nn.Linear(N_CELLS, 3)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Turn (frames, 272) into (frames, 3): beat, downbeat, neither."""
        layer = self._as_matrix()
        starts = range(0, len(seen), FRAMES_AT_ONCE)
        steps = torch.cat([self._step(seen[n : n + FRAMES_AT_ONCE], layer) for n in starts])
        out: torch.Tensor = self.linear(self.lstm(steps)[0])
        return out

    def _step(self, seen: torch.Tensor, layer: torch.Tensor) -> torch.Tensor:
        """Return what the recurrent layers are told of each frame, (n, 272) -> (n, 150)."""
        even, odd = (seen @ layer).chunk(2, dim=1)
        assert self.conv1.bias is not None
        bias = self.conv1.bias.repeat_interleave(even.shape[1] // 2)
        steps: torch.Tensor = self.linear0(functional.relu(torch.maximum(even, odd) + bias))
        return steps

    def _as_matrix(self) -> torch.Tensor:
        """Return the convolution as a matrix, (272, 524): four times as fast.

        The first half of its columns are the even places of both filters, the others the odd ones:
        of each pair the stronger answer counts.
        """
        columns = functional.conv1d(torch.eye(2 * N_BANDS)[:, None], self.conv1.weight)
        n_pairs = columns.shape[2] // 2
        pairs = columns[:, :, : 2 * n_pairs].reshape(2 * N_BANDS, 2, n_pairs, 2)
        return pairs.permute(0, 3, 1, 2).flatten(1)


def _network(name: str) -> _Network:
    network = _Network()
    network.load_state_dict(torch.load(model_file(name), map_location="cpu", weights_only=True))
    network.eval()
    return network


@lru_cache
def _bands() -> npt.NDArray[np.float32]:
    """Return triangular filters of unit area, a quarter tone apart, shape (136, 705)."""
    n_bins = WINDOW // 2
    spacing = RATE / (2 * n_bins)
    steps = np.arange(
        np.floor(np.log2(LOWEST_HERTZ / 440) * BANDS_PER_OCTAVE),
        np.ceil(np.log2(HIGHEST_HERTZ / 440) * BANDS_PER_OCTAVE),
    )
    hertz = 440 * 2 ** (steps / BANDS_PER_OCTAVE)
    hertz = hertz[(hertz >= LOWEST_HERTZ) & (hertz <= HIGHEST_HERTZ)]
    bins = np.unique(np.clip(np.round(hertz / spacing), 0, n_bins - 1).astype(int))
    rows = [_triangle(*edges, n_bins) for edges in zip(bins, bins[1:], bins[2:], strict=False)]
    return np.stack(rows)


def _triangle(start: int, centre: int, stop: int, n_bins: int) -> npt.NDArray[np.float32]:
    if stop - start < 2:
        centre, stop = start, start + 1
    row = np.zeros(n_bins, np.float32)
    row[start:centre] = np.linspace(0, 1, centre - start, endpoint=False)
    row[centre:stop] = np.linspace(1, 0, stop - centre, endpoint=False)
    return np.asarray(row / row.sum(), np.float32)
