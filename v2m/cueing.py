"""Gives every scene its music: fit what was found, compose on a miss, place it as cues."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

from retriever.search import Match
from v2m.audio.decode import WHOLE_SECONDS, decode_audio
from v2m.choices import SceneChoice, cannot_be_longer
from v2m.composing import Composed, Order
from v2m.files import path_to_text
from v2m.soundtrack.fit import Fit, Place, fit_exact, fit_track
from v2m.soundtrack.plan import Candidate, Cue, PlannedAnswer, PlannedScene, PlannedVideo, Seam
from v2m.soundtrack.pulse import CutDistance
from v2m.structure import Structure
from v2m.types import Audio, Span, Track, VideoFacts
from v2m.video.probe import video_digest

SAMPLE_RATE = 48000

AROUND_SECONDS = 60.0
"""What is heard of a long track ahead of the section wanted, and behind what the cue takes."""

Compose = Callable[[Sequence[Order]], list[Composed]]
"""Makes music for several scenes at once and adds it to the library."""

StructureOf = Callable[[Track, Audio], Structure]
"""Says how a track is built: what the catalogue knows, else found in its sound."""


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
        cuts_seconds=choice.scene.cuts_seconds,
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
        fit=round(choice.fit, 4),
        change_cost=round(choice.change_cost, 4),
        candidates=tuple(
            _candidate(match, choice.costs) for match in choice.matches[:n_candidates]
        ),
    )


def _candidate(match: Match, costs: Mapping[str, float]) -> Candidate:
    cost = costs.get(match.track.track_id)
    return Candidate(
        track_id=match.track.track_id,
        title=match.track.title,
        score=round(match.score, 4),
        probability=round(match.probability, 4),
        why=match.why,
        cost=None if cost is None else round(cost, 4),
    )


def place_cues(
    choices: Sequence[SceneChoice],
    *,
    crossfade_seconds: float,
    compose: Compose,
    structure_of: StructureOf,
    hit_seconds: float | None = None,
) -> tuple[tuple[Cue, ...], tuple[str, ...]]:
    """Give every scene its music; neighbours that want the same track share one cue.

    Args:
        choices: in the order of the scenes.
        crossfade_seconds: between neighbouring cues.
        compose: makes music on a miss.
        structure_of: says how a track is built, given its row and its sound.
        hit_seconds: where in the video the climax of the music should fall; None anywhere.

    Returns:
        The cues, and what could not be done well, in plain words.
    """
    groups = [list(group) for _, group in groupby(choices, key=_wanted)]
    spots = [
        _spot_of(
            group,
            crossfade_seconds,
            first=number == 0,
            last=number == len(groups) - 1,
            hit_seconds=hit_seconds,
        )
        for number, group in enumerate(groups)
    ]
    orders = [
        _order(group[0], spot)
        for group, spot in zip(groups, spots, strict=True)
        if group[0].decision == "generate"
    ]
    composed = iter(compose(orders) if orders else [])
    cues: list[Cue] = []
    notices: list[str] = []
    heard: dict[str, list[Span]] = {}
    for number, (group, spot) in enumerate(zip(groups, spots, strict=True)):
        if group[0].decision == "generate":
            cue, told = _generated(group[0], spot, next(composed), structure_of)
        else:
            # the scene it fits best names the section and the reason
            best = max(group, key=lambda choice: choice.probability)
            cue, told = _retrieved(best, spot, structure_of, heard)
        cues.append(cue)
        notices += [f"cue {number}: {notice}" for notice in told]
    return tuple(cues), tuple(notices)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a cue lies in the video."""

    span: Span
    scenes: tuple[int, ...]
    cuts_seconds: tuple[float, ...]
    sides: tuple[float, float]  # seconds of crossfade reaching beyond the span, before and after
    ends: bool
    hit_seconds: float | None = None

    def place(self, heard: Sequence[Span] = ()) -> Place:
        """Return what the cue asks of its music."""
        start, hit = self.span.start_seconds, self.hit_seconds
        return Place(
            duration_seconds=self.span.duration_seconds,
            before_seconds=self.sides[0],
            after_seconds=self.sides[1],
            cuts_seconds=tuple(cut - start for cut in self.cuts_seconds),
            ends=self.ends,
            hit_seconds=None if hit is None else hit - start,
            heard=tuple(heard),
        )


def _order(choice: SceneChoice, spot: _Spot) -> Order:
    """Ask for a piece as long as the cue and its crossfades, with its climax where it is wanted."""
    hit = spot.hit_seconds
    return Order(
        choice.prompt,
        sum(spot.sides) + spot.span.duration_seconds,
        choice.scene,
        climax_seconds=None if hit is None else spot.sides[0] + hit - spot.span.start_seconds,
    )


def _cuts(group: Sequence[SceneChoice]) -> tuple[float, ...]:
    """Return every cut a beat can fall on: where scenes begin, and inside them."""
    cuts = [cut for choice in group for cut in choice.scene.cuts_seconds]
    cuts += [choice.scene.span.start_seconds for choice in group if choice.scene.start_frame]
    return tuple(sorted(cuts))


