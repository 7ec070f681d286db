"""The network that names pictures, folded and as its package has it."""

import numpy as np
import pytest
import torch
from torch import nn

from v2m.encoders.efficientnet import AT_ONCE, SIDE, EfficientNetLite0, load_network


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return EfficientNetLite0()


@pytest.mark.parametrize("n", [0, 1, AT_ONCE, AT_ONCE + 1])
def test_folded_it_says_what_the_package_says(network: EfficientNetLite0, n: int) -> None:
    pictures = np.random.default_rng(n).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)
    told = network.probabilities(pictures)

    assert told.shape == (n, 1000)
    assert told.dtype == np.float32
    if n:
        x = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.inference_mode():
            expected = torch.softmax(load_network()(x), dim=1).numpy()
        np.testing.assert_allclose(told, expected, atol=1e-6, rtol=1e-4)


def test_no_normalisation_is_left(network: EfficientNetLite0) -> None:
    kinds = [type(module) for module in network._network.modules()]

    assert nn.BatchNorm2d not in kinds
    assert sum(issubclass(kind, nn.Conv2d) for kind in kinds) == 49


def test_the_number_of_threads_stays_what_it_was(network: EfficientNetLite0) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        network.probabilities(np.zeros((1, SIDE, SIDE, 3), np.uint8))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
