import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.transforms import ON_ONE_THREAD, Products, largest_prime, magnitudes_of_rows


@pytest.mark.parametrize("length", [4, 12, 68, 83, 166, 1411, 2048, 2 * ON_ONE_THREAD])
@pytest.mark.parametrize("n", [1, 50])
def test_magnitudes_are_those_of_numpys_transform(length: int, n: int) -> None:
    n = min(n, 2 * ON_ONE_THREAD * 3 // length)
    rows = np.random.default_rng(0).normal(size=(n, length)).astype(np.float32)
    wanted = np.abs(np.fft.rfft(rows.astype(np.float64), axis=1))

    found = magnitudes_of_rows(rows)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-6 * wanted.max())


@pytest.mark.parametrize("length", [12, 1411, 2048])
def test_the_same_rows_have_the_same_magnitudes_wherever_memory_lies(length: int) -> None:
    rows = np.random.default_rng(0).normal(size=(40, length)).astype(np.float32)
    kept: list[npt.NDArray[np.uint8]] = []  # moves what is reserved next
    found = []
    for n in range(16):
        kept.append(np.empty(16 * n, np.uint8))
        found.append(magnitudes_of_rows(rows.copy()).copy())

    assert all(np.array_equal(one, found[0]) for one in found)


@pytest.mark.parametrize(("a", "b"), [(1, 3), (2, 5), (9, 7), (17, 83), (4, 101)])
def test_products_are_a_transform_whatever_the_factors(a: int, b: int) -> None:
    rows = np.random.default_rng(0).normal(size=(5, a * b)).astype(np.float32)
    wanted = np.abs(np.fft.rfft(rows.astype(np.float64), axis=1))

    np.testing.assert_allclose(Products(a, b).magnitudes(rows), wanted, atol=1e-5)


@pytest.mark.parametrize(("n", "prime"), [(2, 2), (2048, 2), (1411, 83), (166, 83), (49, 7)])
def test_the_largest_prime_factor_is_found(n: int, prime: int) -> None:
    assert largest_prime(n) == prime
