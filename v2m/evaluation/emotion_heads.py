"""What can listen for the paper's four emotions: measurements, a music-text space, wav2vec 2.0.

The paper uses SpeechBrain's emotion-recognition-wav2vec2-IEMOCAP, a model of acted speech. Its
checkpoint is read here as it is published (wav2vec2.ckpt, model.ckpt, label_encoder.txt) and run by
transformers; a folder of transformers' own layout (Wav2Vec2ForSequenceClassification) works too.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from v2m.encoders.attributes import PLACE, AttributeSpace
from v2m.encoders.profiles import Profile
from v2m.errors import BackendError, InputError, printable
from v2m.evaluation.emotion import CLASSES, class_of_mood
from v2m.types import Audio, Mono, Vectors

SPEECH_RATE = 16000

PHRASES = {
    "ang": ("angry aggressive music", "tense furious music", "violent threatening music"),
    "hap": ("happy cheerful music", "joyful bright music", "merry upbeat music"),
    "neu": ("neutral background music", "calm plain music", "peaceful unobtrusive music"),
    "sad": ("sad melancholic music", "mournful gloomy music", "sorrowful slow music"),
}
"""What each class is called where a text encoder decides."""


class EmotionHead(Protocol):
    """Hears one of four emotions in music."""

    @property
    def name(self) -> str:
        """What it is, for tables."""
        ...

    def hear(self, clips: Sequence[Audio]) -> list[str]:
        """Return one of ``CLASSES`` for each clip."""
        ...


class MoodHead:
    """Arousal and valence as profile lite measures them, by quadrant.

    Args:
        profile: one whose music space is made of named attributes.

    Raises:
        InputError: its music space is another.
    """

    name = "lite, arousal and valence"

    def __init__(self, profile: Profile) -> None:
        if not isinstance(profile.music, AttributeSpace):
            raise InputError(
                f"profile {profile.name!r} does not measure arousal and valence; "
                "only profile lite does"
            )
        self._profile = profile
        self._space = profile.music

    def hear(self, clips: Sequence[Audio]) -> list[str]:
        """Return one of ``CLASSES`` for each clip."""
        return [class_of_mood(*self.mood(clip)) for clip in clips]

    def mood(self, clip: Audio) -> tuple[float, float]:
        """Return arousal and valence, each about [-3, 3], as deviations from reference music."""
        z = self._space.standardise(self._profile.listen(clip, [])[0])
        return float(z[PLACE["arousal"]]), float(z[PLACE["valence"]])


class PhraseHead:
    """The class whose phrases lie nearest in a profile's music-text space.

    Args:
        profile: any.
    """

    def __init__(self, profile: Profile) -> None:
        self.name = f"{profile.music.space}, nearest of {sum(map(len, PHRASES.values()))} phrases"
        self._profile = profile

    def hear(self, clips: Sequence[Audio]) -> list[str]:
        """Return one of ``CLASSES`` for each clip."""
        listened = [self._profile.listen(clip, [])[0] for clip in clips]
        return self.hear_vectors(self._profile.music.encode_audio(listened))

    def hear_vectors(self, rows: Vectors) -> list[str]:
        """Return one of ``CLASSES`` for each vector of the music space, shape (n, dim)."""
        texts = [text for own in PHRASES.values() for text in own]
        cosines = rows @ self._profile.music.encode_text(texts).T
        scores = cosines.reshape(len(rows), len(PHRASES), -1).mean(axis=2)
        names = tuple(PHRASES)
        return [names[n] for n in scores.argmax(axis=1)]


class Wav2Vec2Head:
    """A wav2vec 2.0 classifier of the four classes out of a local folder.

    Args:
        folder: SpeechBrain's or transformers' layout.

    Raises:
        InputError: the folder is neither, or its classes are others.
        BackendError: transformers is missing.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import transformers  # noqa: F401 - said early, with the way out
        except ImportError as err:
            raise BackendError(
                "emotion model", "package transformers is missing; pip install 'transformers>=5'"
            ) from err
        self._folder = folder
        self._is_speechbrain = (folder / "wav2vec2.ckpt").is_file()
        if not self._is_speechbrain and not (folder / "config.json").is_file():
            raise InputError(
                f"{printable(folder)}: holds neither wav2vec2.ckpt (SpeechBrain) nor config.json "
                "(transformers)"
            )
        self.name = f"wav2vec 2.0 ({folder.name}), a model of speech"

    @cached_property
    def _model(self) -> "_Classifier":
        read = _read_speechbrain if self._is_speechbrain else _read_transformers
        try:
            return read(self._folder)
        except ImportError as err:  # transformers is there, but not usable
            raise BackendError("emotion model", str(err).splitlines()[0]) from err

    def hear(self, clips: Sequence[Audio]) -> list[str]:
        """Return one of ``CLASSES`` for each clip."""
        return [CLASSES[int(self.probabilities(clip).argmax())] for clip in clips]

    def probabilities(self, clip: Audio) -> npt.NDArray[np.float64]:
        """Return the probability of each of ``CLASSES``, shape (4,)."""
        return self._model.probabilities(_at_speech_rate(clip))


