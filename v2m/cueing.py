"""Gives every scene its music: fit what was found, compose on a miss, place it as cues."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from v2m.audio.decode import decode_audio
from v2m.choices import SceneChoice
from v2m.files import path_to_text
from v2m.soundtrack.fit import Fit, fit_exact, fit_track
from v2m.soundtrack.plan import Candidate, Cue, PlannedAnswer, PlannedScene, PlannedVideo
from v2m.types import Provenance, Scene, Span, Track, VideoFacts
from v2m.video.probe import video_digest

SAMPLE_RATE = 48000
FADE_IN_SECONDS = 0.3
FADE_OUT_SECONDS = 2.0

Compose = Callable[[str, float, Scene], tuple[Track, Provenance]]
"""Makes a track of a length for a scene and adds it to the library."""


def planned_video(path: Path, facts: VideoFacts) -> PlannedVideo:
    """Return the plan's record of a video."""
    return PlannedVideo(
        path=path_to_text(path.absolute()),
        sha256=video_digest(path),
        duration_seconds=facts.duration_seconds,
        fps=facts.fps,
        width=facts.width,
        height=facts.height,
        has_audio=facts.has_audio,
    )


def planned_scene(choice: SceneChoice, n_candidates: int = 3) -> PlannedScene:
    """Return the plan's record of a choice."""
    return PlannedScene(
        index=choice.scene.index,
        start_seconds=choice.scene.span.start_seconds,
        end_seconds=choice.scene.span.end_seconds,
        start_frame=choice.scene.start_frame,
        end_frame=choice.scene.end_frame,
        description=choice.description.text,
        answers=tuple(
            PlannedAnswer(
                question=answer.question,
                text=answer.text,
                probabilities={name: round(share, 4) for name, share in answer.probabilities},
            )
            for answer in choice.description.answers
        ),
        note=choice.note,
        prompt=choice.prompt,
        prompt_by=choice.written.by,
        decision="retrieve" if choice.decision == "retrieve" else "generate",
        probability=choice.probability,
        reason=choice.reason,
        candidates=tuple(
            Candidate(
                track_id=match.track.track_id,
                title=match.track.title,
                score=round(match.score, 4),
                probability=round(match.probability, 4),
                why=match.why,
            )
            for match in choice.matches[:n_candidates]
        ),
    )


def place_cues(
    choices: Sequence[SceneChoice], *, crossfade_seconds: float, compose: Compose
) -> tuple[Cue, ...]:
    """Give every scene its music; neighbours that want the same track share one cue."""
    groups = [list(group) for _, group in groupby(choices, key=_wanted)]
    cues = []
    for number, group in enumerate(groups):
        first, last = number == 0, number == len(groups) - 1
        sides = (0.0 if first else crossfade_seconds / 2, 0.0 if last else crossfade_seconds / 2)
        span = Span(group[0].scene.span.start_seconds, group[-1].scene.span.end_seconds)
        place = _Place(span, tuple(choice.scene.index for choice in group), sides)
        if group[0].decision == "generate":
            cues.append(_generated(group[0], place, compose))
        else:
            # the scene it fits best names the section and the reason
            cues.append(_retrieved(max(group, key=lambda choice: choice.probability), place))
    return tuple(cues)


@dataclass(frozen=True, slots=True)
class _Place:
    span: Span
    scenes: tuple[int, ...]
    sides: tuple[float, float]  # seconds of crossfade reaching beyond the span, before and after

    @property
    def fades(self) -> tuple[float, float]:
        """Seconds of fade in and fade out where no neighbour is crossfaded."""
        longest = self.span.duration_seconds / 4
        return round(min(FADE_IN_SECONDS, longest), 4), round(min(FADE_OUT_SECONDS, longest), 4)


def _wanted(choice: SceneChoice) -> tuple[str, str]:
    if choice.decision == "generate":
        return "generate", choice.prompt
    return "retrieve", choice.matches[0].track.track_id


def _retrieved(choice: SceneChoice, place: _Place) -> Cue:
    match = choice.matches[0]
    track = match.track
    audio = decode_audio(track.path, sample_rate=SAMPLE_RATE)
    fit = fit_track(audio, match.section, place.span.duration_seconds, track.tempo_bpm, place.sides)
    return _cue(track, place, fit).model_copy(
        update={
            "source": "retrieved",
            "score": round(match.score, 4),
            "probability": round(match.probability, 4),
            "why": match.why,
        }
    )


def _generated(choice: SceneChoice, place: _Place, compose: Compose) -> Cue:
    before, after = place.sides
    seconds = place.span.duration_seconds
    track, made = compose(choice.prompt, before + seconds + after, choice.scene)
    audio = decode_audio(track.path, sample_rate=SAMPLE_RATE)
    if audio.duration_seconds > before + seconds - 0.01:
        fit = fit_exact(audio, seconds, before)
    else:  # longer than the composer can write: the piece repeats
        whole = Span(0.0, audio.duration_seconds)
        fit = fit_track(audio, whole, seconds, track.tempo_bpm, place.sides)
    return _cue(track, place, fit).model_copy(
        update={
            "source": "generated",
            "why": choice.reason,
            "prompt": made.prompt,
            "seed": made.seed,
            "model": f"{made.model} {made.revision}",
            # a composed piece begins and ends by itself
            "fade_in_seconds": 0.0,
            "fade_out_seconds": 0.0,
        }
    )


def _cue(track: Track, place: _Place, fit: Fit) -> Cue:
    return Cue(
        start_seconds=place.span.start_seconds,
        end_seconds=place.span.end_seconds,
        scenes=place.scenes,
        source="retrieved",
        track_id=track.track_id,
        track_path=path_to_text(track.path),
        title=track.title,
        artist=track.artist,
        in_seconds=fit.in_seconds,
        out_seconds=fit.out_seconds,
        loop=fit.loop,
        gain_db=fit.gain_db,
        licence=track.licence,
        licence_url=track.licence_url,
        attribution=track.attribution,
        source_url=track.source_url,
        retrieved_at=track.retrieved_at,
        fade_in_seconds=place.fades[0],
        fade_out_seconds=place.fades[1],
    )
