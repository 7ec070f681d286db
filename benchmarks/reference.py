"""Makes the constants of the attribute space: means and deviations over reference music.

    python benchmarks/reference.py FOLDER... --out v2m/encoders/lite_reference.json

The shipped constants come from Debian's game music packages (wesnoth-1.16-music, nexuiz-music,
singularity-music, ufoai-music, drascula-music, planetblupi-music-ogg, warzone2100-music and
hyperrogue-music, unpacked; archives ending in .pk3 are zip files): real recordings in many styles,
and none of the music that benchmarks/quality.py judges by.
"""

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.scan import scan
from v2m.audio.beats import find_beats
from v2m.audio.decode import decode_audio
from v2m.audio.descriptors import measure
from v2m.audio.structure import at_structure_rate
from v2m.audio.tempo import pick_tempo
from v2m.encoders.attributes import log_odds, raw_descriptors, tempo_feel
from v2m.encoders.beatnet import FRAMES_PER_SECOND, BeatNet
from v2m.encoders.listening import FEWEST_PATCHES, at_tagger_rate
from v2m.encoders.musicnn import Musicnn
from v2m.errors import MediaError
from v2m.types import Audio, Heard, SoundFacts, Span

SHORTEST_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Raw:
    """What is measured before there are constants to standardise it with."""

    facts: SoundFacts
    tags: npt.NDArray[np.float32]
    pulse_bpm: float


def listen(path: Path, tagger: Musicnn, network: BeatNet) -> Raw | None:
    """Measure a track; None when it is shorter than 15 s."""
    audio = decode_audio(path, sample_rate=44100)
    if audio.duration_seconds < SHORTEST_SECONDS:
        return None
    _, tags = tagger.tag(at_tagger_rate(audio), FEWEST_PATCHES)
    beats = find_beats(network.hear(at_structure_rate(audio)), FRAMES_PER_SECOND)
    return Raw(measure(audio), tags.mean(axis=0), beats.tempo_bpm)


def statistics(raw: list[Raw]) -> dict[str, list[float]]:
    """Return means and deviations of tags, then of descriptors (their tempo needs the tags)."""
    odds = np.stack([log_odds(one.tags) for one in raw])
    tags = {"tag_mean": odds.mean(axis=0), "tag_deviation": odds.std(axis=0) + 1e-6}
    rows = []
    for one in raw:
        feel = tempo_feel(one.tags, tags)
        tempo = pick_tempo(one.facts.tempo_curve, feel=feel, pulse_bpm=one.pulse_bpm)
        empty = Audio(np.empty((2, 0), np.float32), 44100)
        rows.append(raw_descriptors(Heard(Span(0, 0), empty, one.facts, one.tags, tempo)))
    measured = np.stack(rows)
    descriptors = {
        "descriptor_mean": measured.mean(axis=0),
        "descriptor_deviation": measured.std(axis=0) + 1e-6,
    }
    return {
        name: [round(float(value), 6) for value in row]
        for name, row in (tags | descriptors).items()
    }


def main() -> None:
    """Listen to a seeded choice of tracks and write the constants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tracks", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    paths = [file.path for file in scan(options.folders).files]
    random.Random(options.seed).shuffle(paths)
    tagger, network, raw = Musicnn(), BeatNet(), []
    for path in paths:
        try:
            one = listen(path, tagger, network)
        except MediaError as err:
            print(f"left out: {err}")
            continue
        raw += [one] if one else []
        if len(raw) == options.tracks:
            break
    print(f"{len(raw)} tracks")
    document = {"format": "v2m-reference/1", "tracks": len(raw), "statistics": statistics(raw)}
    options.out.write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
