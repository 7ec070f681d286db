"""Hears where somebody speaks: Silero VAD, its weights out of its wheel, computed in blocks."""

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import of_length
from v2m.types import Samples, Span
from v2m.wheels import model_file

if TYPE_CHECKING:
    import torch

RATE = 16000
"""Hz, what the model hears."""

STEP = 512
"""Samples per decision, 32 ms."""

CONTEXT = 64
"""Samples of the step before that a decision also looks at."""

STEPS_AT_ONCE = 2048
"""Steps computed together, 65 s of sound."""

STARTS_AT, ENDS_AT = 0.5, 0.35
"""Speech begins where its probability passes the first and ends where it falls under the second;
the model's authors use the same pair."""

SHORTEST_SECONDS = 0.25
"""A shorter sound is not taken for speech."""

JOINED_SECONDS = 0.3
"""Speech with a shorter pause in it is one span."""


class VoiceDetector:
    """The 16 kHz network of Silero VAD: an STFT, four convolutions and an LSTM (MIT licence)."""

    def __init__(self) -> None:
        """Load the weights.

        Raises:
            BackendError: they are not here and cannot be fetched.
        """
        import torch

        with warnings.catch_warnings():
            # deprecated, but the only file in the wheel that holds these weights without ONNX
            warnings.filterwarnings("ignore", r"`torch\.jit\.load` is deprecated")
            load: Any = torch.jit.load
            program = load(str(model_file("silero-vad")), map_location="cpu")
        # the program decides step by step; its weights alone let many steps go at once
        self._weights = program.state_dict()
        self._lstm = _lstm(self._weights)

    def probabilities(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """Return the probability of speech for every 32 ms: float32, shape (steps,), 0 to 1.

        Args:
            blocks: the sound at 16 kHz, float32, shape (channels, n) each; the channels are
                averaged. The last step is filled up with silence.
        """
        import torch

        found = [np.empty(0, np.float32)]
        before, state = np.zeros(CONTEXT, np.float32), None
        for block in of_length(blocks, STEPS_AT_ONCE * STEP):
            mono = block.mean(axis=0, dtype=np.float32)
            mono = np.concatenate([before, mono, np.zeros(-len(mono) % STEP, np.float32)])
            steps = np.lib.stride_tricks.sliding_window_view(mono, CONTEXT + STEP)[::STEP]
            with torch.inference_mode():
                some, state = self._forward(torch.from_numpy(steps.copy()), state)
            found.append(some.numpy())
            before = mono[-CONTEXT:]
        return np.concatenate(found)

    def _forward(self, steps: "torch.Tensor", state: Any) -> tuple["torch.Tensor", Any]:
        """Return the probabilities of consecutive steps, (steps, 576) -> (steps,)."""
        from torch.nn import functional as nn

        w = self._weights
        x = nn.pad(steps[:, None], (0, 64), mode="reflect")
        x = nn.conv1d(x, w["_model.stft.forward_basis_buffer"], stride=128)  # (steps, 2 * 129, 4)
        x = (x[:, :129] ** 2 + x[:, 129:] ** 2).sqrt()
        for layer, stride in enumerate((1, 2, 2, 1)):
            name = f"_model.encoder.{layer}.reparam_conv"
            x = nn.conv1d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride=stride, padding=1)
            x = x.relu()
        hidden, state = self._lstm(x[:, :, 0], state)  # (steps, 128, 1) -> (steps, 128)
        last = "_model.decoder.decoder.2"
        spoken = nn.conv1d(hidden.relu()[:, :, None], w[f"{last}.weight"], w[f"{last}.bias"])
        return spoken.sigmoid()[:, 0, 0], state


def _lstm(weights: dict[str, "torch.Tensor"]) -> "torch.nn.LSTM":
    import torch

    lstm = torch.nn.LSTM(128, 128)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    lstm.load_state_dict({f"{name}_l0": weights[f"_model.decoder.rnn.{name}"] for name in names})
    return lstm


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