def emotion_heads(profile: Profile, folder: Path | None = None) -> list[EmotionHead]:
    """Return what can listen, the best known first: the paper's kind of model, measurements, words.

    Args:
        profile: whose space hears; lite measures arousal and valence too.
        folder: of a wav2vec 2.0 classifier; None where there is none.

    Raises:
        As ``Wav2Vec2Head``.
    """
    heads: list[EmotionHead] = [] if folder is None else [Wav2Vec2Head(folder)]
    if isinstance(profile.music, AttributeSpace):
        heads.append(MoodHead(profile))
    return [*heads, PhraseHead(profile)]


class _Classifier:
    """A body, what its frames are turned into, and the class of each output."""

    def __init__(self, run: Any, classes: Sequence[str]) -> None:
        self._run = run
        self._order = [_place(classes, name) for name in CLASSES]

    def probabilities(self, mono: Mono) -> npt.NDArray[np.float64]:
        import torch

        with torch.inference_mode():
            logits = self._run(torch.from_numpy(mono)[None])
            spread = torch.softmax(logits[0].double(), dim=0).numpy()
        return np.asarray(spread[self._order])


def _read_speechbrain(folder: Path) -> _Classifier:
    """Read the published checkpoint: the body's state, one linear layer, and the labels.

    The wave is normalised, and so are the frames of the whole clip (``output_norm``), before their
    mean is classified without a bias: as hyperparams.yaml of the model says.
    """
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    # the folder may say another body than wav2vec2-base
    own = folder / "config.json"
    config = Wav2Vec2Config(**json.loads(own.read_text("utf-8"))) if own.is_file() else None
    body = Wav2Vec2Model(config or Wav2Vec2Config(mask_time_prob=0.0)).eval()
    state = _state(folder / "wav2vec2.ckpt")
    found = {key.removeprefix("model."): value for key, value in state.items()}
    try:
        missing, unexpected = body.load_state_dict(found, strict=False)
    except RuntimeError as err:
        reason = str(err).splitlines()[1].strip()
        raise InputError(f"{printable(folder)}: wav2vec2.ckpt does not fit: {reason}") from err
    # the vector that stands for masked frames is of training only
    if lacking := [key for key in (*missing, *unexpected) if key != "masked_spec_embed"]:
        raise InputError(f"{printable(folder)}: wav2vec2.ckpt does not fit: {lacking[0]} …")
    weight = next(iter(_state(folder / "model.ckpt").values()))  # (4, width)

    def run(wave: Any) -> Any:
        wave = torch.nn.functional.layer_norm(wave, wave.shape[1:])
        frames = body(wave).last_hidden_state
        frames = torch.nn.functional.layer_norm(frames, frames.shape[1:])
        return frames.mean(dim=1) @ weight.T

    return _Classifier(run, _speechbrain_labels(folder / "label_encoder.txt"))


def _read_transformers(folder: Path) -> _Classifier:
    import torch
    from transformers import Wav2Vec2ForSequenceClassification

    try:
        model = Wav2Vec2ForSequenceClassification.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as err:
        first = str(err).splitlines()[0]
        raise InputError(f"{printable(folder)}: no wav2vec 2.0 classifier: {first}") from err
    model.eval()
    config: Any = model.config
    names = [str(config.id2label[n]) for n in range(config.num_labels)]

    def run(wave: Any) -> Any:
        return model(torch.nn.functional.layer_norm(wave, wave.shape[1:])).logits

    return _Classifier(run, names)


def _state(path: Path) -> dict[str, Any]:
    import pickle

    import torch

    try:
        # only tensors are unpickled: a checkpoint cannot run code
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror or err}") from err
    except (pickle.UnpicklingError, RuntimeError, EOFError) as err:
        first = str(err).splitlines()[0]
        raise InputError(f"{printable(path)}: no checkpoint of tensors: {first}") from err
    return state


def _speechbrain_labels(path: Path) -> list[str]:
    """Read lines such as "'neu' => 0" up to the line of "=" signs."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror}") from err
    places: dict[int, str] = {}
    for line in lines:
        if line.startswith("="):
            break
        name, arrow, place = line.partition("=>")
        if arrow and place.strip().isdigit():
            places[int(place)] = name.strip().strip("'\"")
    return [places.get(n, "") for n in range(max(places, default=-1) + 1)]


def _place(classes: Sequence[str], name: str) -> int:
    """Return where a class stands: by its three letters, as "neutral" and "neu" both begin."""
    found = [n for n, label in enumerate(classes) if label.lower().startswith(name)]
    if len(found) != 1:
        raise InputError(f"the emotion model knows {list(classes)}, not one {name!r} of {CLASSES}")
    return found[0]


def _at_speech_rate(clip: Audio) -> Mono:
    mono = clip.mono()
    if clip.sample_rate != SPEECH_RATE:
        import soxr

        mono = soxr.resample(mono, clip.sample_rate, SPEECH_RATE)
    # shorter than the first convolutions can take, there is no frame
    return np.pad(np.asarray(mono, np.float32), (0, max(0, 800 - len(mono))))
