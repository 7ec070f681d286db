"""The cue plan: which music stands where under a video, and why.

Every output is a rendering of it.
"""

import json
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from v2m.errors import InputError, StateError, printable
from v2m.files import replacing

FORMAT = "v2m-plan/1"

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Decibels = Annotated[float, Field(ge=-120, le=60, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Speed = Annotated[float, Field(ge=0.97, le=1.03)]
"""At most 3 %: more is heard as another tempo."""

SHORTEST_STRETCH_SECONDS = 0.5
"""Between two seams."""


class _Part(BaseModel):
    """A part of the plan: unknown keys are refused, values do not change once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedVideo(_Part):
    """The video the plan is for.

    Attributes:
        path: as given when the plan was made.
        sha256: of the file's first and last megabyte and its length; "" where unknown.
        duration_seconds: length of the picture.
        fps: average frames per second.
        width: pixels, after rotation.
        height: pixels, after rotation.
        has_audio: whether the video carries sound of its own.
    """

    path: str
    sha256: str = ""
    duration_seconds: Seconds
    fps: float = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    has_audio: bool


class Candidate(_Part):
    """A track that was considered for a scene.

    Attributes:
        track_id: the catalogue's id.
        title: of the track.
        score: fused score of the search.
        probability: that it fits the scene.
        why: what matched.
        cost: how much worse the whole video's music would be with this track here and the best
            choice everywhere else, in log odds; 0 for the chosen one, null where not weighed.
    """

    track_id: str
    title: str
    score: float
    probability: Share
    why: str
    cost: float | None = None


class PlannedAnswer(_Part):
    """What a model answered about a scene.

    Attributes:
        question: short name of the question, such as "emotion".
        text: the answer, the likeliest where several were to choose from.
        probabilities: of the answers to choose from; empty for an open question.
    """

    question: str
    text: str
    probabilities: dict[str, Share] = Field(default_factory=dict)


class PlannedScene(_Part):
    """A scene, what it shows, and what was decided for it.

    Attributes:
        index: from 0.
        start_seconds: where it starts.
        end_seconds: where it ends, exclusive.
        start_frame: its first frame.
        end_frame: exclusive.
        cuts_seconds: cuts inside, between shots too short for scenes of their own.
        description: what it shows.
        answers: what a model answered when asked about the scene; none where no model was asked.
        note: a person's own direction; "" where none.
        prompt: what was searched for and would be composed from.
        prompt_by: who wrote the prompt: "template", "caption", "a person" or a language model.
        decision: where its music comes from.
        probability: that the chosen track fits.
        reason: of the decision.
        fit: of the chosen track in log odds, weighted by the scene's length; 0 where composed.
        change_cost: what the change from the scene before cost, in the same units.
        candidates: the chosen track first, then those that would cost least.
    """

    index: int
    start_seconds: Seconds
    end_seconds: Seconds
    start_frame: int = Field(ge=0)
    end_frame: int = Field(ge=0)
    cuts_seconds: tuple[Seconds, ...] = ()
    description: str
    answers: tuple[PlannedAnswer, ...] = ()
    note: str = ""
    prompt: str
    prompt_by: str = ""
    decision: Literal["retrieve", "generate", "silence"]
    probability: Share
    reason: str
    fit: float = 0.0
    change_cost: float = 0.0
    candidates: tuple[Candidate, ...] = ()


class Seam(_Part):
    """A jump within the track, crossfaded at equal power: back to repeat, forward to leave out.

    Attributes:
        out_seconds: where in the track it is left.
        in_seconds: where in the track it goes on.
        speed: how much faster than its own tempo the track goes on, pitch kept.
    """

    out_seconds: Seconds
    in_seconds: Seconds
    speed: Speed = 1.0


class Stretch(NamedTuple):
    """A stretch of the track between two seams, in seconds of the track."""

    in_seconds: float
    out_seconds: float
    speed: float

    @property
    def duration_seconds(self) -> float:
        """How long it lasts under the video."""
        return (self.out_seconds - self.in_seconds) / self.speed


class Cue(_Part):
    """Music placed on a span of the video.

    Attributes:
        start_seconds: where the cue starts in the video.
        end_seconds: where it ends, exclusive; crossfades reach half their length beyond it.
        scenes: indexes of the scenes it covers.
        source: where the music came from.
        track_id: the catalogue's id; "" for silence.
        track_path: the sound file; "" for silence.
        in_seconds: where in the track the cue starts.
        speed: how much faster than its own tempo the track is played up to the first seam, pitch
            kept.
        seams: jumps within the track, in the order in which they are heard; behind the last one
            the track plays on to the end of the cue.
        own_ending: the cue ends with the track's own ending.
        hit_seconds: where in the video a person asked for the climax, else null.
        n_cuts: cuts of the video that a beat can fall on.
        cut_to_beat_before_seconds: mean distance from these cuts to the nearest beat if the track
            were played from its beginning; null without cuts or beats.
        cut_to_beat_seconds: the same as it is played.
        gain_db: applied to the track before the mix.
        fade_in_seconds: at a cue's start where no neighbour is crossfaded.
        fade_out_seconds: at a cue's end where no neighbour is crossfaded.
        licence: as its source writes it.
        licence_url: its text.
        attribution: the credit its source asks for.
        source_url: the page it came from.
        retrieved_at: day on which licence and credit were read there, as "2026-01-31".
    """

    start_seconds: Seconds
    end_seconds: Seconds
    scenes: tuple[int, ...]
    source: Literal["retrieved", "generated", "silence"]
    track_id: str = ""
    track_path: str = ""
    title: str = ""
    artist: str = ""
    in_seconds: Seconds = 0.0
    speed: Speed = 1.0
    seams: tuple[Seam, ...] = ()
    own_ending: bool = False
    hit_seconds: Seconds | None = None
    n_cuts: int = Field(default=0, ge=0)
    cut_to_beat_before_seconds: Seconds | None = None
    cut_to_beat_seconds: Seconds | None = None
    gain_db: Decibels = 0.0
    fade_in_seconds: Seconds = 0.0
    fade_out_seconds: Seconds = 0.0
    score: float = 0.0
    probability: Share = 0.0
    why: str = ""
    licence: str = ""
    licence_url: str = ""
    attribution: str = ""
    source_url: str = ""
    retrieved_at: str = ""
    prompt: str = ""
    seed: int | None = None
    model: str = ""

    @model_validator(mode="after")
    def _seams_leave_room(self) -> Self:
        entry = self.in_seconds
        for number, seam in enumerate(self.seams):
            if seam.out_seconds - entry < SHORTEST_STRETCH_SECONDS - 1e-9:
                raise ValueError(
                    f"seam {number} leaves the track at {seam.out_seconds} s, less than "
                    f"{SHORTEST_STRETCH_SECONDS} s behind {entry} s, where it was entered"
                )
            entry = seam.in_seconds
        return self

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches of the track in the order in which they are heard.

        The last one lasts to the end of the cue; what crossfades add lies outside.
        """
        entry, speed, late = self.in_seconds, self.speed, 0.0
        found: list[Stretch] = []
        for seam in self.seams:
            found.append(Stretch(entry, seam.out_seconds, speed))
            late += found[-1].duration_seconds
            entry, speed = seam.in_seconds, seam.speed
        left = max(0.0, self.end_seconds - self.start_seconds - late)
        return (*found, Stretch(entry, entry + left * speed, speed))

    @property
    def out_seconds(self) -> float:
        """Where in the track the cue ends."""
        return self.stretches[-1].out_seconds


class Mix(_Part):
    """How the finished sound is made.

    Attributes:
        target_lufs: integrated loudness of the finished sound (ITU-R BS.1770-4).
        true_peak_dbtp: highest true peak of the finished sound.
        crossfade_seconds: length of the equal-power crossfade between neighbouring cues.
        original_audio: "mix" keeps the video's own sound under the music, "replace" drops it.
        original_under_lu: how far the original sound lies under the music, loudness units.
        original_gain_db: applied to the original sound; null means found when rendering, so that
            it lies ``original_under_lu`` under the music.
        duck_db: how far the music goes down while somebody speaks in the original sound.
        duck_attack_seconds: how long before the first word the music starts to go down.
        duck_release_seconds: how long after the last word it takes to come back.
    """

    target_lufs: float = Field(default=-14.0, ge=-40, le=-5)
    true_peak_dbtp: float = Field(default=-1.0, ge=-20, le=0)
    crossfade_seconds: float = Field(default=1.0, ge=0, le=10)
    original_audio: Literal["mix", "replace"] = "replace"
    original_under_lu: float = Field(default=8.0, ge=-20, le=60)
    original_gain_db: float | None = Field(default=None, ge=-120, le=60, allow_inf_nan=False)
    duck_db: float = Field(default=12.0, ge=0, le=60)
    duck_attack_seconds: float = Field(default=0.3, ge=0.05, le=5)
    duck_release_seconds: float = Field(default=0.6, ge=0.05, le=10)


class Speech(_Part):
    """A span in which somebody speaks in the video's own sound: the music goes down under it.

    Attributes:
        start_seconds: first word.
        end_seconds: end of the last word.
        lufs: loudness of the original sound here, before any gain.
        deeper_db: how much further than ``mix.duck_db`` the music goes down, for a quiet voice.
    """

    start_seconds: Seconds
    end_seconds: Seconds
    lufs: float = Field(default=-70.0, ge=-120, le=30)
    deeper_db: float = Field(default=0.0, ge=-60, le=60)

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end_seconds <= self.start_seconds:
            raise ValueError("speech ends before it starts")
        return self


class CuePlan(_Part):
    """The whole plan; cues lie in order, cover the video and do not overlap."""

    format: Literal["v2m-plan/1"] = "v2m-plan/1"
    video: PlannedVideo
    profile: str
    usage: Literal["personal", "noncommercial", "commercial"] = "personal"
    allow_unknown: bool = False
    min_probability: Share
    seed: int = 0
    versions: dict[str, str] = Field(default_factory=dict)
    mix: Mix = Mix()
    speech: tuple[Speech, ...] = ()
    scenes: tuple[PlannedScene, ...]
    cues: tuple[Cue, ...] = Field(min_length=1)
    notices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _cues_cover_the_video(self) -> Self:
        tolerance = 1e-3
        here = 0.0
        for number, cue in enumerate(self.cues):
            if abs(cue.start_seconds - here) > tolerance:
                raise ValueError(f"cue {number} starts at {cue.start_seconds} s, expected {here} s")
            if cue.end_seconds <= cue.start_seconds:
                raise ValueError(f"cue {number} ends before it starts")
            if cue.source != "silence" and not cue.track_path:
                raise ValueError(f"cue {number} is {cue.source} but names no track_path")
            here = cue.end_seconds
        if abs(here - self.video.duration_seconds) > tolerance:
            raise ValueError(
                f"the last cue ends at {here} s but the video at {self.video.duration_seconds} s"
            )
        return self

    def counts(self) -> Counter[str]:
        """Count the cues by source."""
        return Counter(cue.source for cue in self.cues)


def write_plan(plan: CuePlan, path: Path) -> None:
    """Write a plan as indented JSON; the file appears by rename."""
    with replacing(path) as temporary:
        temporary.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_plan(path: Path) -> CuePlan:
    """Read and check a plan.

    Raises:
        InputError: the file is missing, is not JSON, or breaks a rule; names the key and, for an
            unknown key, the nearest known one.
        StateError: the plan is of another format version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise InputError(f"{printable(path)}: no such plan") from err
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise InputError(f"{printable(path)}: not a plan: it is not text") from err
    except ValueError as err:
        raise InputError(f"{printable(path)}: not a plan: no JSON ({err})") from err
    if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
        raise StateError(
            f"{printable(path)}: format {data['format']!r} is not {FORMAT!r}; "
            "make the plan again with 'v2m plan'"
        )
    try:
        return CuePlan.model_validate(data)
    except ValidationError as err:
        raise InputError(f"{printable(path)}: {_first_problem(err)}") from err


def _first_problem(err: ValidationError) -> str:
    problem = err.errors()[0]
    place = ".".join(str(part) for part in problem["loc"]) or "plan"
    if problem["type"] != "extra_forbidden":
        return f"{place}: {problem['msg']}"
    key = str(problem["loc"][-1])
    parts = (
        CuePlan,
        PlannedVideo,
        PlannedScene,
        PlannedAnswer,
        Candidate,
        Cue,
        Seam,
        Mix,
        Speech,
    )
    known = sorted({name for part in parts for name in part.model_fields})
    near = get_close_matches(key, known, n=1)
    return f"{place}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
