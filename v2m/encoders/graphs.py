"""Runs networks that are written down as ONNX graphs, by ONNX Runtime."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Weights = dict[str, npt.NDArray[Any]]

OPSETS = '<ir_version: 9, opset_import: ["" : 18, "com.microsoft" : 1]>'

SMALL_HIGHEST = 64
"""Weights of seven bits, from -64 to 64: two products of one with eight bits fit into the sixteen
that processors without instructions of their own for it add them in."""

GATES = [0, 3, 1, 2]
"""ONNX has a recurrent layer's gates in the order in, out, forget, cell, PyTorch in, forget, cell,
out."""


def written(graph: str, weights: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return an ONNX model.

    Args:
        graph: name, inputs, outputs and nodes in ONNX's textual syntax.
        weights: what the nodes use beside the inputs, by name.
    """
    from onnx import numpy_helper, parser

    model = parser.parse_model(OPSETS + graph)
    held = [numpy_helper.from_array(np.ascontiguousarray(w), name) for name, w in weights.items()]
    model.graph.initializer.extend(held)
    return bytes(model.SerializeToString())


def opened(model: bytes) -> "InferenceSession":
    """Return an ONNX model ready to run on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def small_layer(name: str, told: str, n_cells: int) -> str:
    """Return the node of a recurrent layer with weights of ``small_weights``.

    It turns ``told``, (steps, 1, inputs), into NAME_said, (steps, 1, 1, cells), and state and cell
    before it, NAME_h and NAME_c, each (1, 1, cells), into those after it, NAME_h_after and
    NAME_c_after.
    """
    inputs = f"{told}, {name}_w, {name}_r, {name}_b, , {name}_h, {name}_c, , {name}_ws, {name}_wz"
    return (
        f"{name}_said, {name}_h_after, {name}_c_after = com.microsoft.DynamicQuantizeLSTM"
        f"<hidden_size = {n_cells}>({inputs}, {name}_rs, {name}_rz)\n"
    )


def small_weights(name: str, layers: Weights, number: int) -> Weights:
    """Return the weights of a recurrent layer with seven bits each, and a scale for every row.

    Args:
        name: of the layer, as in ``small_layer``.
        layers: weights and biases of layers as PyTorch's LSTM names them: "weight_ih_l0" (4 cells,
            inputs), "weight_hh_l0" (4 cells, cells), "bias_ih_l0" and "bias_hh_l0" (4 cells,).
        number: which of the layers, from 0.
    """
    biases = [_gates_in_order(layers[f"bias_{kind}_l{number}"]) for kind in ("ih", "hh")]
    out: Weights = {f"{name}_b": np.concatenate(biases)[None]}
    for key, kind in (("w", "ih"), ("r", "hh")):
        rows = _gates_in_order(layers[f"weight_{kind}_l{number}"])
        scales = np.maximum(np.abs(rows).max(axis=1), 1e-12) / SMALL_HIGHEST
        out[f"{name}_{key}"] = np.rint(rows / scales[:, None]).astype(np.int8).T[None]
        out[f"{name}_{key}s"] = scales[None].astype(np.float32)
        out[f"{name}_{key}z"] = np.zeros((1, len(scales)), np.int8)
    return out


def _gates_in_order(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.concatenate([np.split(rows, 4)[gate] for gate in GATES])
