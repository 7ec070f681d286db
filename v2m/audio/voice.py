"""Hears where somebody speaks: Silero VAD, its weights out of its wheel, computed in blocks."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import of_length
from v2m.models.graphs import Weights, kept, layer_weights
from v2m.types import Samples, Span
from v2m.wheels import model_file

RATE = 16000
"""Hz, what the model hears."""

STEP = 512
"""Samples per decision, 32 ms."""

CONTEXT = 64
"""Samples of the step before that a decision also looks at."""

STEPS_AT_ONCE = 512
"""Steps computed together, 16 s of sound."""

STARTS_AT, ENDS_AT = 0.5, 0.35
"""Speech begins where its probability passes the first and ends where it falls under the second;
the model's authors use the same pair."""

SHORTEST_SECONDS = 0.25
"""A shorter sound is not taken for speech."""

JOINED_SECONDS = 0.3
"""Speech with a shorter pause in it is one span."""


N_CELLS = 128

GRAPH = f"""
    voice (float[1, 1, n, {CONTEXT + STEP}] steps,
           float[1, 1, {N_CELLS}] lstm_h, float[1, 1, {N_CELLS}] lstm_c)
        => (float[n, 1] spoken, float[1, 1, {N_CELLS}] h_after, float[1, 1, {N_CELLS}] c_after) {{
        at_the_end = Constant<value_ints = [0, 0, 0, 0, 0, 0, 0, 64]>()
        padded = Pad<mode = "reflect">(steps, at_the_end)
        lines = Conv<strides = [1, 128]>(padded, waves)
        real, imaginary = Split<axis = 1, num_outputs = 2>(lines)
        real_power = Mul(real, real)
        imaginary_power = Mul(imaginary, imaginary)
        power = Add(real_power, imaginary_power)
        magnitude = Sqrt(power)
        said_0 = Conv<strides = [1, 1], pads = [0, 1, 0, 1]>(magnitude, weight_0, bias_0)
        heard_0 = Relu(said_0)
        said_1 = Conv<strides = [1, 2], pads = [0, 1, 0, 1]>(heard_0, weight_1, bias_1)
        heard_1 = Relu(said_1)
        said_2 = Conv<strides = [1, 2], pads = [0, 1, 0, 1]>(heard_1, weight_2, bias_2)
        heard_2 = Relu(said_2)
        said_3 = Conv<strides = [1, 1], pads = [0, 1, 0, 1]>(heard_2, weight_3, bias_3)
        heard_3 = Relu(said_3)
        last = Constant<value_ints = [3]>()
        narrow = Squeeze(heard_3, last)
        told = Transpose<perm = [2, 0, 1]>(narrow)
        said, h_after, c_after = LSTM<hidden_size = {N_CELLS}>(
            told, lstm_w, lstm_r, lstm_b, , lstm_h, lstm_c)
        rows = Flatten(said)
        positive = Relu(rows)
        marks = Gemm<transB = 1>(positive, last_weight, last_bias)
        spoken = Sigmoid(marks)
    }}
"""
"""The network, many steps at once; the wheel's own programs decide step by step."""

NOTHING = np.zeros((1, 1, N_CELLS), np.float32)


class VoiceDetector:
    """The 16 kHz network of Silero VAD: an STFT, four convolutions and an LSTM (MIT licence)."""

    def __init__(self) -> None:
        """Open the network.

        Raises:
            BackendError: its weights are not here and cannot be fetched.
        """
        self._network = kept("silero-vad-6.2.3", GRAPH, _weights)

    def probabilities(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """Return the probability of speech for every 32 ms: float32, shape (steps,), 0 to 1.

        Args:
            blocks: the sound at 16 kHz, float32, shape (channels, n) each; the channels are
                averaged. The last step is filled up with silence.
        """
        found = [np.empty(0, np.float32)]
        before, state, cell = np.zeros(CONTEXT, np.float32), NOTHING, NOTHING
        for block in of_length(blocks, STEPS_AT_ONCE * STEP):
            mono = block.mean(axis=0, dtype=np.float32)
            mono = np.concatenate([before, mono, np.zeros(-len(mono) % STEP, np.float32)])
            steps = np.lib.stride_tricks.sliding_window_view(mono, CONTEXT + STEP)[::STEP]
            told = {"steps": steps[None, None], "lstm_h": state, "lstm_c": cell}
            some, state, cell = self._network(told)
            found.append(some[:, 0])
            before = mono[-CONTEXT:]
        return np.concatenate(found)


def _weights() -> Weights:
    """Return the weights of the program in the wheel, named as in the graph."""
    import torch

    with warnings.catch_warnings():
        # deprecated, but the only file in the wheel that holds these weights for many steps at once
        warnings.filterwarnings("ignore", r"`torch\.jit\.load` is deprecated")
        load: Any = torch.jit.load
        program = load(str(model_file("silero-vad")), map_location="cpu")
    own = "_model."
    read = {
        name.removeprefix(own): value.numpy()
        for name, value in program.state_dict().items()
        if name.startswith(own)
    }
    rnn = "decoder.rnn."
    lstm = {f"{n.removeprefix(rnn)}_l0": value for n, value in read.items() if n.startswith(rnn)}
    out = layer_weights("lstm", lstm)
    out["waves"] = read["stft.forward_basis_buffer"][:, None]
    for layer in range(4):
        for kind in ("weight", "bias"):
            out[f"{kind}_{layer}"] = read[f"encoder.{layer}.reparam_conv.{kind}"]
        out[f"weight_{layer}"] = out[f"weight_{layer}"][:, :, None]
    out["last_weight"] = read["decoder.decoder.2.weight"][:, :, 0]
    return out | {"last_bias": read["decoder.decoder.2.bias"]}


def speech_spans(probabilities: npt.NDArray[np.float32]) -> list[Span]:
    """Return the spans of speech, in order, from the probability of every 32 ms."""
    spans: list[Span] = []
    for first, stop in _runs(probabilities):
        span = Span(first * STEP / RATE, stop * STEP / RATE)
        if spans and span.start_seconds - spans[-1].end_seconds < JOINED_SECONDS:
            spans[-1] = Span(spans[-1].start_seconds, span.end_seconds)
        else:
            spans.append(span)
    return [span for span in spans if span.duration_seconds >= SHORTEST_SECONDS]


def _runs(probabilities: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield steps [first, stop) that start over one threshold and end under the other."""
    started: int | None = None
    for step, probability in enumerate(probabilities.tolist()):
        if started is None and probability >= STARTS_AT:
            started = step
        elif started is not None and probability < ENDS_AT:
            yield started, step
            started = None
    if started is not None:
        yield started, len(probabilities)
