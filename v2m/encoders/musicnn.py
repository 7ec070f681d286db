"""Tags music with musicnn: two small networks, their TensorFlow weights read without TensorFlow.

J. Pons and X. Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging"
(2019); one network knows the tags of MagnaTagATune, the other those of the Million Song Dataset.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from v2m.audio.spectra import mel_filters
from v2m.encoders.strongest import LongFilters, WideFilters
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

Pair = tuple[torch.Tensor, torch.Tensor]
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
        with torch.inference_mode():
            for first in range(0, len(patches), BATCH):
                batch = torch.from_numpy(patches[first : first + BATCH])
                rows.append(torch.cat([network(batch) for network in self._networks], dim=1))
        return starts, torch.cat(rows).numpy()

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

        def get(name: str) -> torch.Tensor:
            return torch.from_numpy(np.array(tensors[prefix + name]))

        self._norms = [_scale_and_shift(get, n) for n in range(11)]
        kernels = [_weights(get, "conv2d", n) for n in range(8)]
        kernels = [(kernel.permute(3, 2, 0, 1), bias) for kernel, bias in kernels]
        self._front = _Front(kernels[:5], self._norms[1:6])
        wide = [(kernel[:, 0].permute(0, 2, 1), bias) for kernel, bias in kernels[5:]]
        still = self._front.still[None, :, None].expand(1, -1, PATCH_FRAMES)
        self._wide_kernels = [
            (wide[0][0][:, self._front.moving].contiguous(), _answers(still, *wide[0])),
            *((kernel.contiguous(), bias[:, None]) for kernel, bias in wide[1:]),
        ]
        all_wide = torch.zeros(sum(len(bias) for _, bias in wide))
        self._moving = torch.cat([self._front.moving, all_wide == 0])
        self._still = torch.cat([self._front.still, all_wide])[:, None].expand(-1, 2)
        dense = [_weights(get, "dense", n) for n in (0, 1)]
        self._dense = [(kernel.T.contiguous(), bias) for kernel, bias in dense]

    def __call__(self, patches: torch.Tensor) -> torch.Tensor:
        """(n, 187, 96) -> probabilities (n, 50)."""
        scale, shift = self._norms[0]
        front = self._front(patches * scale + shift)  # (n, moving, 187)
        first = self._wide(front, 0)
        second = self._wide(first, 1) + first
        third = self._wide(second, 2) + second
        pooled = self._pooled(torch.cat([front, first, second, third], dim=1))
        scale, shift = self._norms[9]
        hidden = functional.relu(functional.linear(pooled * scale + shift, *self._dense[0]))
        scale, shift = self._norms[10]
        return torch.sigmoid(functional.linear(hidden * scale + shift, *self._dense[1]))

    def _wide(self, y: torch.Tensor, number: int) -> torch.Tensor:
        scale, shift = (v[:, None] for v in self._norms[6 + number])
        kernel, background = self._wide_kernels[number]
        return functional.relu(_answers(y, kernel) + background) * scale + shift

    def _pooled(self, moving: torch.Tensor) -> torch.Tensor:
        """Return maximum and mean over time of all features, (n, moving, 187) -> (n, 2 * 753)."""
        pooled = self._still.repeat(len(moving), 1, 1)
        pooled[:, self._moving] = torch.stack([moving.amax(dim=2), moving.mean(dim=2)], dim=2)
        return pooled.flatten(1)


class _Front:
    """The first layer: of every filter the strongest answer over frequency, frame by frame.

    Attributes:
        moving: bool, shape (561,), the features that depend on the sound.
        still: shape (561,), what the others always are; 0 for those that move.
    """

    def __init__(self, kernels: Sequence[Pair], norms: Sequence[Pair]) -> None:
        moving, still = [], []
        self._parts: list[tuple[WideFilters | LongFilters, list[torch.Tensor]]] = []
        for (kernel, bias), (scale, shift) in zip(kernels, norms, strict=True):
            on = kernel.abs().sum(dim=(1, 2, 3)) > STILL
            moving.append(on)
            still.append(torch.where(on, 0, functional.relu(bias) * scale + shift))
            # where the scale is negative, the largest normalised value comes from the smallest one
            sign = torch.where(scale[on] >= 0, 1.0, -1.0)
            long = kernel.shape[3] == 1
            filters = (
                LongFilters(kernel[on], sign) if long else WideFilters(kernel[on], N_MELS, sign)
            )
            self._parts.append((filters, [v[on][:, None] for v in (bias, scale, shift)]))
        self.moving, self.still = torch.cat(moving), torch.cat(still)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Filter, rectify, normalise and take the maximum, (n, 187, 96) -> (n, moving, 187)."""
        features = []
        for filters, (bias, scale, shift) in self._parts:
            # rectifying keeps the order, so the maximum may be taken before it
            features.append(functional.relu(filters(x) + bias) * scale + shift)
        return torch.cat(features, dim=1)


def _answers(
    y: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """Return what filters of 7 frames answer, silence around, (n, c, frames) -> (n, 64, frames)."""
    return functional.conv1d(functional.pad(y, (3, 3)), kernel, bias)


def _weights(get: Any, name: str, number: int) -> Pair:
    name += f"_{number}" if number else ""
    return get(f"{name}/kernel"), get(f"{name}/bias")


def _scale_and_shift(get: Any, number: int) -> Pair:
    name = "batch_normalization" + (f"_{number}" if number else "")
    scale = get(f"{name}/gamma") / torch.sqrt(get(f"{name}/moving_variance") + EPSILON)
    return scale, get(f"{name}/beta") - get(f"{name}/moving_mean") * scale
