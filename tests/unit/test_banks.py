import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.banks import TOGETHER, Bank, mel_bank
from v2m.audio.spectra import mel_filters


def _filters(n: int) -> npt.NDArray[np.float32]:
    filters = np.zeros((n, 3 * n + 5), np.float32)
    for number, row in enumerate(filters):
        row[3 * number : 3 * number + 4] = number + 1
    return filters


@pytest.mark.parametrize("n", [1, TOGETHER, 2 * TOGETHER + 1])
def test_a_bank_answers_as_one_product_would(n: int) -> None:
    filters = _filters(n)
    spectrum = np.random.default_rng(0).random((7, filters.shape[1] + 9), np.float32)

    wanted = spectrum[:, : filters.shape[1]] @ filters.T
    np.testing.assert_allclose(Bank(filters).through(spectrum), wanted, rtol=1e-5)


def test_filters_without_lines_let_nothing_through() -> None:
    filters = np.zeros((TOGETHER + 1, 4), np.float32)
    filters[0, 2] = 1

    passed = Bank(filters).through(np.ones((2, 4), np.float32))

    assert passed[:, 0].tolist() == [1, 1]
    assert not passed[:, 1:].any()


def test_mel_bank_has_the_mel_filters() -> None:
    power = np.random.default_rng(0).random((3, 513), np.float32)

    passed = mel_bank(22050, 1024, 40).through(power)

    np.testing.assert_allclose(passed, power @ mel_filters(22050, 1024, 40).T, rtol=1e-4)
