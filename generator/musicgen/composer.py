"""The composer MusicGen: exact lengths, long pieces, all scenes of a video in one batch."""

import logging
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from generator.musicgen.melody import chroma
from generator.musicgen.sampling import AllDrawn, RowSampler, Sampling
from generator.musicgen.windows import Window, join, plan_windows
from generator.neural import NeuralComposer, exactly
from generator.retakes import MOST_RETAKES, Make
from v2m.devices import choose_device, choose_dtype, free_memory, is_out_of_memory
from v2m.errors import BackendError
from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF, free_memory_megabytes
from v2m.pretrained import load_pretrained, quiet
from v2m.progress import Report
from v2m.types import Audio, Samples, TakeRequest

WINDOW_SECONDS = 30.0
"""What MusicGen was trained on."""

GIVEN_SECONDS = 10.0
"""How much of the piece so far a later window hears."""

LONGEST_PROMPT_TOKENS = 512
"""What T5 was trained on."""

BATCH = {"cuda": 16, "mps": 4, "cpu": 8}
"""Pieces at once, by device; halved where memory is short. Measured on a processor with MusicGen
small (``benchmarks/models.py``): four take 0.65 of the time of one after the other, eight 0.31."""

CACHE_SHARE = 0.5
"""Of a machine's free memory, what the attention of a batch may remember: a processor that runs out
of memory raises no error, its process is ended."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Meter:
    """Counts tokens for whoever shows progress."""

    report: Report
    done: int = 0
    total: int = 0

    def step(self) -> None:
        self.done += 1
        self.report(self.done, self.total)


@dataclass(slots=True)
class _Piece:
    """A piece in the making: what is drawn from, planned, known and played."""

    request: TakeRequest
    generator: torch.Generator
    windows: list[Window]
    known: torch.Tensor  # int64 (codebooks, frames) of the last window
    parts: list[Samples] = field(default_factory=list)

    def given(self, number: int) -> torch.Tensor:
        """Return the tokens that a window is given: none for the first."""
        return self.known[:, self.known.shape[1] - self.windows[number].n_given :]


class MusicGen(NeuralComposer):
    """Composes with a MusicGen model, plain, stereo or melody.

    Equal requests give equal samples, alone and in a batch: every piece draws from a generator of
    its own, a shorter piece ends in a batch as it would end alone, and the codec plays each piece
    by itself. In half precision a card may round a row otherwise in a batch of another size and so
    settle a near tie between two tokens differently; provenance therefore records precision and
    device, and the CPU, in single precision, is the reference.

    Args:
        checkpoint: of the model; fetched and loaded when first needed.
        sampling: how tokens are drawn.
        device: "auto", "cpu", "cuda" or "mps".
        batch: pieces at once; 0 for what suits the device.
        most_retakes: how often a silent or stuck take is made again.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        sampling: Sampling | None = None,
        device: str = "auto",
        batch: int = 0,
        most_retakes: int = MOST_RETAKES,
    ) -> None:
        card = checkpoint.card
        super().__init__(
            card.name,
            weights_licence=card.licence,
            sampling=sampling,
            most_retakes=most_retakes,
        )
        self._checkpoint = checkpoint
        self._device = choose_device(device)
        self._batch = batch or BATCH[self._device.type]

    @property
    def revision(self) -> str:
        """Commit of the weights, or a fingerprint of weights of one's own."""
        return self._checkpoint.commit

    def parameters(
        self, prompt: str, duration_seconds: float, seed: int
    ) -> dict[str, str | int | float]:
        """Return everything else that decides the sound."""
        return {
            **super().parameters(prompt, duration_seconds, seed),
            "window_seconds": WINDOW_SECONDS,
            "given_seconds": GIVEN_SECONDS,
            "device": self._device.type,
            "precision": str(choose_dtype(self._device)).removeprefix("torch."),
        }

    @property
    def hears_melody(self) -> bool:
        """Whether the model follows a melody it is given."""
        return hasattr(self._model.config, "num_chroma")

    # ---- the model ---------------------------------------------------------------------------

    @property
    def _model(self) -> Any:
        """The model, loaded if it is not here: it is put away when memory is short."""
        key = f"musicgen {self._checkpoint.identity} {self._device}"
        return SHELF.get(key, self._checkpoint.megabytes, self._load)

    def _load(self) -> Any:
        model = load_pretrained(
            "AutoModelForTextToWaveform",
            self._checkpoint.files(),
            dtype=choose_dtype(self._device),
        )
        if not hasattr(model, "audio_encoder") or not hasattr(model, "decoder"):
            raise BackendError("model", f"{self.name} is no MusicGen model")
        model.audio_encoder.float()  # the codec is cheap, and half precision is heard in it
        return model.to(self._device).eval()

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = load_pretrained("AutoTokenizer", self._checkpoint.files())
        if len(tokenizer("music").input_ids) < 2:  # transformers may make one up of nothing
            raise BackendError("model", f"the tokenizer of {self.name} is empty")
        return tokenizer

    @property
    def _rate(self) -> int:
        return int(self._model.config.audio_encoder.sampling_rate)

    @cached_property
    def _samples_per_frame(self) -> int:
        return math.prod(self._model.config.audio_encoder.upsampling_ratios)

    @property
    def _channels(self) -> int:
        return int(self._model.decoder.config.audio_channels)

    @property
    def _delays(self) -> list[int]:
        """Frames by which each codebook lies behind the first."""
        return [book // self._channels for book in range(self._model.decoder.num_codebooks)]

    # ---- making ------------------------------------------------------------------------------

    def _maker(self, report: Report) -> Make:
        meter = _Meter(report)
        return lambda some: self._make(some, meter)

    def _make(self, requests: Sequence[TakeRequest], meter: _Meter) -> list[Audio]:
        """Make pieces in batches of like length; a batch that does not fit is halved."""
        waiting = self._groups(requests)
        made: dict[int, Audio] = {}
        while waiting:
            size = self._at_once(requests[waiting[0][0]].duration_seconds)
            some, rest = waiting[0][:size], waiting[0][size:]
            batch = self._try_together([requests[i] for i in some], meter)
            if batch is None:
                self._halve(len(some), requests[some[0]].duration_seconds)
                continue
            made.update(zip(some, batch, strict=True))
            waiting[:1] = [rest] if rest else []
        return [made[i] for i in range(len(requests))]

    def _at_once(self, seconds: float) -> int:
        """Return how many pieces are made together, the longest as long as this."""
        free = free_memory_megabytes() if self._device.type == "cpu" else None
        if free is None:
            return self._batch
        return max(1, min(self._batch, int(CACHE_SHARE * free / self._cache_megabytes(seconds))))

    def _cache_megabytes(self, seconds: float) -> float:
        """Return what attention remembers of one piece at the end of a window, keys and values."""
        decoder = self._model.decoder.config
        rows = 2 if self._sampling.guidance > 1 else 1
        frames = min(seconds, WINDOW_SECONDS) * self._rate / self._samples_per_frame
        of_frame = 2 * decoder.num_hidden_layers * decoder.hidden_size
        return float(rows * frames * of_frame * choose_dtype(self._device).itemsize / 1e6)

    def _groups(self, requests: Sequence[TakeRequest]) -> list[list[int]]:
        """Return which pieces may share a batch, the longest first.

        Melody models do not hide the padding of a shorter prompt: there, equal lengths only.
        """
        order = sorted(range(len(requests)), key=lambda i: -requests[i].duration_seconds)
        if not self.hears_melody:
            return [order] if order else []
        groups: dict[int, list[int]] = {}
        for i in order:
            groups.setdefault(len(self._tokens_of([requests[i].prompt])[0]), []).append(i)
        return list(groups.values())

    def _halve(self, size: int, seconds: float) -> None:
        free_memory()
        if size == 1:
            raise BackendError(
                self.name,
                f"{self._device.type} has too little memory for one piece of {seconds:g} s; "
                "take a smaller model or device 'cpu'",
            )
        self._batch = size // 2
        log.warning("%s: memory is short, now %d pieces at once", self.name, self._batch)

    def _try_together(self, requests: Sequence[TakeRequest], meter: _Meter) -> list[Audio] | None:
        """Return None where memory does not suffice; the error, and what it holds, is let go."""
        try:
            return self._together(requests, meter)
        except (RuntimeError, MemoryError) as err:
            if not is_out_of_memory(err):
                raise
        return None

    @torch.inference_mode()
    def _together(self, requests: Sequence[TakeRequest], meter: _Meter) -> list[Audio]:
        pieces = [self._piece(request) for request in requests]
        rounds = range(max(len(piece.windows) for piece in pieces))
        running = [[piece for piece in pieces if n < len(piece.windows)] for n in rounds]
        samplers = [self._sampler(some, n, meter) for n, some in zip(rounds, running, strict=True)]
        meter.total += sum(sampler.n_steps for sampler in samplers)
        for number, some, sampler in zip(rounds, running, samplers, strict=True):
            self._draw(some, number, sampler)
            for piece, new in zip(some, sampler.tokens(), strict=True):
                piece.known = torch.cat([piece.given(number), new], dim=-1)
                piece.parts.append(self._play(piece.known))
        return [self._finished(piece) for piece in pieces]

    def _piece(self, request: TakeRequest) -> _Piece:
        samples = round(request.duration_seconds * self._rate)
        per_second = self._rate / self._samples_per_frame
        windows = plan_windows(
            max(1, math.ceil(samples / self._samples_per_frame)),
            round(WINDOW_SECONDS * per_second),
            round(GIVEN_SECONDS * per_second),
        )
        nothing = torch.empty(len(self._delays), 0, dtype=torch.int64, device=self._device)
        generator = torch.Generator(self._device).manual_seed(request.seed)
        return _Piece(request, generator, windows, nothing)

    def _sampler(self, pieces: Sequence[_Piece], number: int, meter: _Meter) -> RowSampler:
        return RowSampler(
            [piece.generator for piece in pieces],
            [piece.windows[number].n_new for piece in pieces],
            delays=self._delays,
            padding=int(self._model.decoder.config.pad_token_id),
            sampling=self._sampling,
            step=meter.step,
        )

    def _draw(self, pieces: Sequence[_Piece], number: int, sampler: RowSampler) -> None:
        """Make one window of several pieces."""
        inputs = self._conditions(pieces, number)
        if number:
            inputs["decoder_input_ids"] = torch.cat([piece.given(number) for piece in pieces])
        with quiet(), suppress(AllDrawn):
            self._model.generate(
                **inputs,
                do_sample=False,
                guidance_scale=self._sampling.guidance if self._sampling.guidance > 1 else None,
                max_new_tokens=sampler.n_steps,
                logits_processor=[sampler],
            )

    def _conditions(self, pieces: Sequence[_Piece], number: int) -> dict[str, Any]:
        prompts = self._tokens_of([piece.request.prompt for piece in pieces])
        inputs = dict(self._tokenizer.pad({"input_ids": prompts}, return_tensors="pt"))
        if self.hears_melody and any(piece.request.melody for piece in pieces):
            inputs["input_features"] = torch.cat([self._chroma(p, number) for p in pieces])
        return {name: value.to(self._device) for name, value in inputs.items()}

    def _tokens_of(self, prompts: list[str]) -> list[list[int]]:
        found = self._tokenizer(prompts, truncation=True, max_length=LONGEST_PROMPT_TOKENS)
        return [list(ids) for ids in found.input_ids]

    def _chroma(self, piece: _Piece, number: int) -> torch.Tensor:
        """Return the melody of a window, cut or repeated to the model's length."""
        n_chroma, length = self._model.config.num_chroma, self._model.config.chroma_length
        if piece.request.melody is None:
            heard = torch.zeros(1, length, n_chroma)
            heard[:, :, 0] = 1  # how these models are told that there is none
        else:
            start = piece.windows[number].start * self._samples_per_frame / self._rate
            heard = chroma(piece.request.melody, self._rate, n_chroma, offset_seconds=start)
            heard = heard.repeat(1, math.ceil(length / heard.shape[1]), 1)[:, :length]
        return heard.to(choose_dtype(self._device))

    def _play(self, tokens: torch.Tensor) -> Samples:
        """Decode the tokens of one piece: (codebooks, frames) to (channels, samples)."""
        sides = [tokens[side :: self._channels] for side in range(self._channels)]
        decoded = [
            self._model.audio_encoder.decode(side[None, None], audio_scales=[None]).audio_values[0]
            for side in sides
        ]
        return np.asarray(torch.cat(decoded).float().cpu().numpy(), np.float32)

    def _finished(self, piece: _Piece) -> Audio:
        whole = join(piece.parts, piece.windows, self._samples_per_frame, self._rate)
        return exactly(whole, piece.request.duration_seconds, self._rate)
