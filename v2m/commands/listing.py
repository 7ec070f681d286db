"""What ``v2m tracks`` prints about the library as a whole: facets and duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from v2m.errors import printable
from v2m.files import path_to_text
from v2m.report import counted

if TYPE_CHECKING:
    from catalogs.facets import Count
    from catalogs.recording import Recording
    from v2m.types import Track

Tracks = Mapping[str, "Track"]


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


def duplicates_json(
    recordings: "Sequence[Recording]", files: Mapping[str, Sequence[Path]], tracks: Tracks
) -> dict[str, Any]:
    """Return recordings with several tracks, and tracks with several files."""
    return {
        "recordings": [
            [
                asdict(copy)
                | {"title": tracks[copy.track_id].title}
                | {"path": path_to_text(tracks[copy.track_id].path)}
                for copy in recording.copies
            ]
            for recording in recordings
        ],
        "files": {track: [path_to_text(path) for path in paths] for track, paths in files.items()},
    }


def duplicates_text(
    recordings: "Sequence[Recording]", files: Mapping[str, Sequence[Path]], tracks: Tracks
) -> str:
    """Return one block per recording, the copy that is found first."""
    lines = []
    for recording in recordings:
        lines.append(f"one recording, {len(recording.copies)} tracks:")
        for copy in recording.copies:
            track = tracks[copy.track_id]
            lines.append(
                f"  {copy.track_id[:8]}  {copy.decision:8}  {copy.likeness:4.0%}  {track.title}"
            )
            lines.append(f"            {printable(track.path)}")
    for track_id, paths in files.items():
        lines.append(f"the same sound in {len(paths)} files: {tracks[track_id].title}")
        lines += [f"            {printable(path)}" for path in paths]
    lines.append(
        f"{counted(len(recordings), 'recording', 'recordings')} with several tracks,"
        f" {counted(len(files), 'track', 'tracks')} with several files"
    )
    return "\n".join(lines)