def _wanted(choice: SceneChoice) -> tuple[str, str, int]:
    """Return what neighbours have to share to share a cue; music too short begins anew for each."""
    if choice.decision == "generate":
        return "generate", choice.prompt, -1
    track = choice.matches[0].track
    return "retrieve", track.track_id, choice.scene.index if cannot_be_longer(track) else -1


def _retrieved(
    choice: SceneChoice, spot: _Spot, structure_of: StructureOf, heard: dict[str, list[Span]]
) -> tuple[Cue, tuple[str, ...]]:
    match = choice.matches[0]
    track = match.track
    before = heard.setdefault(track.track_id, [])
    fit = _fitted(track, match.section, spot.place(before), structure_of)
    before += [Span(part.in_seconds, part.out_seconds) for part in fit.parts]
    cue = _cue(track, spot, fit).model_copy(
        update={
            "source": "retrieved",
            "score": round(match.score, 4),
            "probability": round(match.probability, 4),
            "why": match.why,
        }
    )
    return cue, fit.notices


def _fitted(track: Track, section: Span, place: Place, structure_of: StructureOf) -> Fit:
    """Fit a track; of one too long to be held whole, what lies around the section.

    Towards the end of the track that begins earlier, so that there is music enough for the cue.
    """
    if track.duration_seconds <= WHOLE_SECONDS:
        audio = decode_audio(track.path, sample_rate=SAMPLE_RATE)
        return fit_track(audio, structure_of(track, audio), section, place)
    needed = place.before_seconds + place.duration_seconds + place.after_seconds
    end = min(track.duration_seconds, section.start_seconds + needed + AROUND_SECONDS)
    start = max(0.0, end - needed - 2 * AROUND_SECONDS)
    audio = decode_audio(track.path, sample_rate=SAMPLE_RATE, span=Span(start, end))
    near = replace(
        place,
        ends=place.ends and end == track.duration_seconds,
        heard=tuple(_moved(span, -start) for span in place.heard if span.end_seconds > start),
    )
    fit = fit_track(audio, structure_of(track, audio), _moved(section, -start), near)
    parts = [
        replace(part, in_seconds=start + part.in_seconds, out_seconds=start + part.out_seconds)
        for part in fit.parts
    ]
    return replace(fit, parts=tuple(parts))


def _moved(span: Span, seconds: float) -> Span:
    return Span(max(0.0, span.start_seconds + seconds), max(0.0, span.end_seconds + seconds))


def _spot_of(
    group: Sequence[SceneChoice],
    crossfade_seconds: float,
    *,
    first: bool,
    last: bool,
    hit_seconds: float | None,
) -> _Spot:
    sides = (0.0 if first else crossfade_seconds / 2, 0.0 if last else crossfade_seconds / 2)
    span = Span(group[0].scene.span.start_seconds, group[-1].scene.span.end_seconds)
    spot = _Spot(span, tuple(choice.scene.index for choice in group), _cuts(group), sides, last)
    if hit_seconds is not None and span.start_seconds <= hit_seconds < span.end_seconds:
        return replace(spot, hit_seconds=hit_seconds)
    return spot


def _generated(
    choice: SceneChoice, spot: _Spot, composed: Composed, structure_of: StructureOf
) -> tuple[Cue, tuple[str, ...]]:
    before, seconds = spot.sides[0], spot.span.duration_seconds
    track, made = composed.track, composed.made
    audio = decode_audio(track.path, sample_rate=SAMPLE_RATE)
    if audio.duration_seconds > before + seconds - 0.01:
        fit = fit_exact(audio, seconds, before)
    else:  # longer than the composer can write: the piece is extended
        whole = Span(0.0, audio.duration_seconds)
        fit = fit_track(audio, structure_of(track, audio), whole, spot.place())
    cue = _cue(track, spot, fit).model_copy(
        update={
            "source": "generated",
            "why": choice.reason,
            "prompt": made.prompt,
            "seed": made.seed,
            "model": f"{made.model} {made.revision}",
        }
    )
    return cue, (*composed.notices, *fit.notices)


def _cue(track: Track, spot: _Spot, fit: Fit) -> Cue:
    first, *rest = fit.parts
    return Cue(
        start_seconds=spot.span.start_seconds,
        end_seconds=spot.span.end_seconds,
        scenes=spot.scenes,
        source="retrieved",
        track_id=track.track_id,
        track_path=path_to_text(track.path),
        title=track.title,
        artist=track.artist,
        in_seconds=first.in_seconds,
        speed=first.speed,
        seams=tuple(
            Seam(out_seconds=a.out_seconds, in_seconds=b.in_seconds, speed=b.speed)
            for a, b in pairwise((first, *rest))
        ),
        own_ending=fit.own_ending,
        hit_seconds=spot.hit_seconds,
        n_cuts=fit.cuts.n_cuts if fit.cuts else 0,
        cut_to_beat_before_seconds=_rounded(fit.plain_cuts),
        cut_to_beat_seconds=_rounded(fit.cuts),
        gain_db=fit.gain_db,
        licence=track.licence,
        licence_url=track.licence_url,
        attribution=track.attribution,
        source_url=track.source_url,
        retrieved_at=track.retrieved_at,
        fade_in_seconds=fit.fade_in_seconds,
        fade_out_seconds=fit.fade_out_seconds,
    )


def _rounded(distance: CutDistance | None) -> float | None:
    return round(distance.mean_seconds, 4) if distance else None
