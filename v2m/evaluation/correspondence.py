"""P_desc: whether a picture is nearest to the text that was written for its own video.

Tsai and Chen, "Making Music for Videos": each frame of a video is compared with the texts of all
videos; the share of frames that choose their own text, mean over frames, then over videos. No music
is heard in it. The paper speaks of three frames a scene, its published code takes the key frames it
finds; both can be asked for here, with any picture-text space.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from v2m.encoders.profiles import Profile
from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.types import Frames, Scene, Vectors, VideoFacts
from v2m.video.frames import decoded_frames, scaled
from v2m.video.stills import still_at

THREE = "three frames a scene"
KEY = "all key frames"
WAYS = (THREE, KEY)

FRAME_HEIGHT = 256
PLACES = (1 / 6, 1 / 2, 5 / 6)
"""Where in a scene the three frames lie: the middles of its thirds."""

MOST_KEY_FRAMES = 400


@dataclass(frozen=True, slots=True)
class Correspondence:
    """P_desc over several videos or scenes.

    Attributes:
        shares: by unit, the share of its frames that chose its own text, 0 to 1; NaN for none.
        estimate: their mean with its interval.
        n_texts: that were chosen from; by chance the share is 1 / n_texts.
        frames: ``THREE`` or ``KEY``.
        space: of pictures and texts.
    """

    shares: tuple[float, ...]
    estimate: Estimate
    n_texts: int
    frames: str
    space: str


def share_right(frames: Vectors, texts: Vectors, own: int) -> float:
    """Return the share of frames nearest to their own text, 0 to 1; of equally near ones none.

    Args:
        frames: shape (n, dim), unit rows.
        texts: shape (m, dim), unit rows, at least one.
        own: row of the unit's own text.

    Returns:
        NaN without frames.
    """
    if not len(frames):
        return float("nan")
    cosines = np.asarray(frames, np.float64) @ np.asarray(texts, np.float64).T
    others = np.delete(cosines, own, axis=1).max(axis=1, initial=-np.inf)
    return float((cosines[:, own] > others).mean())


def correspondence(
    profile: Profile, frames: Sequence[Frames], texts: Sequence[str], way: str, *, seed: int = 0
) -> Correspondence:
    """Measure P_desc: unit n shows ``frames[n]`` and has the text ``texts[n]``.

    Raises:
        ValueError: there are not as many texts as units.
    """
    if len(frames) != len(texts):
        raise ValueError(f"{len(texts)} texts for {len(frames)} units")
    written = profile.text.encode_text(texts)
    shares = [
        share_right(profile.frames.encode_frames(shown), written, own) if len(shown) else np.nan
        for own, shown in enumerate(frames)
    ]
    return Correspondence(
        tuple(float(share) for share in shares),
        bootstrap(shares, seed=seed),
        len(texts),
        way,
        profile.frames.space,
    )


def three_frames(video: Path, facts: VideoFacts, scenes: Sequence[Scene]) -> list[Frames]:
    """Return the middles of each scene's thirds, uint8 (3, height, width, 3) a scene.

    Raises:
        MediaError: the video cannot be read.
    """
    times = [
        scene.span.start_seconds + place * scene.span.duration_seconds
        for scene in scenes
        for place in PLACES
    ]
    stills = still_at(video, facts, times, FRAME_HEIGHT)
    return [np.stack(stills[3 * n : 3 * n + 3]) for n in range(len(scenes))]


def key_frames(video: Path, facts: VideoFacts, scenes: Sequence[Scene]) -> list[Frames]:
    """Return each scene's key frames as the codec has them, at most 400 in all, evenly thinned.

    A scene without one shows nothing: uint8 (0, 1, 1, 3).

    Raises:
        MediaError: the video cannot be read.
    """
    found = [
        (seconds, scaled(frame, FRAME_HEIGHT))
        for seconds, frame in decoded_frames(video, facts)
        if frame.key_frame
    ]
    found = found[:: max(1, -(-len(found) // MOST_KEY_FRAMES))]
    out = []
    for scene in scenes:
        start, end = scene.span.start_seconds, scene.span.end_seconds
        own = [picture for seconds, picture in found if start - 1e-6 <= seconds < end - 1e-6]
        out.append(np.stack(own) if own else np.empty((0, 1, 1, 3), np.uint8))
    return out
