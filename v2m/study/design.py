"""What a study consists of: the file ``study.json``, which alone knows what is behind a clip."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from v2m.errors import StateError, printable
from v2m.files import replacing

FILE_NAME = "study.json"
MEDIA = "media"

EMOTIONS = ("happiness", "sadness", "disgust", "anger", "fear", "surprise", "neutrality")
"""The seven emotions of the paper's questionnaire."""

SCALES = ("congruence", "richness", "fitness", "humanness", "fondness")
"""Rated 1 to 5; the first is R_Cong of the paper's section 1, the others are its section 2."""

Role = Literal["system", "floor", "reference"]


class Part(StrEnum):
    """A part of the questionnaire."""

    EMOTION = "emotion"
    RATING = "rating"
    PAIRS = "pairs"
    RANKING = "ranking"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Configuration(_Frozen):
    """One way of scoring the videos.

    Attributes:
        name: as the report calls it; raters never see it.
        role: "floor" for random music, "reference" for music a person chose, else "system".
    """

    name: str
    role: Role = "system"


class Item(_Frozen):
    """One video.

    Attributes:
        name: as the report calls it.
        duration_seconds: length.
        silent: file of the picture with a silent sound track.
    """

    name: str
    duration_seconds: float = Field(gt=0)
    silent: str


class Clip(_Frozen):
    """One video under one configuration.

    Attributes:
        item: index of the video.
        configuration: index of the configuration.
        video: file of picture and sound.
        music: file of the sound alone.
        gain_db: by how much the sound was turned up or down.
    """

    item: int
    configuration: int
    video: str
    music: str
    gain_db: float


class ToneCheck(_Frozen):
    """A sound whose tones are counted, to tell who is listening.

    Attributes:
        sound: its file.
        n_tones: the right answer.
    """

    sound: str
    n_tones: int = Field(ge=2, le=5)


class Study(_Frozen):
    """A study as it was made; nothing in it changes while people answer.

    Attributes:
        format: version of this file's layout.
        title: what raters read at the top.
        seed: decides everything that is drawn by lot.
        target_lufs: loudness of every clip.
        parts: what is asked, in this order.
        items_per_rater: videos each rater is asked about.
        pairs_per_rater: A/B comparisons each rater makes.
        configurations: in the order given.
        items: by name.
        clips: one for every item and configuration.
        checks: the first opens the questionnaire, the second stands within it.
    """

    format: Literal["v2m-study/1"] = "v2m-study/1"
    title: str
    seed: int
    target_lufs: float
    parts: tuple[Part, ...]
    items_per_rater: int = Field(ge=1)
    pairs_per_rater: int = Field(ge=0)
    configurations: tuple[Configuration, ...]
    items: tuple[Item, ...]
    clips: tuple[Clip, ...]
    checks: tuple[ToneCheck, ToneCheck]

    def clip(self, item: int, configuration: int) -> Clip:
        """Return the clip of an item under a configuration."""
        return next(
            clip for clip in self.clips if clip.item == item and clip.configuration == configuration
        )

    def files(self) -> frozenset[str]:
        """Return the names of all media files."""
        clips = {name for clip in self.clips for name in (clip.video, clip.music)}
        silent = {item.silent for item in self.items}
        return frozenset(clips | silent | {check.sound for check in self.checks})


def write_study(study: Study, folder: Path) -> None:
    """Write ``study.json`` into a folder."""
    with replacing(folder / FILE_NAME) as temporary:
        temporary.write_text(study.model_dump_json(indent=2), encoding="utf-8")


def read_study(folder: Path) -> Study:
    """Read the study in a folder.

    Raises:
        StateError: there is none, or its file is damaged or of a newer version.
    """
    path = folder / FILE_NAME
    try:
        return Study.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as err:
        raise StateError(f"no study in {printable(folder)}; make one with 'v2m study new'") from err
    except (OSError, UnicodeDecodeError) as err:
        raise StateError(f"{printable(path)}: cannot be read ({err})") from err
    except ValidationError as err:
        problem = err.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "file"
        raise StateError(f"{printable(path)}: {where}: {problem['msg']}") from err
