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

from v2m.audio.banks import Bank
from v2m.models.graphs import Network, Weights, kept, small_layer, small_weights
from v2m.types import Mono
from v2m.wheels import model_file

RATE = 22050
WINDOW = 1411
HOP = 441
FRAMES_PER_SECOND = RATE / HOP

BANDS_PER_OCTAVE = 24
LOWEST_HERTZ = 30.0
HIGHEST_HERTZ = 17000.0
NETWORKS = {"ballroom": "beatnet-ballroom", "rock": "beatnet-rock"}
N_BANDS = 136
N_LAYERS = 2
N_CELLS = 150
LAYERS = [f"{name}_{number}" for name in NETWORKS for number in range(N_LAYERS)]
NOTHING = np.zeros((1, 1, N_CELLS), np.float32)
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
        seen = features(mono)[:, None]
        memory = {f"{layer}_{part}": NOTHING for layer in LAYERS for part in "hc"}
        heard = [np.zeros((0, 2), np.float32)]
        for first in range(0, len(seen), FRAMES_AT_ONCE):
            part = seen[first : first + FRAMES_AT_ONCE]
            chances, *after = self._network({"seen": part, **memory})
            heard.append(chances)
            memory = dict(zip(memory, after, strict=True))
        return np.concatenate(heard)

    @cached_property
    def _network(self) -> Network:
        return kept("beatnet-1.1.3", _graph(), _weights)


def _graph() -> str:
    """Write the networks down, beside each other.

    Each is a convolution along frequency, the stronger of each two neighbours, a layer, two
    recurrent layers along time, and three classes: beat, downbeat, neither.
    """
    memory = [f"float[1, 1, {N_CELLS}] {layer}_{part}" for layer in LAYERS for part in "hc"]
    before, after = ", ".join(memory), ", ".join(f"{part}_after" for part in memory)
    stronger, classes = (
        ", ".join(f"{name}_{what}" for name in NETWORKS) for what in ("stronger", "classes")
    )
    return f"""
        beatnet (float[n, 1, {2 * N_BANDS}] seen, {before}) => (float[n, 2] chances, {after}) {{
            zero = Constant<value_ints = [0]>()
            one = Constant<value_ints = [1]>()
            two = Constant<value_ints = [2]>()
            places = Conv(seen, kernels, kernel_biases)
            sounding = Relu(places)
            pooled = MaxPool<kernel_shape = [2], strides = [2]>(sounding)
            {stronger} = Split<axis = 1, num_outputs = {len(NETWORKS)}>(pooled)
            {"".join(map(_network, NETWORKS))}
            mean = Mean({classes})
            chances = Slice(mean, zero, two, one)
        }}
    """


def _network(name: str) -> str:
    return f"""
            {name}_row = Flatten({name}_stronger)
            {name}_told = Gemm<transB = 1>({name}_row, {name}_linear0_weight, {name}_linear0_bias)
            {name}_steps = Unsqueeze({name}_told, one)
            {small_layer(f"{name}_0", f"{name}_steps", N_CELLS)}
            {name}_between = Squeeze({name}_0_said, one)
            {small_layer(f"{name}_1", f"{name}_between", N_CELLS)}
            {name}_last = Flatten({name}_1_said)
            {name}_marks = Gemm<transB = 1>({name}_last, {name}_linear_weight, {name}_linear_bias)
            {name}_classes = Softmax<axis = 1>({name}_marks)
    """


def _weights() -> Weights:
    """Return the weights of all networks, named as in the graph."""
    read = {name: _read(file) for name, file in NETWORKS.items()}
    out = {
        "kernels": np.concatenate([own["conv1.weight"] for own in read.values()]),
        "kernel_biases": np.concatenate([own["conv1.bias"] for own in read.values()]),
    }
    for name, own in read.items():
        for part in ("linear0.weight", "linear0.bias", "linear.weight", "linear.bias"):
            out[f"{name}_{part.replace('.', '_')}"] = own[part]
        layers = {part.removeprefix("lstm."): weights for part, weights in own.items()}
        for number in range(N_LAYERS):
            out |= small_weights(f"{name}_{number}", layers, number)
    return out


def _read(file: str) -> Weights:
    import torch

    read = torch.load(model_file(file), map_location="cpu", weights_only=True)
    return {name: value.numpy() for name, value in read.items()}


def features(mono: Mono) -> npt.NDArray[np.float32]:
    """Return what the network looks at, float32, shape (frames, 272); no sound has no frames."""
    if not len(mono):
        return np.zeros((0, 2 * N_BANDS), np.float32)
    level = np.log10(1 + _bank().through_sound(mono, WINDOW, HOP))
    rise = np.maximum(0, np.diff(level, axis=0, prepend=level[:1]))
    return np.concatenate([level, rise], axis=1)


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
