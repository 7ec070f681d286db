"""Measures what rendering costs as a film gets longer: time should follow, memory should not.

    python benchmarks/rendering.py [--minutes 12 120]

Makes a film of each length with sound of its own, plans a cue of bundled music for every 45 s of
it, and renders the plan in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from v2m.audio.decode import decode_audio
from v2m.soundtrack.plan import Cue, CuePlan, Mix, PlannedVideo, Seam, read_plan, write_plan
from v2m.soundtrack.render import render_plan
from v2m.video.probe import probe_video

CUE_SECONDS = 45.0


def main() -> None:
    """Measure every length asked for and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[12, 120])
    parser.add_argument("--render", type=Path, help="render this plan and print what it took")
    options = parser.parse_args()
    if options.render:
        print(json.dumps(_render(options.render)))
        return
    print("minutes  CPU seconds  times real time  peak memory MB   LUFS   dBTP")
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            found = _measured(minutes, Path(folder))
        faster = 60 * minutes / found["cpu_seconds"]
        print(
            f"{minutes:7g}  {found['cpu_seconds']:11.1f}  {faster:15.1f}  {found['peak_mb']:14.0f}"
            f"  {found['lufs']:5.1f}  {found['dbtp']:5.1f}",
            flush=True,
        )


def _measured(minutes: float, folder: Path) -> dict[str, float]:
    plan = folder / "plan.json"
    write_plan(_plan(_film(minutes, folder / "film.mp4")), plan)
    done = subprocess.run(
        [sys.executable, __file__, "--render", str(plan)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _render(path: Path) -> dict[str, float]:
    plan = read_plan(path)
    began = time.process_time()
    report = render_plan(plan, Path(plan.video.path), path.with_name("scored.mp4"))
    return {
        "cpu_seconds": time.process_time() - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "lufs": report.lufs,
        "dbtp": report.true_peak_dbtp,
    }


def _film(minutes: float, path: Path) -> Path:
    """Write a small film with brown noise as its own sound."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y"]
    length = ["-t", f"{60 * minutes}"]
    picture = ["-f", "lavfi", *length, "-i", "testsrc2=size=96x64:rate=10"]
    sound = ["-f", "lavfi", *length, "-i", "anoisesrc=color=brown:amplitude=0.1:sample_rate=44100"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-b:a", "96k"]
    subprocess.run([*command, *picture, *sound, *codecs, str(path)], check=True)
    return path


def _plan(film: Path) -> CuePlan:
    facts = probe_video(film)
    video = PlannedVideo(
        path=str(film), duration_seconds=facts.duration_seconds, fps=facts.fps,
        width=facts.width, height=facts.height, has_audio=True,
    )  # fmt: skip
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        raise SystemExit("package immich-memories-music is not installed")
    tracks = sorted((Path(spec.origin).parent / "tracks").rglob("*.opus"))
    return CuePlan(
        video=video,
        profile="lite",
        min_probability=0.5,
        mix=Mix(original_audio="mix"),
        scenes=(),
        cues=cues_of_music(facts.duration_seconds, tracks),
    )


def cues_of_music(seconds: float, tracks: list[Path]) -> tuple[Cue, ...]:
    """Return a cue for every 45 s, each of another track that is repeated where it is too short."""
    lengths = {path: decode_audio(path, sample_rate=8000).duration_seconds for path in tracks}
    cues: list[dict[str, Any]] = []
    while not cues or cues[-1]["end_seconds"] < seconds:
        start = CUE_SECONDS * len(cues)
        track = tracks[len(cues) % len(tracks)]
        back = Seam(out_seconds=lengths[track] - 2.0, in_seconds=2.0)
        end = min(start + CUE_SECONDS, seconds)
        cues.append({"start_seconds": start, "end_seconds": end, "track_path": str(track),
                     "seams": (back, back), "in_seconds": 1.0})  # fmt: skip
    return tuple(Cue(scenes=(0,), source="retrieved", gain_db=-4.0, **cue) for cue in cues)


if __name__ == "__main__":
    main()
