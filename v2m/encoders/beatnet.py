"""Hears beats and downbeats with BeatNet's small recurrent network.

M. Heydari, F. Cwitkowitz and Z. Duan, "BeatNet: CRNN and particle filtering for online joint beat,
downbeat and meter tracking" (ISMIR 2021). Of the three sets of weights in its wheel we average two,
trained on ballroom dances and on rock: on rendered MIDI they found more beats and bars than the
third, trained on GTZAN (docs/decisions/0010-beats.md). The features are those of madmom: magnitudes
of 64 ms windows in 24 bands an octave, logarithmic, beside their rise from one frame to the next.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from v2m.audio.banks import Bank
from v2m.audio.spectra import magnitude_blocks
from v2m.encoders.stretches import run_layers
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
N_FILTERS = 2
N_TAPS = 10
N_PAIRS = (2 * N_BANDS - N_TAPS + 1) // 2
PAIRS_AT_ONCE = 11
N_BLOCKS = -(-N_PAIRS // PAIRS_AT_ONCE)
N_PAIRS_FILLED = N_BLOCKS * PAIRS_AT_ONCE
FILLED_WIDTH = 2 * N_PAIRS_FILLED + N_TAPS - 1
FRAMES_AT_ONCE = 256
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
            steps = torch.from_numpy(self._front.steps(features(mono)))
            pairs = zip(self._networks, steps, strict=True)
            heard = [network.heard(own) for network, own in pairs]
        return np.asarray(torch.stack(heard).mean(dim=0)[:, :2].numpy(), np.float32)

    @cached_property
    def _networks(self) -> "list[_Network]":
        return [_network(name) for name in WEIGHTS]

    @cached_property
    def _front(self) -> "_Front":
        return _Front(self._networks)


def features(mono: Mono) -> npt.NDArray[np.float32]:
    """Return what the network looks at, float32, shape (frames, 273), the last column zeros."""
    blocks = magnitude_blocks(mono, WINDOW, HOP)
    level = np.concatenate([np.log10(1 + _bank().through(block)) for block in blocks])
    out = np.zeros((len(level), FILLED_WIDTH), np.float32)
    out[:, :N_BANDS] = level
    np.maximum(0, np.diff(level, axis=0), out=out[1:, N_BANDS : 2 * N_BANDS])
    return out


class _Network(nn.Module):
    """Convolution along frequency, two recurrent layers along time, three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, N_FILTERS, N_TAPS)
        self.linear0 = nn.Linear(N_FILTERS * N_PAIRS, N_CELLS)
        self.lstm = nn.LSTM(N_CELLS, N_CELLS, num_layers=2)
        self.linear = nn.Linear(N_CELLS, 3)

    def heard(self, steps: torch.Tensor) -> torch.Tensor:
        """Turn what the front says of each frame, (frames, 150), into chances, (frames, 3)."""
        out: torch.Tensor = self.linear(run_layers(self.lstm, steps))
        return torch.softmax(out, dim=1)


class _Front:
    """The convolution, the stronger of each two neighbours, and the first layer, of all networks.

    The convolution is a product of matrices, of all networks and filters at once and of 22 places
    at a time, between which there are few zeros.
    """

    def __init__(self, networks: Sequence[_Network]) -> None:
        kernels = [network.conv1.weight.detach().numpy()[:, 0] for network in networks]
        self._kernels = np.concatenate([_places(n, kernels) for n in range(2)], axis=1)
        biases = [_array(network.conv1.bias) for network in networks]
        self._biases = [np.repeat(bias, PAIRS_AT_ONCE) for bias in biases]
        self._layers = [_by_blocks(_array(network.linear0.weight)) for network in networks]
        self._layer_biases = [
            _array(network.linear0.bias) + np.tile(bias, N_BLOCKS) @ layer
            for network, bias, layer in zip(networks, self._biases, self._layers, strict=True)
        ]

    def steps(self, seen: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Turn features into what the recurrent layers are told, (networks, frames, 150)."""
        out = np.empty((len(self._layers), len(seen), N_CELLS), np.float32)
        for first in range(0, len(seen), FRAMES_AT_ONCE):
            part = slice(first, first + FRAMES_AT_ONCE)
            self._part(seen[part], out[:, part])
        return out

    def _part(self, seen: npt.NDArray[np.float32], out: npt.NDArray[np.float32]) -> None:
        """Fill in the steps of some frames."""
        both = np.empty((len(seen), N_BLOCKS, self._kernels.shape[1]), np.float32)
        for block in range(N_BLOCKS):
            start = 2 * PAIRS_AT_ONCE * block
            np.matmul(seen[:, start:][:, : len(self._kernels)], self._kernels, out=both[:, block])
        even, odd = np.split(both, 2, axis=2)
        for number, bias in enumerate(self._biases):
            own = slice(number * len(bias), (number + 1) * len(bias))
            stronger = np.maximum(even[:, :, own], odd[:, :, own])
            np.maximum(stronger, -bias, out=stronger)  # the bias is added behind the layer
            np.matmul(stronger.reshape(len(seen), -1), self._layers[number], out=out[number])
            out[number] += self._layer_biases[number]


def _array(parameter: torch.Tensor | None) -> npt.NDArray[np.float32]:
    assert parameter is not None
    return np.asarray(parameter.detach().numpy(), np.float32)


def _places(odd: int, kernels: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """Return kernels, (filters, taps) each, at every second place of a block.

    Returns:
        shape (inputs of a block, networks * filters * pairs).
    """
    n_inputs = 2 * PAIRS_AT_ONCE + N_TAPS - 1
    columns = []
    for kernel in np.concatenate(list(kernels)):
        for pair in range(PAIRS_AT_ONCE):
            column = np.zeros(n_inputs, np.float32)
            column[2 * pair + odd :][:N_TAPS] = kernel
            columns.append(column)
    return np.stack(columns, axis=1)


def _by_blocks(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the first layer's weights, (cells, filters * pairs), in the order of the blocks.

    Returns:
        shape (blocks * filters * pairs of a block, cells); zero for pairs that only fill up.
    """
    filled = np.zeros((N_CELLS, N_FILTERS, N_PAIRS_FILLED), np.float32)
    filled[:, :, :N_PAIRS] = weight.reshape(N_CELLS, N_FILTERS, N_PAIRS)
    blocks = filled.reshape(N_CELLS, N_FILTERS, N_BLOCKS, PAIRS_AT_ONCE)
    return np.ascontiguousarray(blocks.transpose(2, 1, 3, 0).reshape(-1, N_CELLS))


def _network(name: str) -> _Network:
    network = _Network()
    network.load_state_dict(torch.load(model_file(name), map_location="cpu", weights_only=True))
    network.eval()
    return network


@lru_cache
def _bank() -> Bank:
    return Bank(_bands())


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
