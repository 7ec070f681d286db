"""Judges finished soundtracks by their sound, against the plain ways of setting music under films.

    python -m benchmarks.soundtrack [--catalog NAME=FOLDER ...] [--films N] [--film NAME ...]
                                    [--folder FOLDER] [--json FILE]

Each film of benchmarks/films.py is scored from every library and measured on the written file: the
length in frames, the steepest step at a seam (in the track, and in the film), loudness and true
peak by FFmpeg's ebur128, how far cuts lie from beats, cues and scenes. Beside it stand three plain
ways with the same first track: "paper" (from second 0, cut where the shorter of film and music
ends), "loop" (the whole file over and over) and "trim" (the section that was found, cut off at the
end). Without --catalog the 28 tracks that come with v2m are indexed, and a second library is
composed. What ``--json`` names already is not measured again: a long run may be cut into pieces.
"""

import argparse
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from benchmarks.films import FILMS, Film, make_film
from v2m.audio.decode import decode_audio
from v2m.demo import _music_folder
from v2m.ffmpeg import av
from v2m.files import replacing, text_to_path
from v2m.library import Library
from v2m.results import PlanOptions
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.pulse import cut_distance, plain_beats
from v2m.soundtrack.render import open_track
from v2m.soundtrack.unroll import SEAM_SECONDS, Unrolled
from v2m.structure import Structure
from v2m.types import Samples
from v2m.video.probe import probe_video

PROMPTS = (
    "calm piano", "energetic rock with drums", "happy acoustic guitar, waltz", "dark suspense",
    "epic orchestra", "slow ambient pad", "funny march", "tender strings",
)  # fmt: skip
HALF_SEAM = round(SEAM_SECONDS / 2 * RATE)
EDGE_SECONDS = 0.002
"""A splice is looked at so far on both sides of its middle and of the ends of its fade."""


@dataclass(frozen=True, slots=True)
class Row:
    """One film scored in one way.

    Attributes:
        film: its name.
        library: where the music came from.
        way: "v2m", "paper", "loop" or "trim".
        off_frames: frames by which sound and picture differ in length, or that are silent.
        seams: splices within the music.
        step: steepest step at a splice, at the track's own level.
        full_step: steepest step there in the finished film, of full scale.
        own_step: what one in a thousand of a track's own stretches of 4 ms exceeds in steepest
            step, of the track where that is least.
        steep: splices steeper than that, each against its own track.
        end_db: level of the last 50 ms against the usual level: near 0 is cut off.
        lufs: integrated loudness by ebur128.
        dbtp: true peak by ebur128.
        cut_ms: mean distance from cuts to beats.
        cues: pieces of music.
        scenes: scenes found.
        cuts: cuts found.
        seconds: to plan and render.
    """

    film: str
    library: str
    way: str
    off_frames: int
    seams: int
    step: float
    full_step: float
    own_step: float
    steep: int
    end_db: float
    lufs: float
    dbtp: float
    cut_ms: float
    cues: int
    scenes: int
    cuts: int
    seconds: float


