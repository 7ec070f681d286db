"""Tells how a track is built, as text and as JSON."""

from typing import Any

from v2m.soundtrack.credits import clock
from v2m.structure import Structure
from v2m.types import Track


def structure_json(track: Track, built: Structure | None) -> dict[str, Any]:
    """Return how a track is built, under one key; null where it was not measured."""
    if built is None:
        return {"structure": None}
    return {
        "structure": {
            "metre": built.metre,
            "beats_bpm": built.tempo_bpm,
            "clarity": built.clarity,
            "vocals_probability": round(1 - track.instrumental, 4),
            "beats_seconds": built.beats_seconds.tolist(),
            "beat_numbers": built.beat_numbers.tolist(),
            "bars_seconds": built.bars_seconds.tolist(),
            "sections": [
                {
                    "start_seconds": section.span.start_seconds,
                    "end_seconds": section.span.end_seconds,
                    "label": section.label,
                    "energy": section.energy,
                }
                for section in built.sections
            ],
            "intro_end_seconds": built.intro_end_seconds,
            "climax_seconds": built.climax_seconds,
            "ending_seconds": built.ending_seconds,
            "sounding_seconds": [built.sounding.start_seconds, built.sounding.end_seconds],
            "joins": [
                [join.first_seconds, join.second_seconds, join.likeness] for join in built.joins
            ],
        }
    }


def structure_lines(track: Track, built: Structure | None) -> list[str]:
    """Say how a track is built, a line per matter."""
    if built is None:
        return ["structure         unknown; run 'v2m index' on its folder again"]
    pulse = f"{built.metre}, {built.tempo_bpm:.1f} beats a minute" if built.metre else "no pulse"
    sections = "  ".join(
        f"{section.label} {clock(section.span.start_seconds)} ({section.energy:.0%})"
        for section in built.sections
    )
    best = sorted(built.joins, key=lambda join: -join.likeness)[:3]
    joins = "  ".join(
        f"{join.first_seconds:.1f}-{join.second_seconds:.1f} s ({join.likeness:.0%})"
        for join in best
    )
    rows = {
        "pulse": f"{pulse}, {len(built.bars_seconds)} bar lines",
        "vocals": f"{1 - track.instrumental:.0%} likely",
        "sections": f"{sections} (energy)",
        "climax": f"{built.climax_seconds:.1f} s",
        "ending": f"from {built.ending_seconds:.1f} s to {built.sounding.end_seconds:.1f} s",
        "loops best": joins or "nowhere",
    }
    return [f"{name:17} {value}" for name, value in rows.items()]
