"""Finished videos of every kind of input, judged by FFmpeg and not by our own code."""

import re
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from tests.system.conftest import ffmpeg
from v2m.library import Library
from v2m.results import PlanOptions

SCENES = (
    "mandelbrot=size={size}:rate={rate}",
    "testsrc2=size={size}:rate={rate}",
    "life=size={size}:rate={rate}:mold=10:ratio=0.2:death_color=#304060:life_color=#f0e0a0",
)


@dataclass(frozen=True)
class Kind:
    """A kind of video."""

    name: str
    seconds: float
    size: str = "320x180"
    rate: int = 25
    sound: bool = False
    codec: tuple[str, ...] = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    suffix: str = ".mp4"
    extra: tuple[str, ...] = ()


VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
VARIABLE = ("-vf", "select='not(mod(n\\,3))+gt(random(1)\\,0.6)'", "-fps_mode", "vfr")
KINDS = (
    Kind("silent", 12),
    Kind("with-sound", 12, sound=True),
    Kind("vertical", 9, size="180x320"),
    Kind("webm", 9, codec=VP8, suffix=".webm", sound=True),
    Kind("variable-rate", 12, extra=VARIABLE),
    Kind("one-second", 1),
    Kind("ten-minutes", 600, size="96x64", rate=10),
    Kind("matroska", 8, suffix=".mkv", sound=True),
)


def write_video(kind: Kind, folder: Path) -> Path:
    """Write three scenes of equal length, the last with what is left over."""
    out = folder / f"{kind.name}{kind.suffix}"
    part = kind.seconds / len(SCENES)
    inputs: list[str] = []
    for scene in SCENES:
        source = scene.format(size=kind.size, rate=kind.rate)
        inputs += ["-f", "lavfi", "-t", f"{part:.3f}", "-i", source]
    filters = "[0:v][1:v][2:v]concat=n=3:v=1[v]"
    maps = ["-map", "[v]"]
    if kind.sound:
        noise = "anoisesrc=color=pink:amplitude=0.2"
        inputs += ["-f", "lavfi", "-t", f"{kind.seconds}", "-i", noise]
        maps += ["-map", "3:a"]
    if kind.extra and kind.extra[0] == "-vf":
        filters = f"{filters.removesuffix('[v]')}[w];[w]{kind.extra[1]}[v]"
    rest = kind.extra[2:] if kind.extra[:1] == ("-vf",) else kind.extra
    ffmpeg(*inputs, "-filter_complex", filters, *maps, *kind.codec, *rest, out)
    return out


def packet_hashes(path: Path) -> list[str]:
    """Return FFmpeg's hash of every picture packet, untouched by any decoder."""
    listing = path.with_suffix(".hashes")
    ffmpeg("-i", path, "-map", "0:v:0", "-c", "copy", "-f", "framehash", listing)
    lines = listing.read_text().splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if line and not line.startswith("#")]


def extent(path: Path, kind: str) -> tuple[float, float]:
    """Return start and end of a stream in seconds, by its packets."""
    with av.open(str(path)) as container:
        stream = container.streams.get({kind: 0})[0]
        spans = [
            (float(p.pts * p.time_base), float((p.pts + (p.duration or 0)) * p.time_base))
            for p in container.demux(stream)
            if p.pts is not None and p.time_base is not None and p.size
        ]
    return min(a for a, _ in spans), max(b for _, b in spans)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_finished_video(kind: Kind, music_library: Library, tmp_path: Path) -> None:
    video = write_video(kind, tmp_path)
    out = tmp_path / f"scored{kind.suffix}"

    plan, _ = music_library.score(video, out, PlanOptions())

    assert packet_hashes(out) == packet_hashes(video)
    frame = 1 / plan.video.fps
    start, end = extent(out, "video")
    sound_start, sound_end = extent(out, "audio")
    assert abs(sound_start - start) <= frame + 0.03  # one frame of the sound's codec
    assert abs(sound_end - sound_start - plan.video.duration_seconds) <= frame + 0.03
    assert end - start == pytest.approx(plan.video.duration_seconds, abs=frame)
    judged = ffmpeg("-nostats", "-i", out, "-af", "ebur128=peak=true", "-f", "null", "-")
    summary = judged[judged.rindex("Summary") :]
    loudness, peak = (
        float(re.search(pattern, summary)[1])  # type: ignore[index]
        for pattern in (r"I:\s+(-?[\d.]+) LUFS", r"Peak:\s+(-?[\d.]+) dBFS")
    )
    assert loudness == pytest.approx(-14.0, abs=0.5)
    assert peak <= -1.0
    silence = ffmpeg("-nostats", "-i", out, "-af", "silencedetect=n=-90dB:d=0.3", "-f", "null", "-")
    assert "silence_start" not in silence
    print(f"{kind.name}: {loudness:.1f} LUFS, {peak:.1f} dBTP")  # noqa: T201 - shown by -rP


@pytest.mark.parametrize("target", [-16.0, -23.0])
def test_other_loudness_targets(target: float, music_library: Library, tmp_path: Path) -> None:
    video = write_video(KINDS[0], tmp_path)
    out = tmp_path / "out.mp4"

    music_library.score(video, out, PlanOptions(target_lufs=target))

    judged = ffmpeg("-nostats", "-i", out, "-af", "ebur128", "-f", "null", "-")
    found = re.search(r"I:\s+(-?[\d.]+) LUFS", judged[judged.rindex("Summary") :])
    assert found is not None
    assert float(found[1]) == pytest.approx(target, abs=0.5)


def test_original_sound_is_kept_under_the_music(music_library: Library, tmp_path: Path) -> None:
    video = write_video(KINDS[1], tmp_path)
    outs = {}
    for mode in ("mix", "replace"):
        out = tmp_path / f"{mode}.mp4"
        plan, _ = music_library.score(video, out, PlanOptions(original_audio=mode))
        assert plan.mix.original_audio == mode
        judged = ffmpeg("-nostats", "-i", out, "-af", "highpass=f=9000,ebur128", "-f", "null", "-")
        found = re.search(r"I:\s+(-?[\d.]+) LUFS", judged[judged.rindex("Summary") :])
        assert found is not None
        outs[mode] = float(found[1])

    assert outs["mix"] > outs["replace"] + 1  # the noise's high tones are heard only when kept
