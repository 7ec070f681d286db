"""Measures what v2m costs, as ratios where the machine allows it.

    python benchmarks/speed.py [--json FILE]

Machines differ and are noisy: judge by the ratios (CPU seconds per minute of music, times real
time), and by the shares of the stages.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from generator.arranger.composer import Arranger
from indexer.mapper import Mapper
from indexer.parts import SAMPLE_RATE
from indexer.scan import scan
from v2m.audio import descriptors
from v2m.audio.decode import audio_identity, decode_audio
from v2m.audio.sections import split_sections
from v2m.encoders import listening
from v2m.encoders.musicnn import Musicnn
from v2m.library import Library
from v2m.profiles.lite import LiteProfile

PROMPTS = ("calm piano by a lake", "energetic rock with drums", "epic battle, orchestra, choir")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--music", type=Path, help="a music folder instead of the bundled one")
    options = parser.parse_args()
    music = options.music or _bundled()
    with tempfile.TemporaryDirectory() as scratch:
        figures = {
            "index": _index(music),
            "find": _find(music, Path(scratch) / "catalogue"),
            "arranger, times real time": _arranger(),
            "help": _help(),
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _bundled() -> Path:
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        sys.exit("pip install immich-memories-music, or name a folder with --music")
    return Path(spec.origin).parent


def _index(music: Path) -> dict[str, Any]:
    """Analyse every track in this process, on one thread, with a clock around each stage."""
    import torch

    torch.set_num_threads(1)
    spent: dict[str, float] = defaultdict(float)

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            result = function(*args, **kwargs)
            spent[stage] += time.process_time() - start
            return result

        return wrapped

    profile = LiteProfile()
    mapper = Mapper(profile)
    paths = [file.path for file in scan([music]).files]
    mapper.map(paths[0], "warm-up")
    start, minutes = time.process_time(), 0.0
    with (
        patch.object(listening, "measure", timed("descriptors", descriptors.measure)),
        patch.object(Musicnn, "tag", timed("tagger", Musicnn.tag)),
    ):
        for path in paths:
            timed("identity", audio_identity)(path)
            audio = timed("decode", decode_audio)(path, sample_rate=SAMPLE_RATE)
            minutes += audio.duration_seconds / 60
            sections = timed("sections", split_sections)(audio)
            timed("listen", profile.listen)(audio, sections)
    total = time.process_time() - start
    spent["resampling and the rest"] = spent.pop("listen") - spent["descriptors"] - spent["tagger"]
    return {
        "minutes of music": round(minutes, 1),
        "CPU seconds per minute of music": round(total / minutes, 3),
        "share by stage": {
            stage: round(seconds / total, 3)
            for stage, seconds in sorted(spent.items(), key=lambda item: -item[1])
        },
    }


def _find(music: Path, folder: Path) -> dict[str, float]:
    library = Library(folder, create=True)
    library.index([music])
    command = [sys.executable, "-m", "cli", "find", "--text", "calm piano", "--catalog"]
    cold = median(_seconds(lambda: _run([*command, str(folder)])) for _ in range(3))
    library.find(text="warm up")
    texts = [f"calm piano number {n}" for n in range(20)]
    warm = median(_seconds(partial(library.find, text=text)) for text in texts)
    return {"cold command, s": round(cold, 3), "warm call, ms": round(1000 * warm, 1)}


def _arranger() -> dict[str, float]:
    arranger = Arranger()
    arranger.compose("warm up", 5, seed=0)

    def times_real_time(prompt: str, seconds: float) -> float:
        return seconds / _seconds(lambda: arranger.compose(prompt, seconds, seed=1), cpu=True)

    return {
        f"{seconds} s": round(median(times_real_time(p, seconds) for p in PROMPTS), 1)
        for seconds in (10, 30, 120)
    }


def _help() -> dict[str, Any]:
    command = [sys.executable, "-m", "cli", "--help"]
    _run(command)
    loaded = (
        "import sys, contextlib, io, cli; sys.argv = ['v2m', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    cli.main()\n"
        "print('torch' in sys.modules)"
    )
    answer = _run([sys.executable, "-c", loaded])
    return {
        "seconds": round(median(_seconds(lambda: _run(command)) for _ in range(5)), 3),
        "torch imported": answer.strip() == "True",
    }


def _seconds(work: Callable[[], object], *, cpu: bool = False) -> float:
    clock = time.process_time if cpu else time.perf_counter
    start = clock()
    work()
    return clock() - start


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"}
    )
    return done.stdout


if __name__ == "__main__":
    main()
