"""Makes a study out of finished videos: checked, brought to one loudness, under blind names."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from v2m.errors import InputError, printable
from v2m.progress import progress
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.mux import fitting_suffix, mux
from v2m.study.design import (
    MEDIA,
    Clip,
    Configuration,
    Item,
    Part,
    Role,
    Study,
    ToneCheck,
    write_study,
)
from v2m.study.sounds import louder, put_random_music, silence, tones, write_sound_file
from v2m.study.sources import (
    Source,
    common_loudness,
    common_names,
    finished_videos,
    measure_sources,
)
from v2m.types import Samples, VideoFacts


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """What a study is to be like.

    Attributes:
        title: what raters read at the top.
        floor: name of the configuration that is random music.
        reference: name of the configuration that a person chose.
        floor_music: folder of music out of which a floor is made.
        items_per_rater: videos for each rater; 0 means all, but at most three.
        pairs_per_rater: A/B comparisons for each; 0 means as many as there are configurations.
        target_lufs: loudness of all clips; lower where a clip's peaks do not allow it.
        parts: what is asked.
        seed: decides what is drawn by lot.
        shown: show progress on standard error.
    """

    title: str = "Music for videos"
    floor: str | None = None
    reference: str | None = None
    floor_music: Path | None = None
    items_per_rater: int = 0
    pairs_per_rater: int = 0
    target_lufs: float = -20.0
    parts: tuple[Part, ...] = tuple(Part)
    seed: int = 0
    shown: bool = False


@dataclass(frozen=True, slots=True)
class MadeStudy:
    """A study that was made.

    Attributes:
        study: what it consists of.
        folder: where it lies.
        notices: what its maker should know.
    """

    study: Study
    folder: Path
    notices: tuple[str, ...]


def make_study(
    folder: Path, configurations: Mapping[str, Path], options: StudyOptions | None = None
) -> MadeStudy:
    """Make a study's folder; it appears whole or not at all.

    Args:
        folder: where to make it; it must not exist, or be empty.
        configurations: by name, a folder of finished videos each (or of plans, which are
            rendered); files of the same name before the ending are the same video.
        options: what it is to be like.

    Raises:
        InputError: fewer than two configurations, videos that do not belong together, or an
            option that does not fit.
        MediaError: a video cannot be read, holds no sound, or is not for browsers.
    """
    options = options or StudyOptions()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{printable(folder)}: is there already; name a new folder")
    with _appearing(folder) as building:
        media = building / MEDIA
        media.mkdir()
        rendered = building / "rendered"
        found = {
            n: finished_videos(f, rendered / str(i))
            for i, (n, f) in enumerate(configurations.items())
        }
        names = common_names(found)
        if options.floor_music:
            found[_floor_name(found)] = put_random_music(
                next(iter(found.values())), options.floor_music, rendered / "floor", options.seed
            )
        settings = _settings(list(found), options)
        sources = measure_sources(names, found, options.shown)
        target = common_loudness(sources, options.target_lufs)
        items, clips = _write_media(names, sources, target, media, options.shown)
        checks = _checks(options.seed, target, media)
        study = _assemble(settings, (items, clips, checks), target, options)
        write_study(study, building)
        shutil.rmtree(rendered, ignore_errors=True)
    lower = f"clips are at {target:.1f} LUFS, the most their peaks allow"
    notices = [note for source in sources for note in source.notices]
    notices += [lower] if target < options.target_lufs - 0.05 else []
    notices += _missing_anchors(study)
    return MadeStudy(study, folder, tuple(notices))


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Yield a folder beside another that takes its place when the block ends well."""
    try:
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder.parent))
    except OSError as err:
        raise InputError(f"{printable(folder.parent)}: {err.strerror}") from err
    try:
        yield building
        building.chmod(0o755)
        building.replace(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _floor_name(found: Mapping[str, object]) -> str:
    if "random" in found:
        raise InputError("--floor-music makes a configuration 'random', but there is one already")
    return "random"


def _settings(names: Sequence[str], options: StudyOptions) -> tuple[Configuration, ...]:
    if len(names) < 2:
        raise InputError("a study compares at least two configurations; give more of them")
    roles: dict[str, Role] = {"random": "floor"} if options.floor_music else {}
    for given, role in ((options.floor, "floor"), (options.reference, "reference")):
        if given is None:
            continue
        if given not in names:
            raise InputError(f"--{role} {given!r}: the configurations are {', '.join(names)}")
        if given in roles or role in roles.values():
            raise InputError(f"--{role} {given!r}: one floor and one reference, not the same")
        roles[given] = "floor" if role == "floor" else "reference"
    return tuple(Configuration(name=name, role=roles.get(name, "system")) for name in names)


def _write_media(
    names: Sequence[str], sources: Sequence[Source], target: float, media: Path, shown: bool
) -> tuple[tuple[Item, ...], tuple[Clip, ...]]:
    clips, items = [], []
    with progress("writing clips", len(sources), shown=shown) as advance:
        for source in sources:
            if source.configuration == 0:
                items.append(_item(names[source.item], source, media))
            clips.append(_clip(source, target, media))
            advance(1)
    return tuple(items), tuple(clips)


def _assemble(
    configurations: tuple[Configuration, ...],
    media: tuple[tuple[Item, ...], tuple[Clip, ...], tuple[ToneCheck, ToneCheck]],
    target: float,
    options: StudyOptions,
) -> Study:
    items, clips, checks = media
    n_pairs = len(items) * len(configurations) * (len(configurations) - 1) // 2
    return Study(
        title=" ".join(options.title.split()) or "Music for videos",
        seed=options.seed,
        target_lufs=round(target, 2),
        parts=tuple(part for part in Part if part in options.parts),
        items_per_rater=min(options.items_per_rater or 3, len(items)),
        pairs_per_rater=min(options.pairs_per_rater or len(configurations), n_pairs),
        configurations=configurations,
        items=items,
        clips=clips,
        checks=checks,
    )


def _item(name: str, source: Source, media: Path) -> Item:
    facts = source.facts
    return Item(
        name=name,
        duration_seconds=round(facts.duration_seconds, 3),
        silent=_write(media, fitting_suffix(facts.video_codec), _muxer(facts, silence(facts))),
    )


def _clip(source: Source, target: float, media: Path) -> Clip:
    gain_db = target - source.lufs
    facts = source.facts
    return Clip(
        item=source.item,
        configuration=source.configuration,
        video=_write(
            media, fitting_suffix(facts.video_codec), _muxer(facts, louder(facts, gain_db))
        ),
        music=_write(media, ".flac", lambda path: write_sound_file(louder(facts, gain_db), path)),
        gain_db=round(gain_db, 2),
    )


def _checks(seed: int, target: float, media: Path) -> tuple[ToneCheck, ToneCheck]:
    first, second = np.random.default_rng(seed).choice(np.arange(2, 6), 2, replace=False)

    def check(n_tones: int) -> ToneCheck:
        sound = tones(n_tones, target)
        name = _write(media, ".flac", lambda path: write_sound_file([sound], path))
        return ToneCheck(sound=name, n_tones=n_tones)

    return check(int(first)), check(int(second))


def _muxer(facts: VideoFacts, sound: Iterable[Samples]) -> Callable[[Path], object]:
    """Return a writer; tags of the file, which may name a configuration, stay behind."""
    return lambda path: mux(
        facts.path, sound, RATE, path, start_seconds=facts.start_seconds, keep_tags=False
    )


def _write(media: Path, suffix: str, write: Callable[[Path], object]) -> str:
    """Write a file under a name that says nothing, and return the name."""
    name = f"{secrets.token_hex(8)}{suffix}"
    write(media / name)
    return name


def _missing_anchors(study: Study) -> list[str]:
    roles = {configuration.role for configuration in study.configurations}
    told = []
    if "floor" not in roles:
        told.append("there is no floor of random music (--floor-music FOLDER or --floor NAME)")
    if "reference" not in roles:
        told.append("there is no reference chosen by a person (--reference NAME)")
    return told
