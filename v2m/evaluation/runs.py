"""Runs of ours under the paper's measures: every scene of some videos, in each of its four styles.

The unit is a scene (the paper's videos are single scenes, most of them). For each scene and style a
prompt is written; music is composed from it, or found in a library; the music is written down and
measured, its emotion heard, and the scene's frames are asked which prompt is theirs.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from retriever.query import scene_query
from retriever.search import Searcher
from v2m.audio.decode import decode_audio
from v2m.errors import InputError, StateError, printable
from v2m.evaluation.correspondence import KEY, THREE, correspondence, key_frames, three_frames
from v2m.evaluation.emotion import class_of_mood
from v2m.evaluation.emotion_heads import EmotionHead
from v2m.evaluation.faces import FaceDetector
from v2m.evaluation.music import measure_notes
from v2m.evaluation.sound import measure_sound
from v2m.evaluation.transcription import Transcriber
from v2m.files import replacing
from v2m.library import Library
from v2m.progress import progress
from v2m.types import Audio, Description, Frames, Scene, Span
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

STYLES = {"Simple": "simple", "Brief@30": "brief", "Long@50": "long", "Drama": "drama"}
"""The paper's configurations, and what the prompt writer calls them."""

COMPOSED, FOUND = "composed", "found"
"""Where the music comes from."""

SAMPLE_RATE = 44100
SHORTEST_SECONDS = 5.0
"""Music for a shorter scene is made this long: a bar or two tell little about entropies."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Clip:
    """A scene's music in one style.

    Attributes:
        scene: the video's name and the scene's number.
        prompt: that was written for it.
        music: what was composed or found, for people.
        transcriber: that wrote it down.
        sc: scale consistency; NaN without notes, as the next three.
        pe: pitch entropy, bits.
        pce: pitch-class entropy, bits.
        ebr: empty-beat rate.
        loudness_range_lu: of the music.
        faults: what the detector of faulty takes says; "" for nothing.
        desc_three: share of three frames that chose this prompt among all scenes' prompts.
        desc_key: the same over all key frames; NaN without one.
        words_sound: cosine of prompt and music in the profile's music-text space.
        wanted: emotion of the scene.
        heard: emotion of the music, by listener.
        has_face: whether the scene shows a face.
    """

    scene: str
    prompt: str
    music: str
    transcriber: str
    sc: float
    pe: float
    pce: float
    ebr: float
    loudness_range_lu: float
    faults: str
    desc_three: float
    desc_key: float
    words_sound: float
    wanted: str
    heard: dict[str, str]
    has_face: bool


@dataclass(frozen=True, slots=True)
class Run:
    """All styles over the same scenes.

    Attributes:
        source: ``COMPOSED`` or ``FOUND``.
        maker: the composer, or the library.
        spaces: of pictures and texts, and of music and texts.
        styles: clips by the paper's name of the configuration, scenes in equal order.
    """

    source: str
    maker: str
    spaces: tuple[str, str]
    styles: dict[str, tuple[Clip, ...]]

    def column(self, style: str, measure: str) -> list[float]:
        """Return one figure of every clip of a style."""
        return [float(getattr(clip, measure)) for clip in self.styles[style]]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A scene with everything that the styles share."""

    name: str
    scene: Scene
    description: Description
    three: Frames
    key: Frames
    has_face: bool


def run_styles(
    library: Library,
    videos: Sequence[Path],
    heads: Sequence[EmotionHead],
    *,
    source: str = COMPOSED,
    seed: int = 0,
    min_scene_seconds: float = 3.0,
    shown: bool = False,
) -> Run:
    """Make and measure music for every scene of some videos in the paper's four styles.

    Args:
        library: its profile writes, composes and listens; ``FOUND`` searches it.
        videos: at least one.
        heads: what listens for emotions.
        source: ``COMPOSED`` or ``FOUND``.
        seed: of composed music.
        min_scene_seconds: shorter scenes are merged.
        shown: show progress.

    Raises:
        MediaError: a video cannot be read.
        StateError: music is to be found in an empty library.
        BackendError: the transcriber or a model is missing.
    """
    seen = [one for video in videos for one in _look(library, video, min_scene_seconds)]
    make = _composing(library, seed) if source == COMPOSED else _finding(library)
    styles: dict[str, tuple[Clip, ...]] = {}
    with progress(f"music {source}", len(STYLES) * len(seen), shown=shown) as advance:
        for style, manner in STYLES.items():
            writer = library.profile.writer(manner)
            prompts = [writer.write(one.description).text for one in seen]
            made = []
            for one, prompt in zip(seen, prompts, strict=True):
                made.append(make(one, prompt))
                advance(1)
            styles[style] = _clips(library, seen, prompts, made, heads)
    composer = library.composer
    maker = f"{composer.name} {composer.revision}" if source == COMPOSED else library.folder.name
    spaces = library.profile.frames.space, library.profile.music.space
    return Run(source, maker, spaces, styles)


