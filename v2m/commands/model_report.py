"""What ``v2m models`` says, for people and as JSON."""

from typing import Any

from v2m.encoders.selftest import Outcome
from v2m.errors import printable
from v2m.profiles.checks import CardStatus


def cards_json(statuses: list[CardStatus]) -> list[dict[str, Any]]:
    """Return every card with where its files are."""
    return [
        {
            **s.card.model_dump(mode="json"),
            "pinned": bool(s.card.revision),
            "where": str(s.where) if s.where else None,
        }
        for s in statuses
    ]


def cards_text(statuses: list[CardStatus]) -> str:
    """Say what models there are, by role; the default of a role is marked."""
    lines: list[str] = []
    role = ""
    for status in statuses:
        card = status.card
        if card.role != role:
            role = card.role
            lines += ["", role]
        mark = "*" if card.default else " "
        pin = "" if card.revision else ", unpinned"
        here = "here" if status.where else f"{card.megabytes} MB, not fetched"
        lines.append(f"{mark} {card.name:22} {card.licence}; {here}{pin}")
        lines += [f"    {said}" for said in (card.published, card.note) if said]
        lines.append(f"    what comes out: {card.output}")
    return "\n".join(lines[1:])


def outcome_json(outcome: Outcome, identity: str) -> dict[str, Any]:
    """Return what a self-test found."""
    return {
        "model": outcome.name,
        "identity": identity,
        "ok": outcome.ok,
        "figures": outcome.figures,
        "problems": outcome.problems,
    }


def outcome_text(outcome: Outcome, identity: str) -> str:
    """Say what a self-test found."""
    labels = {
        "tokens": "mean tokens of a text {:.1f}",
        "texts_alike": "mean cosine of unlike texts {:.3f}",
        "pairs_right": "known pairs ranked right {:.0%}",
        "sounds_right": "known sounds named right {:.0%}",
    }
    figures = [labels[name].format(value) for name, value in outcome.figures.items()]
    found = "; ".join(figures) or "files are complete and safe to load; it has no self-test"
    verdict = "ok " if outcome.ok else "BAD"
    return "\n".join(
        [f"{verdict} {printable(identity)}: {found}", *map(_indented, outcome.problems)]
    )


def _indented(line: str) -> str:
    return f"    {line}"
