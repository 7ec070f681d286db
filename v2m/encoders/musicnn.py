"""Tags music with musicnn: two small networks, their TensorFlow weights read without TensorFlow.

J. Pons and X. Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging"
(2019); one network knows the tags of MagnaTagATune, the other those of the Million Song Dataset.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from v2m.audio.spectra import mel_filters
from v2m.encoders.strongest import Array, LongFilters, WideFilters
from v2m.encoders.tensorbundle import read_checkpoint
from v2m.encoders.vocabulary import MSD_TAGS, MTT_TAGS
from v2m.types import Mono
from v2m.wheels import model_file

RATE = 16000
N_FFT = 512
HOP = 256
N_MELS = 96
PATCH_FRAMES = 187
PATCH_SECONDS = PATCH_FRAMES * HOP / RATE
N_TAGS = len(MTT_TAGS) + len(MSD_TAGS)
BATCH = 4
"""Patches at once: more need more memory and are no faster on one core."""

STILL = 1e-7
"""A filter whose weights come to less was switched off in training: what it hears is lost in single
precision. In the first layer that holds for 178 of 561 in one network and 492 in the other."""

EPSILON = 1e-3
"""Of the batch normalisation the networks were trained with."""

Pair = tuple[Array, Array]
"""Weights and bias of a layer, or scale and shift of a normalisation."""


class Musicnn:
    """Both networks; weights are read when first needed."""

    def tag(self, mono: Mono, n_patches: int) -> tuple[npt.NDArray[np.float64], Any]:
        """Tag patches spread evenly over a track.

        Args:
            mono: shape (n,), at 16,000 Hz; shorter than a patch is repeated to its length.
            n_patches: at most this many.

        Returns:
            Where the patches start, float64 (p,), seconds; and the probability of every tag,
            float32 (p, 100): the 50 of MagnaTagATune, then the 50 of the Million Song Dataset.
        """
        starts, patches = log_mel_patches(mono, n_patches)
        rows = []
        for first in range(0, len(patches), BATCH):
            batch = patches[first : first + BATCH]
            rows.append(np.concatenate([network(batch) for network in self._networks], axis=1))
        return starts, np.concatenate(rows)

    @cached_property
    def _networks(self) -> "tuple[_Network, _Network]":
        return _network("mtt"), _network("msd")


def log_mel_patches(
    mono: Mono, n_patches: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Return start times (p,) in seconds and log-mel patches (p, 187, 96).

    Power spectra through 96 mel bands, rounded to half precision and compressed as the networks
    were trained: log10(10000 x + 1).
    """
    size = PATCH_FRAMES * HOP
    if len(mono) < size + N_FFT:
        mono = np.tile(mono, -(-(size + N_FFT) // max(1, len(mono)))) if len(mono) else mono
        mono = np.pad(mono, (0, max(0, size + N_FFT - len(mono))))
    total = max(1, (len(mono) // HOP - PATCH_FRAMES + 1) // PATCH_FRAMES)
    chosen = np.unique(np.linspace(0, total - 1, min(n_patches, total)).round().astype(int))
    patches = np.stack([_log_mel(mono[i * size : (i + 1) * size]) for i in chosen])
    return chosen * PATCH_SECONDS, patches


def _log_mel(patch: Mono) -> npt.NDArray[np.float32]:
    from v2m.audio.spectra import magnitudes

    power = magnitudes(patch, N_FFT, HOP)[:PATCH_FRAMES] ** 2
    mel = (power @ mel_filters(RATE, N_FFT, N_MELS).T).astype(np.float16).astype(np.float32)
    return np.asarray(np.log10(10000 * mel + 1), np.float32)


def _network(name: str) -> "_Network":
    return _Network(
        read_checkpoint(model_file(f"musicnn-{name}-index"), model_file(f"musicnn-{name}-data"))
    )


class _Network:
    """One network: 561 features of timbre and rhythm per frame, three wide layers, then tags."""

    def __init__(self, tensors: dict[str, npt.NDArray[np.float32]]) -> None:
        prefix = "model/" if any(name.startswith("model/") for name in tensors) else ""

        def get(name: str) -> Array:
            return tensors[prefix + name]

        self._norms = [_scale_and_shift(get, n) for n in range(11)]
        kernels = [_weights(get, "conv2d", n) for n in range(8)]
        kernels = [(kernel.transpose(3, 2, 0, 1), bias) for kernel, bias in kernels]
        self._front = _Front(kernels[:5], self._norms[1:6])
        wide = [(kernel[:, 0].transpose(0, 2, 1), bias) for kernel, bias in kernels[5:]]
        still = np.repeat(self._front.still[None, :, None], PATCH_FRAMES, axis=2)
        self._wide_kernels = [
            (wide[0][0][:, self._front.moving], _answers(still, wide[0][0]) + wide[0][1][:, None]),
            *((kernel, bias[:, None]) for kernel, bias in wide[1:]),
        ]
        all_wide = np.zeros(sum(len(bias) for _, bias in wide), np.float32)
        self._moving = np.concatenate([self._front.moving, all_wide == 0])
        self._still = np.concatenate([self._front.still, all_wide])
        self._dense = [_weights(get, "dense", n) for n in (0, 1)]

    def __call__(self, patches: Array) -> Array:
        """(n, 187, 96) -> probabilities (n, 50)."""
        scale, shift = self._norms[0]
        front = self._front(patches * scale + shift)  # (n, moving, 187)
        first = self._wide(front, 0)
        second = self._wide(first, 1) + first
        third = self._wide(second, 2) + second
        heard = np.concatenate([front, first, second, third], axis=1, dtype=np.float32)
        pooled = self._pooled(heard)
        hidden = _positive(_through(pooled, self._norms[9], self._dense[0]))
        marks = _through(hidden, self._norms[10], self._dense[1])
        return np.asarray(1 / (1 + np.exp(-marks)), np.float32)

    def _wide(self, y: Array, number: int) -> Array:
        scale, shift = (v[:, None] for v in self._norms[6 + number])
        kernel, background = self._wide_kernels[number]
        return _positive(_answers(y, kernel) + background) * scale + shift

    def _pooled(self, moving: Array) -> Array:
        """Return maximum and mean over time of all features, (n, moving, 187) -> (n, 2 * 753)."""
        pooled = np.tile(self._still[:, None], (len(moving), 1, 2))
        pooled[:, self._moving] = np.stack([moving.max(axis=2), moving.mean(axis=2)], axis=2)
        return pooled.reshape(len(moving), -1)


class _Front:
    """The first layer: of every filter the strongest answer over frequency, frame by frame.

    Attributes:
        moving: bool, shape (561,), the features that depend on the sound.
        still: shape (561,), what the others always are; 0 for those that move.
    """

    def __init__(self, kernels: Sequence[Pair], norms: Sequence[Pair]) -> None:
        moving, still = [], []
        self._parts: list[tuple[WideFilters | LongFilters, list[Array]]] = []
        for (kernel, bias), (scale, shift) in zip(kernels, norms, strict=True):
            on = np.abs(kernel).sum(axis=(1, 2, 3)) > STILL
            moving.append(on)
            still.append(np.where(on, 0, _positive(bias) * scale + shift).astype(np.float32))
            # where the scale is negative, the largest normalised value comes from the smallest one
            sign = np.where(scale[on] >= 0, 1, -1).astype(np.float32)
            long = kernel.shape[3] == 1
            filters = (
                LongFilters(kernel[on], sign) if long else WideFilters(kernel[on], N_MELS, sign)
            )
            self._parts.append((filters, [v[on][:, None] for v in (bias, scale, shift)]))
        self.moving, self.still = np.concatenate(moving), np.concatenate(still)

    def __call__(self, x: Array) -> Array:
        """Filter, rectify, normalise and take the maximum, (n, 187, 96) -> (n, moving, 187)."""
        features = []
        for filters, (bias, scale, shift) in self._parts:
            # rectifying keeps the order, so the maximum may be taken before it
            features.append(_positive(filters(x) + bias) * scale + shift)
        return np.concatenate(features, axis=1)


def _answers(y: Array, kernel: Array) -> Array:
    """Return what filters of 7 frames answer, silence around, (n, c, frames) -> (n, 64, frames)."""
    padded = np.pad(y, ((0, 0), (0, 0), (3, 3)))
    windows = sliding_window_view(padded, y.shape[2], axis=2)  # (n, c, 7, frames)
    told = windows.reshape(len(y), -1, y.shape[2])
    return np.asarray(kernel.reshape(len(kernel), -1) @ told, np.float32)


def _through(x: Array, norm: Pair, layer: Pair) -> Array:
    """Normalise, and take it through a dense layer, (n, inputs) -> (n, cells)."""
    (scale, shift), (kernel, bias) = norm, layer
    return np.asarray((x * scale + shift) @ kernel + bias, np.float32)


def _positive(x: Array) -> Array:
    return np.maximum(x, 0)


def _weights(get: Any, name: str, number: int) -> Pair:
    name += f"_{number}" if number else ""
    return get(f"{name}/kernel"), get(f"{name}/bias")


def _scale_and_shift(get: Any, number: int) -> Pair:
    name = "batch_normalization" + (f"_{number}" if number else "")
    scale = get(f"{name}/gamma") / np.sqrt(get(f"{name}/moving_variance") + EPSILON)
    return scale, get(f"{name}/beta") - get(f"{name}/moving_mean") * scale
