"""Rendering and muxing five minutes of film, beside encoding the sound alone and beside MoviePy.

The film is 720p; the picture is copied, and music in several cues takes the place of its own sound.
MoviePy encodes the picture again; it gets a tenth of the film, and its time counts ten times.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import soundfile

from benchmarks.cut_films import find_clips
from benchmarks.rendering import cues_of_music
from benchmarks.rows import (
    Judged,
    Row,
    Setting,
    Side,
    Spent,
    bundled_music,
    compare,
    faster,
    here,
    in_turns,
    row_of,
    scaled,
    share,
)  # fmt: skip
from v2m.audio.decode import decode_audio
from v2m.soundtrack.coding import Held
from v2m.soundtrack.mux import BIT_RATE, LOUD_BIT_RATE, mux
from v2m.soundtrack.plan import CuePlan, Mix, PlannedVideo
from v2m.soundtrack.render import render_plan
from v2m.types import Samples
from v2m.video.probe import probe_video

RATE = 48_000
EXCERPTS = 10
"""The film is so many times its beginning."""

FRAME = 1024
"""Samples the AAC coder takes at once."""


def rows(setting: Setting) -> Iterator[Row]:
    """Render and mux five minutes."""
    excerpt, film = _films(setting)
    plan, out = _plan(film, setting.size(28, 1)), setting.folder / "scored.mp4"
    render = here(lambda: render_plan(plan, film, out))
    render()
    sound = decode_audio(out, sample_rate=RATE).samples
    length = f"{plan.video.duration_seconds:.0f} s"
    alone = here(partial(_encode, sound, BIT_RATE))
    rendered_at = _bit_rate(out)  # loud sound is given more, and more bits take longer
    alone_alike = here(partial(_encode, sound, rendered_at))
    muxing = here(lambda: mux(film, Held(sound), RATE, out, start_seconds=0.0))
    yield from _beside_encoder(
        f"mux {length} of ready sound", muxing, alone, BIT_RATE, rounds=setting.rounds
    )
    yield from _beside_encoder(
        f"render and mux {length}", render, alone_alike, rendered_at, rounds=setting.rounds,
        note="tracks decoded, mixed and mastered, what was written measured",
    )  # fmt: skip
    part = setting.folder / "part.wav"
    soundfile.write(part, sound[:, : round(probe_video(excerpt).duration_seconds * RATE)].T, RATE)
    moviepy = scaled(lambda: _by_moviepy(excerpt, part), EXCERPTS)
    yield compare(f"render and mux {length}", render, "MoviePy, which encodes the picture", moviepy,
                  goal=faster(20), rounds=setting.rounds,
                  note="a tenth of the film, ten times; its sound is ready mixed")  # fmt: skip


def _beside_encoder(
    work: str, ours: Side, alone: Side, bit_rate: int, *, rounds: int, note: str = ""
) -> Iterator[Row]:
    """Measure beside the encoder, and give both readings of the same rounds.

    The goal belongs to the clock, as its source has it: 3.93 s of PyAV muxing beside 4.16 s of
    encoding alone. Both sides have the same bits to spend.
    """
    other, share_of = f"AAC encode alone, {bit_rate // 1000} kb/s", Judged.SHARE
    pairs = in_turns(ours, alone, rounds)
    threads = "threads on all processors, the AAC encode alone on one"
    clock = f"{threads}; {note}" if note else threads
    yield row_of(
        f"{work}, by the clock", other, pairs, judged=share_of, goal=share(1.1), wall=True,
        note=clock,
    )  # fmt: skip
    yield row_of(f"{work}, processor time of all threads", other, pairs, judged=share_of)


def _films(setting: Setting) -> tuple[Path, Path]:
    """Write 30 s of a real clip, 1280 x 720, and the film it is repeated to."""
    clip = find_clips(demo_only=True).shots[-1 if setting.smallest else -2].path
    excerpt, film = setting.folder / "excerpt.mp4", setting.folder / "film.mp4"
    _repeat(clip, excerpt, 6, "-t", f"{30 / (50 if setting.smallest else 1)}")
    _repeat(excerpt, film, setting.size(EXCERPTS, 1))
    return excerpt, film


def _repeat(clip: Path, out: Path, times: int, *more: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y"]
    looped = ["-stream_loop", str(times - 1), "-i", str(clip), "-an", "-c", "copy", *more, str(out)]
    subprocess.run([*command, *looped], check=True)


def _plan(film: Path, n_tracks: int) -> CuePlan:
    facts = probe_video(film)
    tracks = sorted((bundled_music() / "tracks").rglob("*.opus"))[:n_tracks]
    return CuePlan(
        video=PlannedVideo(
            path=str(film), duration_seconds=facts.duration_seconds, fps=facts.fps,
            width=facts.width, height=facts.height, has_audio=False,
        ),
        profile="lite",
        min_probability=0.5,
        mix=Mix(original_audio="replace"),
        scenes=(),
        cues=cues_of_music(facts.duration_seconds, tracks),
    )  # fmt: skip


def _bit_rate(film: Path) -> int:
    """Return which of the two bit rates the sound of a film was written at."""
    with av.open(str(film)) as container:
        rate = container.streams.audio[0].bit_rate or BIT_RATE
    return min((BIT_RATE, LOUD_BIT_RATE), key=lambda known: abs(known - rate))


def _encode(sound: Samples, bit_rate: int) -> None:
    """Encode a sound and drop the packets."""
    with tempfile.TemporaryFile() as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = bit_rate
        for first in range(0, sound.shape[1], FRAME):
            block = np.ascontiguousarray(sound[:, first : first + FRAME])
            frame = av.AudioFrame.from_ndarray(block, "fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            stream.encode(frame)
        stream.encode(None)
        assert container.streams


def _by_moviepy(excerpt: Path, sound: Path) -> Spent:
    """Have MoviePy do it in a process of its own, which leaves out its start."""
    command = [sys.executable, "-m", "benchmarks.muxing", str(excerpt), str(sound)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    cpu, seconds = (float(number) for number in done.stdout.split())
    return Spent(cpu, seconds)


def _score_by_moviepy(excerpt: str, sound: str) -> Spent:
    from moviepy import AudioFileClip, VideoFileClip

    def score() -> None:
        with VideoFileClip(excerpt) as clip, AudioFileClip(sound) as track:
            scored = clip.with_audio(track)
            scored.write_videofile(f"{excerpt}.scored.mp4", logger=None)

    return here(score, memory=False)()


if __name__ == "__main__":
    spent = _score_by_moviepy(*sys.argv[1:])
    print(spent.cpu_seconds, spent.seconds)
