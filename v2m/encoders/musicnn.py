"""Tags music with musicnn: two small networks, their TensorFlow weights read without TensorFlow.

J. Pons and X. Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging"
(2019); one network knows the tags of MagnaTagATune, the other those of the Million Song Dataset.
"""

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

EPSILON = 1e-3
"""Of the batch normalisation the networks were trained with."""


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
        # where the scale is negative, the largest normalised value comes from the smallest one
        signs = [torch.where(scale >= 0, 1.0, -1.0) for scale, _ in self._norms[1:6]]
        self._front_filters: list[WideFilters | LongFilters] = [
            *(WideFilters(kernels[n][0], N_MELS, signs[n]) for n in (0, 1)),
            *(LongFilters(kernels[n][0], signs[n]) for n in (2, 3, 4)),
        ]
        self._front_biases = [bias for _, bias in kernels[:5]]
        self._wide_kernels = [
            (kernel[:, 0].permute(0, 2, 1).contiguous(), bias)  # (out, 7, c) -> (out, c, 7)
            for kernel, bias in kernels[5:]
        ]
        dense = [_weights(get, "dense", n) for n in (0, 1)]
        self._dense = [(kernel.T.contiguous(), bias) for kernel, bias in dense]

    def __call__(self, patches: torch.Tensor) -> torch.Tensor:
        """(n, 187, 96) -> probabilities (n, 50)."""
        scale, shift = self._norms[0]
        x = patches * scale + shift
        front = self._front(x)  # (n, 561, 187)
        first = self._wide(front, 0)
        second = self._wide(first, 1) + first
        third = self._wide(second, 2) + second
        features = torch.cat([front, first, second, third], dim=1)  # (n, 753, 187)
        pooled = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
        scale, shift = self._norms[9]
        hidden = functional.relu(functional.linear(pooled * scale + shift, *self._dense[0]))
        scale, shift = self._norms[10]
        return torch.sigmoid(functional.linear(hidden * scale + shift, *self._dense[1]))

    def _front(self, x: torch.Tensor) -> torch.Tensor:
        """Filter, rectify, normalise and take the maximum over frequency, (n, 561, 187)."""
        features = []
        for filters, bias, norm in zip(
            self._front_filters, self._front_biases, self._norms[1:6], strict=True
        ):
            scale, shift = (v[:, None] for v in norm)
            # rectifying keeps the order, so the maximum may be taken before it
            features.append(functional.relu(filters(x) + bias[:, None]) * scale + shift)
        return torch.cat(features, dim=1)

    def _wide(self, y: torch.Tensor, number: int) -> torch.Tensor:
        scale, shift = (v[:, None] for v in self._norms[6 + number])
        answers = functional.conv1d(functional.pad(y, (3, 3)), *self._wide_kernels[number])
        return functional.relu(answers) * scale + shift


def _weights(get: Any, name: str, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    name += f"_{number}" if number else ""
    return get(f"{name}/kernel"), get(f"{name}/bias")


def _scale_and_shift(get: Any, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    name = "batch_normalization" + (f"_{number}" if number else "")
    scale = get(f"{name}/gamma") / torch.sqrt(get(f"{name}/moving_variance") + EPSILON)
    return scale, get(f"{name}/beta") - get(f"{name}/moving_mean") * scale