def main() -> None:
    """Score all films and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", action="append", default=[], help="NAME=FOLDER, indexed")
    parser.add_argument("--films", type=int, default=len(FILMS), help="only the first ones")
    parser.add_argument("--film", action="append", help="only this one, by its name")
    parser.add_argument("--folder", type=Path, help="keep films and results here")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    rows = _measured(options.json)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        libraries = _libraries(options.catalog, folder)
        print(_heading())
        for film in FILMS[: options.films]:
            if options.film and film.name not in options.film:
                continue
            path = make_film(film, folder)
            for name, library in libraries.items():
                done = [row for row in rows if (row.film, row.library) == (film.name, name)]
                made = done or list(score(film, path, name, library, folder))
                print("\n".join(_line(row) for row in made), flush=True)
                if not done:
                    rows += made
                    _keep(rows, options.json)
    _summary(rows)


def _measured(path: Path | None) -> list[Row]:
    """Return the rows that an earlier run has written."""
    if path is None or not path.is_file():
        return []
    return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _keep(rows: Sequence[Row], path: Path | None) -> None:
    if path is not None:
        with replacing(path) as temporary:
            found = json.dumps([asdict(row) for row in rows], indent=1)
            temporary.write_text(found + "\n", encoding="utf-8")


def _libraries(named: Sequence[str], folder: Path) -> dict[str, Library]:
    if named:
        pairs = (name.partition("=") for name in named)
        return {name: Library(catalog) for name, _, catalog in pairs}
    bundled = Library(folder / "bundled", create=True)
    bundled.index([_music_folder()], workers=1, shown=True)
    composed = Library(folder / "composed", create=True)
    for seed, prompt in enumerate(PROMPTS):
        composed.generate(prompt, 60.0 + 15 * seed, seed=seed)
    return {"bundled": bundled, "composed": composed}


def score(film: Film, path: Path, name: str, library: Library, folder: Path) -> Iterator[Row]:
    """Score a film by v2m and by the plain ways."""
    began = time.monotonic()
    out = folder / f"{film.name}-{name}.mp4"
    plan, report = library.score(path, out, PlanOptions(generate="never"))
    seconds = time.monotonic() - began
    facts = probe_video(out)
    heard = decode_audio(out, sample_rate=RATE).samples
    lufs, peak = ebur128(["-i", str(out)])
    cuts = _cuts(plan)
    structures = library.catalogue.structures([cue.track_id for cue in plan.cues])
    own = [_own_step(text_to_path(cue.track_path)) for cue in plan.cues]
    seams = [
        (*seam, most) for cue, most in zip(plan.cues, own, strict=True) for seam in seam_steps(cue)
    ]
    steps = [step for _, step, _ in seams]
    full = [step_at(heard, place + k * HALF_SEAM) for place, _, _ in seams for k in (-1, 0, 1)]
    yield Row(
        film.name, name, "v2m", off_frames(sound_seconds(out), facts.duration_seconds, film),
        len(steps), max(steps, default=0.0), max(full, default=0.0), min(own),
        sum(step > most for _, step, most in seams), end_db(heard), lufs, peak, _weighted(plan),
        len(plan.cues), len(plan.scenes), len(cuts), seconds,
    )  # fmt: skip
    assert report.lufs <= 0
    first = plan.cues[0]
    track = decode_audio(text_to_path(first.track_path), sample_rate=RATE).samples
    section = max(0, round(first.in_seconds * RATE))
    n = round(facts.duration_seconds * RATE)
    for way, sound, splices, late in plain_ways(track, n, section):
        steps = [step_at(sound, splice) for splice in splices]
        lufs, peak = ebur128(_raw(), sound)
        yield Row(
            film.name, name, way,
            off_frames(sound.shape[1] / RATE, facts.duration_seconds, film),
            len(splices), max(steps, default=0.0), max(steps, default=0.0), own[0],
            sum(step > own[0] for step in steps), end_db(sound), lufs, peak,
            _plain_distance(structures.get(first.track_id), track, cuts, n, late),
            1, len(plan.scenes), len(cuts), 0.0,
        )  # fmt: skip


def plain_ways(
    track: Samples, n: int, section: int
) -> Iterator[tuple[str, Samples, list[int], float]]:
    """Yield a name, the sound, its splices, and how many seconds its beats lie earlier."""
    length = track.shape[1]
    yield "paper", track[:, :n], [], 0.0
    repeats = -(-n // length)
    yield "loop", np.tile(track, repeats)[:, :n], [k * length for k in range(1, repeats)], 0.0
    yield "trim", track[:, section : section + n], [], section / RATE


# ---- measures --------------------------------------------------------------------------------


def sound_seconds(path: Path) -> float:
    """Return how long the sound is, as the container says and players go by.

    The last packet of AAC is always 21 ms long; what of it is heard stands in the container.
    """
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return float((stream.duration or 0) * (stream.time_base or 0))


def off_frames(sound: float, picture: float, film: Film) -> int:
    """Return by how many frames sound and picture, in seconds, differ."""
    return round(abs(sound - picture) * float(film.fps))


def seam_steps(cue: Cue) -> Iterator[tuple[int, float]]:
    """Yield each seam's sample of the film and the steepest step there, at the track's level."""
    sound = Unrolled(cue, open_track(cue), RATE)
    late, length = 0.0, cue.end_seconds - cue.start_seconds
    for stretch in cue.stretches[:-1]:
        late += stretch.duration_seconds
        if late < length:
            around = sound.read(round(late * RATE) - 2 * HALF_SEAM, 4 * HALF_SEAM)
            step = max(step_at(around, k * HALF_SEAM) for k in (1, 2, 3))
            yield round((cue.start_seconds + late) * RATE), step


def step_at(sound: Samples, place: int) -> float:
    """Return the steepest step from one sample to the next around a place."""
    reach = round(EDGE_SECONDS * RATE)
    near = sound[:, max(0, place - reach) : place + reach]
    return float(np.abs(np.diff(near, axis=1)).max(initial=0.0))


_own_steps: dict[Path, float] = {}


def _own_step(path: Path) -> float:
    """Return what one in a thousand of a track's own stretches of 4 ms exceeds in steepest step."""
    if path not in _own_steps:
        steps = np.abs(np.diff(decode_audio(path, sample_rate=RATE).samples, axis=1)).max(axis=0)
        width = 2 * round(EDGE_SECONDS * RATE)
        blocks = steps[: len(steps) // width * width].reshape(-1, width).max(axis=1)
        _own_steps[path] = float(np.percentile(blocks, 99.9))
    return _own_steps[path]


def end_db(sound: Samples) -> float:
    """Return the level of the last 50 ms against the median level of all 50 ms, decibels."""
    width = RATE // 20
    n = sound.shape[1] // width
    level = (sound[:, -n * width :].reshape(2, n, width) ** 2).mean(axis=(0, 2))
    return float(10 * np.log10((level[-1] + 1e-9) / (np.median(level) + 1e-9)))


def ebur128(source: Sequence[str], sound: Samples | None = None) -> tuple[float, float]:
    """Return integrated loudness and true peak as FFmpeg measures them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin"]
    if sound is not None:
        command.remove("-nostdin")
    data = None if sound is None else np.ascontiguousarray(sound.T).tobytes()
    done = subprocess.run(
        [*command, *source, "-vn", "-af", "ebur128=peak=true", "-f", "null", "-"],
        input=data,
        capture_output=True,
        check=True,
    )
    told = done.stderr.decode(errors="replace").rpartition("Summary:")[2]
    lufs = re.search(r"I:\s+(-?[\d.]+|-?inf) LUFS", told)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-?inf) dBFS", told)
    assert lufs, told
    assert peak, told
    return float(lufs.group(1)), float(peak.group(1))


def _raw() -> list[str]:
    return ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"]


def _cuts(plan: CuePlan) -> npt.NDArray[np.float64]:
    cuts = [cut for scene in plan.scenes for cut in scene.cuts_seconds]
    cuts += [scene.start_seconds for scene in plan.scenes if scene.start_frame]
    return np.sort(np.asarray(cuts, np.float64))


def _weighted(plan: CuePlan) -> float:
    """Return the mean distance over all cues' cuts, in milliseconds."""
    told = [(c.n_cuts, c.cut_to_beat_seconds) for c in plan.cues if c.cut_to_beat_seconds]
    n_cuts = sum(n for n, _ in told)
    return 1000 * sum(n * far for n, far in told) / n_cuts if n_cuts else float("nan")


def _plain_distance(
    structure: Structure | None, track: Samples, cuts: npt.NDArray[np.float64], n: int, late: float
) -> float:
    if structure is None:
        return float("nan")
    beats = plain_beats(structure, track.shape[1] / RATE, n / RATE + late) - late
    found = cut_distance(beats, cuts.tolist())
    return 1000 * found.mean_seconds if found else float("nan")


# ---- printing --------------------------------------------------------------------------------


def _heading() -> str:
    return (
        f"{'film':9} {'library':9} {'way':6} {'frames':>7} {'seams':>5} {'step':>6} {'own':>6} "
        f"{'steep':>5} {'full':>6} {'end dB':>7} {'LUFS':>6} {'dBTP':>6} {'cut ms':>6} {'cues':>4} "
        f"{'scenes':>6} {'cuts':>5} {'s':>6}"
    )


def _line(row: Row) -> str:
    return (
        f"{row.film:9} {row.library:9} {row.way:6} {row.off_frames:7d} {row.seams:5d} "
        f"{row.step:6.3f} {row.own_step:6.3f} {row.steep:5d} {row.full_step:6.3f} "
        f"{row.end_db:7.1f} {row.lufs:6.1f} {row.dbtp:6.1f} "
        f"{row.cut_ms:6.0f} {row.cues:4d} {row.scenes:6d} {row.cuts:5d} {row.seconds:6.1f}"
    )


def _summary(rows: Sequence[Row]) -> None:
    print("\nmeans and extremes by way")
    for way in ("v2m", "paper", "loop", "trim"):
        some = [row for row in rows if row.way == way]
        cut = [row.cut_ms for row in some if np.isfinite(row.cut_ms)]
        loud = [row.lufs for row in some]
        steep, seams = sum(row.steep for row in some), sum(row.seams for row in some)
        print(
            f"{way:6} wrong length {sum(row.off_frames > 0 for row in some)} of {len(some)}, "
            f"step at most {max(row.full_step for row in some):.3f} of full scale, "
            f"too steep {steep} of {seams} seams, "
            f"end {np.median([row.end_db for row in some]):.1f} dB, "
            f"loudness {min(loud):.1f} to {max(loud):.1f} LUFS, "
            f"peak {max(row.dbtp for row in some):.1f} dBTP, "
            f"cuts {np.mean(cut) if cut else float('nan'):.0f} ms from a beat"
        )


if __name__ == "__main__":
    main()
