"""Measures how well profile lite finds, decides and measures, on 28 labelled MIT tracks.

    python benchmarks/quality.py [--json FILE]

The tracks and their labels (mood, acoustic or electronic, tempo, key) come with package
immich-memories-music; the queries stand in benchmarks/queries.py. Only the sound is searched here:
the file names spell the labels out.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import files as package_files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.queries import (
    ABSENT,
    FRESH_MOOD,
    FRESH_SOUND,
    REGISTERED_MOOD,
    REGISTERED_SOUND,
    SECOND_MOOD,
    THIRD_MOOD,
    THIRD_SOUND,
)
from v2m.evaluation.chance import chance_of
from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.retrieval import auroc, average_precision, hit_at, precision_at
from v2m.library import Library
from v2m.types import Track

LABEL = re.compile(
    r"^\s+(?P<file>\S+\.opus)\s+(?P<bpm>\d+) bpm\s+(?P<key>[A-G][#b]?) (?P<mode>major|minor)"
    r".*\[(?P<sound>\w+)\]",
    re.MULTILINE,
)
TEMPO_TOLERANCE = 0.04
SAME_PITCH = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}
MEASURES: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "mAP": average_precision,
    "P@5": partial(precision_at, k=5),
    "R@1": partial(hit_at, k=1),
    "R@5": partial(hit_at, k=5),
}

Labels = dict[str, dict[str, str]]

ALL_MOOD = {mood: (*FRESH_MOOD[mood], *SECOND_MOOD[mood], *THIRD_MOOD[mood]) for mood in FRESH_MOOD}


def main() -> None:
    """Index the tracks, run all queries and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--catalog", type=Path, help="keep the catalogue here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(options.catalog or Path(scratch) / "catalogue", create=True)
        library.index([_music_folder()], shown=True)
        labels = _labels()
        found: dict[str, Any] = {
            "tracks": library.catalogue.count(),
            "retrieval": {
                "mood, fresh sentences": _retrieval(library, FRESH_MOOD, labels, "mood"),
                "mood, second fresh sentences": _retrieval(library, SECOND_MOOD, labels, "mood"),
                "mood, third fresh sentences": _retrieval(library, THIRD_MOOD, labels, "mood"),
                "mood, all fresh sentences": _retrieval(library, ALL_MOOD, labels, "mood"),
                "mood, registered queries": _retrieval(library, REGISTERED_MOOD, labels, "mood"),
                "sound, fresh sentences": _retrieval(library, FRESH_SOUND, labels, "sound"),
                "sound, third fresh sentences": _retrieval(library, THIRD_SOUND, labels, "sound"),
                "sound, registered queries": _retrieval(library, REGISTERED_SOUND, labels, "sound"),
            },
            "miss decision": _decisions(library),
            "measurements": _measurements(library.tracks(), labels),
        }
    _print(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _music_folder() -> Path:
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        sys.exit("pip install immich-memories-music")
    return Path(spec.origin).parent


def _labels() -> Labels:
    """Return mood, sound, tempo and key by file name, out of the package's licence file."""
    listed = package_files("immich-memories-music") or []
    text = next(f for f in listed if f.name == "LICENSE-MUSIC").read_text(encoding="utf-8")
    return {
        found["file"]: {**found.groupdict(), "mood": found["file"].split("_")[0]}
        for found in LABEL.finditer(text)
    }


def _retrieval(
    library: Library, queries: Mapping[str, Sequence[str]], labels: Labels, kind: str
) -> dict[str, Any]:
    rows: dict[str, dict[str, list[float]]] = {}
    chances = []
    for label, texts in queries.items():
        rows[label] = {name: [] for name in MEASURES}
        for text in texts:
            ranked = library.find(text=text, top=1000, by=["audio"]).scenes[0].matches
            relevant = np.array([[float(labels[m.track.path.name][kind] == label) for m in ranked]])
            for name, measure in MEASURES.items():
                rows[label][name].append(float(measure(relevant)[0]))
        by_chance = {**chance_of(relevant, ks=(1, 5)), "P@5": float(relevant.mean())}
        chances += [by_chance] * len(texts)
    table: dict[str, Any] = {
        label: {name: round(float(np.mean(values)), 3) for name, values in measures.items()}
        for label, measures in rows.items()
    }
    for name in MEASURES:
        overall = [value for row in rows.values() for value in row[name]]
        table.setdefault("all", {})[name] = _shown(bootstrap(overall))
        chance = float(np.mean([row[name] for row in chances]))
        table.setdefault("chance", {})[name] = round(chance, 3)
    return table


def _decisions(library: Library) -> dict[str, Any]:
    """Compare requests the library can serve with requests it cannot, by the best match."""
    present = [t for queries in (FRESH_MOOD, FRESH_SOUND) for row in queries.values() for t in row]
    table: dict[str, Any] = {}
    for name, by in (("audio", ["audio"]), ("all branches", ["description", "title", "audio"])):
        served = [_best_probability(library, text, by) for text in present]
        unserved = [_best_probability(library, text, by) for text in ABSENT]
        table[name] = {
            "AUC": round(auroc(served, unserved), 3),
            "accepted of present": _shown(bootstrap([float(p >= 0.5) for p in served])),
            "rejected of absent": _shown(bootstrap([float(p < 0.5) for p in unserved])),
        }
    return table


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _best_probability(library: Library, text: str, by: list[str]) -> float:
    """Return the decision's own figure: the probability of the first match."""
    return library.find(text=text, top=1, by=by).scenes[0].matches[0].probability


def _measurements(tracks: Sequence[Track], labels: Labels) -> dict[str, float]:
    tempo, octave, key, mode = [], [], [], []
    for track in tracks:
        label = labels[track.path.name]
        ratio = track.tempo_bpm / float(label["bpm"])
        tempo.append(abs(ratio - 1) <= TEMPO_TOLERANCE)
        octave.append(any(abs(ratio * f - 1) <= TEMPO_TOLERANCE for f in (0.5, 1, 2)))
        mode.append(track.mode == label["mode"])
        tonic = SAME_PITCH.get(label["key"], label["key"])
        key.append(mode[-1] and SAME_PITCH.get(track.key, track.key) == tonic)
    return {
        "tempo within 4 %": round(float(np.mean(tempo)), 3),
        "tempo, octaves allowed": round(float(np.mean(octave)), 3),
        "key exact": round(float(np.mean(key)), 3),
        "mode": round(float(np.mean(mode)), 3),
    }


def _print(found: Mapping[str, Any]) -> None:
    print(f"{found['tracks']} tracks")
    for name, table in found["retrieval"].items():
        print(f"\n{name}\n{'':12}" + "".join(f"{m:24}" for m in MEASURES))
        for label, row in table.items():
            print(f"{label:12}" + "".join(f"{row[m]!s:24}" for m in MEASURES))
    print("\nmiss decision at probability 0.5")
    for name, row in found["miss decision"].items():
        print(f"{name:14}" + "   ".join(f"{key} {value}" for key, value in row.items()))
    print("\nmeasured against the labels")
    for name, value in found["measurements"].items():
        print(f"{name:26}{value}")


if __name__ == "__main__":
    main()