def _look(library: Library, video: Path, min_scene_seconds: float) -> list[_Seen]:
    facts = probe_video(video)
    scenes = find_scenes(video, facts, min_scene_seconds=min_scene_seconds)
    described = library.profile.describer.describe(video, scenes)
    three, key = three_frames(video, facts, scenes), key_frames(video, facts, scenes)
    faces = FaceDetector()
    return [
        _Seen(f"{video.stem} {scene.index}", scene, words, t, k, faces.has_face(t))
        for scene, words, t, k in zip(scenes, described, three, key, strict=True)
    ]


_Make = Callable[[_Seen, str], tuple[Audio, str]]


def _composing(library: Library, seed: int) -> _Make:
    composer = library.composer

    def make(one: _Seen, prompt: str) -> tuple[Audio, str]:
        wanted = max(SHORTEST_SECONDS, one.scene.span.duration_seconds)
        seconds = min(wanted, composer.max_seconds)
        audio = composer.compose(prompt, seconds, seed=seed + one.scene.index)
        return audio, f"{composer.name}, seed {seed + one.scene.index}"

    return make


def _finding(library: Library) -> _Make:
    if not library.tracks("origin = 'imported'"):
        raise StateError("the library holds no music of yours; run 'v2m index FOLDER' first")
    searcher = Searcher(library.catalogue, library.profile)

    def make(one: _Seen, prompt: str) -> tuple[Audio, str]:
        seconds = max(SHORTEST_SECONDS, one.scene.span.duration_seconds)
        query = scene_query(library.profile, one.description, prompt, seconds=seconds)
        # a take composed for this very scene would be found again
        best = searcher.search(query, 1, where="origin = 'imported'")[0]
        start = best.section.start_seconds
        span = Span(start, start + seconds)
        audio = decode_audio(best.track.path, sample_rate=SAMPLE_RATE, span=span)
        return audio, f"{best.track.title} from {start:.1f} s"

    return make


def _clips(
    library: Library,
    seen: Sequence[_Seen],
    prompts: Sequence[str],
    made: Sequence[tuple[Audio, str]],
    heads: Sequence[EmotionHead],
) -> tuple[Clip, ...]:
    profile, transcriber = library.profile, Transcriber()
    three = correspondence(profile, [one.three for one in seen], prompts, THREE)
    key = correspondence(profile, [one.key for one in seen], prompts, KEY)
    words = profile.music.encode_text(prompts)
    sounds = [audio for audio, _ in made]
    listened = profile.music.encode_audio([profile.listen(audio, [])[0] for audio in sounds])
    heard = {head.name: head.hear(sounds) for head in heads}
    clips = []
    for n, (one, prompt, (audio, music)) in enumerate(zip(seen, prompts, made, strict=True)):
        notes = measure_notes(transcriber.transcribe(audio))
        sound = measure_sound(audio)
        clips.append(
            Clip(
                scene=one.name,
                prompt=prompt,
                music=music,
                transcriber=transcriber.name,
                sc=notes.scale_consistency,
                pe=notes.pitch_entropy,
                pce=notes.pitch_class_entropy,
                ebr=notes.empty_beat_rate,
                loudness_range_lu=sound.loudness_range_lu,
                faults=sound.faults,
                desc_three=three.shares[n],
                desc_key=key.shares[n],
                words_sound=float(np.dot(words[n].astype(float), listened[n].astype(float))),
                wanted=class_of_mood(one.description.arousal, one.description.valence),
                heard={name: answers[n] for name, answers in heard.items()},
                has_face=one.has_face,
            )
        )
    return tuple(clips)


def write_run(run: Run, path: Path) -> None:
    """Write a run as JSON; what is not a number becomes null."""
    text = json.dumps({"format": FORMAT, "run": _nulled(asdict(run))}, indent=1)
    with replacing(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Read a run that ``write_run`` wrote.

    Raises:
        InputError: it is missing, no run, or of another format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT:
            raise InputError(f"{printable(path)}: written by another v2m; run 'v2m eval run' again")
        data = data["run"]
        styles = {
            style: tuple(_clip(clip) for clip in clips) for style, clips in data["styles"].items()
        }
        return Run(data["source"], data["maker"], tuple(data["spaces"]), styles)
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror}") from err
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise InputError(f"{printable(path)}: not a run of 'v2m eval run' ({err!r})") from err


def _clip(data: dict[str, object]) -> Clip:
    numbers = {field.name for field in fields(Clip) if field.type in (float, "float")}
    values = {
        name: float("nan") if name in numbers and value is None else value
        for name, value in data.items()
    }
    return Clip(**values)  # type: ignore[arg-type]


def _nulled(value: object) -> object:
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _nulled(inner) for key, inner in value.items()}
    return [_nulled(inner) for inner in value] if isinstance(value, list | tuple) else value
