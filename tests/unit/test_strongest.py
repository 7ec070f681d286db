import numpy as np
import pytest
import torch
from torch.nn import functional

from v2m.encoders.strongest import LongFilters, WideFilters

BANDS = 24


def _kernel(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def _signs(n: int) -> torch.Tensor:
    return torch.where(torch.arange(n) % 3 == 0, -1.0, 1.0)


def _by_convolution(x: torch.Tensor, kernel: torch.Tensor, sign: torch.Tensor) -> torch.Tensor:
    frames = kernel.shape[2]
    padded = functional.pad(x[:, None], (0, 0, (frames - 1) // 2, frames // 2))
    answers = functional.conv2d(padded, kernel)
    return torch.where(sign[:, None] > 0, answers.amax(dim=3), answers.amin(dim=3))


@pytest.mark.parametrize(("frames", "width"), [(7, 9), (1, BANDS), (3, 1)])
@pytest.mark.parametrize("filters", [5, 30])
def test_wide_filters_answer_as_a_convolution_does(filters: int, frames: int, width: int) -> None:
    x, kernel, sign = _kernel(2, 40, BANDS), _kernel(filters, 1, frames, width), _signs(filters)

    strongest = WideFilters(kernel.numpy(), BANDS, sign.numpy())(x.numpy())

    expected = _by_convolution(x, kernel, sign).numpy()
    np.testing.assert_allclose(strongest, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 7, 32])
@pytest.mark.parametrize("length", [5, 34, 40])
def test_long_filters_answer_as_a_convolution_does(length: int, frames: int) -> None:
    x, kernel, sign = _kernel(2, length, BANDS), _kernel(6, 1, frames, 1), _signs(6)

    strongest = LongFilters(kernel.numpy(), sign.numpy())(x.numpy())

    expected = _by_convolution(x, kernel, sign).numpy()
    np.testing.assert_allclose(strongest, expected, rtol=1e-4, atol=1e-4)
