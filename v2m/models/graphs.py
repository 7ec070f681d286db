"""Runs networks that are written down as ONNX graphs, by ONNX Runtime."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from v2m.errors import V2mError, printable
from v2m.files import replacing
from v2m.wheels import cache_folder

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

log = logging.getLogger(__name__)

Weights = dict[str, npt.NDArray[Any]]

OPSETS = '<ir_version: 9, opset_import: ["" : 18, "com.microsoft" : 1]>'

DIGEST_BYTES = 32
"""Of SHA-256, ahead of what is kept: a computer that loses power may leave half a file."""

SMALL_HIGHEST = 64
"""Weights of seven bits, from -64 to 64: two products of one with eight bits fit into the sixteen
that processors without instructions of their own for it add them in."""

GATES = [0, 3, 1, 2]
"""ONNX has a recurrent layer's gates in the order in, out, forget, cell, PyTorch in, forget, cell,
out."""


class Network:
    """A network that is ready to run.

    Args:
        session: it, opened; its outputs are float32.
    """

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session

    def __call__(self, told: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[np.float32]]:
        """Return the outputs, in the order of the graph, for inputs by name."""
        return [np.asarray(said, np.float32) for said in self._session.run(None, dict(told))]


def kept(name: str, graph: str, weights: Callable[[], Weights]) -> Network:
    """Return a network ready to run, written down once and kept in the model cache.

    Reading PyTorch's files takes PyTorch, which takes a second and 200 MB to import. A cache that
    cannot be written only costs time, and so does a file in it that is damaged.

    Args:
        name: of the network, and the version of its weights; another one where they are prepared
            in another way.
        graph: as in ``written``.
        weights: reads them.
    """
    path = cache_folder() / f"{name}-{hashlib.sha256(graph.encode()).hexdigest()[:20]}.graph"
    known = _whole(path) if path.is_file() else None
    if known is not None:
        return Network(opened(known))
    model = written(graph, weights())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(hashlib.sha256(model).digest() + model)
    except (OSError, V2mError) as err:
        log.info("%s will be written down again by the next run: %s", name, err)
    return Network(opened(model))


def _whole(path: Path) -> bytes | None:
    """Return the model in a kept file; None where it is not what was written."""
    content = path.read_bytes()
    digest, model = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(model).digest() == digest:
        return model
    log.warning("%s: damaged, and written anew", printable(path))
    return None


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


def layer_weights(name: str, layers: Weights, number: int = 0) -> Weights:
    """Return the weights of a recurrent layer as ONNX's LSTM wants them: NAME_w, NAME_r, NAME_b.

    Args:
        name: of the layer.
        layers: weights and biases of layers as PyTorch's LSTM names them: "weight_ih_l0" (4 cells,
            inputs), "weight_hh_l0" (4 cells, cells), "bias_ih_l0" and "bias_hh_l0" (4 cells,).
        number: which of the layers, from 0.
    """
    told, own, bias, own_bias = (
        np.concatenate([np.split(layers[f"{kind}_l{number}"], 4)[gate] for gate in GATES])
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    both = np.concatenate([bias, own_bias])
    return {f"{name}_w": told[None], f"{name}_r": own[None], f"{name}_b": both[None]}


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


def small_weights(name: str, layers: Weights, number: int = 0) -> Weights:
    """Return the weights of a recurrent layer with seven bits each, and a scale for every row.

    Args:
        name: of the layer, as in ``small_layer``.
        layers: as for ``layer_weights``.
        number: as for it.
    """
    out = layer_weights(name, layers, number)
    for which in (f"{name}_w", f"{name}_r"):
        rows = out[which]
        scales = np.maximum(np.abs(rows).max(axis=2), 1e-12) / SMALL_HIGHEST
        out[which] = np.rint(rows / scales[..., None]).astype(np.int8).transpose(0, 2, 1)
        out[f"{which}s"] = scales.astype(np.float32)
        out[f"{which}z"] = np.zeros(scales.shape, np.int8)
    return out
