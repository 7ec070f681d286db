"""What ``v2m tracks`` prints about the library as a whole: facets and duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalogs.facets import Count


def facets_json(counted: "Mapping[str, Sequence[Count]]") -> dict[str, Any]:
    """Return counts by facet."""
    return {name: [asdict(count) for count in counts] for name, counts in counted.items()}


def facets_text(counted: "Mapping[str, Sequence[Count]]") -> str:
    """Return counts by facet, a value a line."""
    lines = []
    for name, counts in counted.items():
        lines.append(name)
        lines += [f"  {count.tracks:7}  {count.value}" for count in counts]
    return "\n".join(lines)
