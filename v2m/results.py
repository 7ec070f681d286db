"""What is asked of the library and what it answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from v2m.files import path_to_text
from v2m.patience import Budget

if TYPE_CHECKING:
    from retriever.search import Match
    from v2m.signing import Signing
    from v2m.types import Scene
    from v2m.video.filmstrip import Filmstrip


@dataclass(frozen=True, slots=True)
class FoundScene:
    """What was found for one scene; a query that is no video is one scene without times.

    Attributes:
        scene: the stretch of video, None for a text, a picture or a piece of music.
        description: what it shows, in words.
        prompt: what was searched for.
        decision: "retrieve" or "generate".
        reason: why.
        matches: best first.
    """

    scene: "Scene | None"
    description: str
    prompt: str
    decision: str
    reason: str
    matches: "tuple[Match, ...]"


@dataclass(frozen=True, slots=True)
class FindResult:
    """The answer to a query.

    Attributes:
        kind: "video", "text", "image", "audio", or "like" for tracks alone.
        source: the file, or the text; "" for tracks alone.
        duration_seconds: of the video or the music, None for others.
        profile: name of the models.
        tracks_searched: size of the library.
        scenes: one per scene of the video.
        calibrated: the probabilities are those this library taught ('v2m eval calibrate').
        caution: what to know about the probabilities; "" where they are calibrated.
        like: ids of tracks that the answer should resemble.
        unlike: ids of tracks that it should not.
    """

    kind: str
    source: str
    duration_seconds: float | None
    profile: str
    tracks_searched: int
    scenes: tuple[FoundScene, ...]
    calibrated: bool = False
    caution: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How a plan is made.

    Attributes:
        generate: "on-miss", "never" or "always".
        min_probability: a best match less likely than this is a miss.
        style: how prompts are written: "simple", "brief", "long" or "drama".
        usage: "personal", "noncommercial" or "commercial"; music whose licence forbids it is left
            out.
        allow_unknown: music whose licence is not known may be used.
        by: branches of matching.
        where: SQL condition on the catalogue's columns.
        notes: a person's own direction by scene index, -1 for the last one; it replaces what the
            scene shows.
        min_scene_seconds: shorter scenes are merged with a neighbour.
        switch_cost: log odds that a change of track between scenes has to gain.
        most_tracks: at most this many different tracks in the video; None for any number.
        hit_seconds: where in the video the climax of the music should fall; None anywhere.
        original_audio: "auto", "mix" or "replace".
        original_under_lu: how far the original sound lies under the music, loudness units.
        duck_db: how far the music goes down while somebody speaks; 0 leaves it as it is.
        duck_attack_seconds: how long before the first word it starts to go down.
        duck_release_seconds: how long after the last word it takes to come back.
        target_lufs: integrated loudness of the finished sound.
        true_peak_dbtp: highest true peak of the finished sound.
        crossfade_seconds: crossfade between neighbouring cues.
        seed: of composed music; scene n uses seed + n.
        signing: signs the finished video; None leaves it unsigned.
        shared_theme: composed cues of a video follow one melody.
        fallback_composer: "arranger" composes where the composer fails; "" raises its error.
        shown: show progress.
        budget: what the run has asked of an endpoint; None where the video is the whole run.
        filmstrip: keeps the frames that a picture of the plan shows; None keeps none.
    """

    generate: str = "on-miss"
    min_probability: float = 0.5
    style: str = "brief"
    usage: str = "personal"
    allow_unknown: bool = False
    by: tuple[str, ...] = ("description", "title", "audio")
    where: str | None = None
    notes: dict[int, str] | None = None
    min_scene_seconds: float = 3.0
    switch_cost: float = 0.5
    most_tracks: int | None = None
    hit_seconds: float | None = None
    original_audio: str = "auto"
    original_under_lu: float = 8.0
    duck_db: float = 12.0
    duck_attack_seconds: float = 0.3
    duck_release_seconds: float = 0.6
    target_lufs: float = -14.0
    true_peak_dbtp: float = -1.0
    crossfade_seconds: float = 1.0
    seed: int = 0
    signing: "Signing | None" = None
    shared_theme: bool = False
    fallback_composer: str = ""
    shown: bool = False
    budget: Budget | None = None
    filmstrip: "Filmstrip | None" = None

    @property
    def least_kept(self) -> float:
        """How likely a track must be to be kept from a neighbour; any where none is composed."""
        return 0.0 if self.generate == "never" else self.min_probability


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made.

    Attributes:
        files: each file with a few words on what it is.
        seconds: how long it took.
        cues: number of cues by source.
        loudness_lufs: of the finished video.
    """

    files: tuple[tuple[Path, str], ...]
    seconds: float
    cues: dict[str, int]
    loudness_lufs: float

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "files": [{"path": path_to_text(path), "what": what} for path, what in self.files],
            "seconds": round(self.seconds, 1),
            "cues": self.cues,
            "loudness_lufs": round(self.loudness_lufs, 2),
        }
