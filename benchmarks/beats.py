"""Measures beats, bars and tempo on music with known answers, by mir_eval's measures.

    python benchmarks/beats.py [--pieces N] [--seed S] [--json FILE]

Pieces of benchmarks/tunes.py at 60 to 180 beats per minute (6/8: 40 to 120 dotted quarters), and
the tempo of the 28 labelled tracks that benchmarks/quality.py judges by. Constants were set on the
seeds 0 to 2, 50, 51 and from 1000 up; measure with others.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import files as package_files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mir_eval import beat as judge

from benchmarks.quality import LABEL, TEMPO_TOLERANCE
from benchmarks.tunes import Tune, make_tune
from v2m.audio.decode import decode_audio
from v2m.audio.structure import find_structure
from v2m.encoders.beatnet import BeatNet
from v2m.encoders.listening import listen_closely
from v2m.structure import Structure
from v2m.types import Audio

TEMPI = {"4/4": range(60, 181, 20), "3/4": range(60, 181, 20), "6/8": range(40, 121, 20)}
COLUMNS = ("tempo 4 %", "octave ok", "beats F", "CMLt", "AMLt", "downbeats F", "metre")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=3, help="pieces per metre and tempo")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    network = BeatNet()
    pieces, labelled = _pieces(network, options.pieces, options.seed), _labelled(network)
    _print(pieces)
    print("\nlabelled tracks, tempo of the beats themselves")
    print("   ".join(f"{name} {value:.3f}" for name, value in labelled.items()))
    if options.json:
        found = {"pieces": pieces, "labelled tracks": labelled}
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def structure_of(network: BeatNet, audio: Audio) -> Structure:
    """Find how a piece is built."""
    _, ground = listen_closely(audio, network)
    return find_structure(ground)


def _pieces(network: BeatNet, n_pieces: int, seed: int) -> dict[str, dict[str, float]]:
    rows: dict[str, list[list[float]]] = defaultdict(list)
    for metre, tempi in TEMPI.items():
        for tempo in tempi:
            for number in range(n_pieces):
                tune = make_tune(metre, tempo, seed=seed + number)
                rows[metre].append(_judged(tune, structure_of(network, tune.audio)))
    rows["all"] = [row for metre in TEMPI for row in rows[metre]]
    return {
        metre: dict(zip(COLUMNS, np.mean(some, axis=0).round(3).tolist(), strict=True))
        for metre, some in rows.items()
    }


def _judged(tune: Tune, found: Structure) -> list[float]:
    downbeats = found.beats_seconds[found.beat_numbers == 1]
    beats, wanted = judge.trim_beats(found.beats_seconds), judge.trim_beats(tune.beats)
    _, cmlt, _, amlt = judge.continuity(wanted, beats)
    bars = judge.f_measure(judge.trim_beats(tune.downbeats), judge.trim_beats(downbeats))
    ratio = found.tempo_bpm / tune.tempo_bpm
    return [
        *_near(ratio),
        float(judge.f_measure(wanted, beats)),
        float(cmlt),
        float(amlt),
        float(bars),
        float(found.metre == tune.metre),
    ]


def _near(ratio: float) -> tuple[float, float]:
    octaves = any(abs(ratio * level - 1) <= TEMPO_TOLERANCE for level in (0.5, 1, 2))
    return float(abs(ratio - 1) <= TEMPO_TOLERANCE), float(octaves)


def _labelled(network: BeatNet) -> dict[str, float]:
    listed = package_files("immich-memories-music") or []
    text = next(f for f in listed if f.name == "LICENSE-MUSIC").read_text(encoding="utf-8")
    tempi = {found["file"]: float(found["bpm"]) for found in LABEL.finditer(text)}
    rows: list[tuple[float, float]] = []
    for file in listed:
        if file.name in tempi:
            audio = decode_audio(Path(str(file.locate())), sample_rate=44100)
            rows.append(_near(structure_of(network, audio).tempo_bpm / tempi[file.name]))
    means: npt.NDArray[np.float64] = np.mean(rows, axis=0)
    return {"within 4 %": float(means[0]), "octaves allowed": float(means[1])}


def _print(table: Mapping[str, Mapping[str, float]], columns: Sequence[str] = COLUMNS) -> None:
    print(f"{'':6}" + "".join(f"{name:>13}" for name in columns))
    for metre, row in table.items():
        print(f"{metre:6}" + "".join(f"{row[name]:13.3f}" for name in columns))


if __name__ == "__main__":
    main()
