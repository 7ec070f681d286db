"""What the commands print: the same results as text for people and as JSON for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from v2m.errors import InputError, printable
from v2m.files import path_to_text, replacing
from v2m.music import Provenance, Track
from v2m.remote import address

if TYPE_CHECKING:
    from indexer.reports import ImportReport, IndexReport
    from retriever.search import Match
    from v2m.doctor import Finding
    from v2m.results import DemoResult, FindResult, FoundScene
    from v2m.wheels import ModelStatus

Json = dict[str, Any]

SHOWN = 10
"""Lines of one kind that people are shown; JSON has all."""


def clock(seconds: float) -> str:
    """Write a time as minutes and seconds.

    >>> clock(75.25)
    '1:15.2'
    """
    tenths = round(seconds * 10 - 1e-6)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def counted(n: int, one: str, many: str) -> str:
    """Say how many of something.

    >>> counted(1, "track", "tracks"), counted(2, "track", "tracks")
    ('1 track', '2 tracks')
    """
    return f"{n} {one if n == 1 else many}"


def index_json(report: "IndexReport") -> Json:
    """Return the outcome of an index run."""
    return {
        "files": report.files,
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "duplicates": report.duplicates,
        "forgotten": report.forgotten,
        "encoded": report.encoded,
        "structured": report.structured,
        "alike": report.alike,
        "tracks": report.tracks,
        "attached": report.attached,
        "copies": report.copies,
        "unclear": [{"path": path_to_text(p), "reason": why} for p, why in report.unclear],
        "failed": [{"path": address(path_to_text(p)), "reason": why} for p, why in report.failed],
        "skipped": [{"path": path_to_text(p), "reason": reason} for p, reason in report.skipped],
        "away": [address(path_to_text(path)) for path in report.away],
        "notices": report.notices,
    }


def index_text(report: "IndexReport") -> str:
    """Say what an index run did."""
    files = counted(report.files, "file", "files")
    if not report.files:
        first = "no music files found (mp3, flac, ogg, opus, wav, m4a, aiff)"
    elif not report.encoded:
        first = f"nothing to encode: {report.unchanged} of {files} unchanged"
    else:
        encoded = counted(report.encoded, "track", "tracks")
        first = f"encoded {encoded}: {report.added} new, {report.updated} updated"
        if report.unchanged:
            first += f"; {counted(report.unchanged, 'file', 'files')} unchanged"
    lines = [first]
    if report.moved:
        kept = "its track was" if report.moved == 1 else "their tracks were"
        moved = counted(report.moved, "file", "files")
        lines.append(f"{moved} moved or tagged anew; {kept} kept")
    if report.structured:
        structured = counted(report.structured, "track", "tracks")
        lines.append(f"found beats, bars and sections of {structured} anew")
    if report.duplicates:
        copies = counted(report.duplicates, "file is a copy", "files are copies")
        lines.append(f"{copies} of music that is there already")
    if report.alike:
        pairs = counted(report.alike, "pair of tracks sounds", "pairs of tracks sound")
        lines.append(f"{pairs} like one recording: 'v2m tracks duplicates'")
    if report.forgotten:
        gone = counted(report.forgotten, "track forgotten: its", "tracks forgotten: their")
        lines.append(f"{gone} files are gone")
    if report.attached:
        one, many = "track that had no audio has", "tracks that had no audio have"
        lines.append(f"{counted(report.attached, one, many)} it now")
    lines += [f"not attached: {printable(path)}: {why}" for path, why in report.unclear]
    lines += [f"cannot use {address(printable(path))}: {why}" for path, why in report.failed]
    lines += [f"skipped {printable(path)}: {reason}" for path, reason in report.skipped]
    if report.away:
        one, many = "file went away while it was", "files went away while they were"
        lines.append(
            f"{counted(len(report.away), one, many)} read, such as "
            f"{address(printable(report.away[0]))}; run this again when they are back"
        )
    lines += [f"note: {notice}" for notice in report.notices]
    lines.append(f"the library holds {counted(report.tracks, 'track', 'tracks')}")
    return "\n".join(lines)


def import_json(report: "ImportReport") -> Json:
    """Return the outcome of an import; every row is in one of four counts."""
    return {
        "source": report.source,
        "rows": report.rows,
        "imported": report.imported,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": [asdict(row) for row in report.refused],
        "texts_encoded": report.encoded,
        "attached": report.attached,
        "copies": report.copies,
        "unclear": [{"path": path, "reason": reason} for path, reason in report.unclear],
        "fetched": report.fetched,
        "not_fetched": [{"id": key, "reason": reason} for key, reason in report.failed],
        "without_audio": report.without_audio,
        "notices": report.notices,
        "files": index_json(report.files) if report.files else None,
    }


def import_text(report: "ImportReport") -> str:
    """Say what became of a source's rows, and of its files."""
    lines = [f"note: {notice}" for notice in report.notices]
    lines.append(
        f"{report.source}: read {report.rows} rows: {report.imported} new, "
        f"{report.updated} changed, {report.unchanged} as they were, {len(report.refused)} refused"
    )
    lines += _refused_text(report)
    if report.files:
        lines.append(index_text(report.files))
    if report.attached and not report.files:
        lines.append(f"{report.attached} tracks have their audio now")
    if report.copies:
        lines.append(f"{report.copies} rows describe a sound that another row describes too")
    lines += [f"not attached: {printable(path)}: {reason}" for path, reason in report.unclear]
    if report.fetched or report.failed:
        lines.append(f"fetched {report.fetched} files, {len(report.failed)} failed")
    lines += [f"not fetched: {key}: {reason}" for key, reason in report.failed[:SHOWN]]
    if report.without_audio:
        lines.append(
            f"{report.without_audio} tracks have no audio yet: 'find' shows them, no plan takes "
            "them; index their folder, or import with --audio or --fetch"
        )
    return "\n".join(lines)


def _refused_text(report: "ImportReport") -> list[str]:
    """Return a line per reason, the most frequent first, with the first lines it stands in."""
    by_reason: dict[str, list[str]] = {}
    for row in report.refused:
        place = f"line {row.line}" if row.line else row.key
        by_reason.setdefault(row.reason, []).append(place)
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    lines = []
    for reason, places in ordered[:SHOWN]:
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        lines.append(f"refused {len(places)}: {reason} ({', '.join(places[:3])}{more})")
    if len(ordered) > SHOWN:
        lines.append(f"and {len(ordered) - SHOWN} other reasons; --json lists every row")
    return lines


def find_json(result: "FindResult") -> Json:
    """Return what was found."""
    query: Json = {"kind": result.kind}
    if result.kind == "text":
        query["text"] = result.source
    elif result.source:
        query["path"] = path_to_text(Path(result.source))
    for name, ids in (("like", result.like), ("unlike", result.unlike)):
        if ids:
            query[name] = list(ids)
    if result.duration_seconds is not None:
        query["duration_seconds"] = round(result.duration_seconds, 3)
    return {
        "query": query,
        "profile": result.profile,
        "tracks_searched": result.tracks_searched,
        "calibrated": result.calibrated,
        **({"caution": result.caution} if result.caution else {}),
        "scenes": [_scene_json(n, found) for n, found in enumerate(result.scenes)],
    }


def _scene_json(index: int, found: "FoundScene") -> Json:
    times: Json = {}
    if found.scene:
        times = {
            "start_seconds": round(found.scene.span.start_seconds, 3),
            "end_seconds": round(found.scene.span.end_seconds, 3),
            "start_frame": found.scene.start_frame,
            "end_frame": found.scene.end_frame,
        }
    best = found.matches[0].probability if found.matches else 0.0
    return {
        "index": index,
        **times,
        "description": found.description,
        "prompt": found.prompt,
        "decision": found.decision,
        "reason": found.reason,
        "probability": round(best, 4),
        "matches": [_match_json(n + 1, match) for n, match in enumerate(found.matches)],
    }


def _match_json(rank: int, match: "Match") -> Json:
    return {
        "rank": rank,
        "track_id": match.track.track_id,
        "title": match.track.title,
        "artist": match.track.artist,
        "path": path_to_text(match.track.path) if match.track.has_audio else "",
        "has_audio": match.track.has_audio,
        "score": round(match.score, 4),
        "probability": round(match.probability, 4),
        "branches": {branch: round(score, 4) for branch, score in match.branches.items()},
        "section": {
            "start_seconds": round(match.section.start_seconds, 3),
            "end_seconds": round(match.section.end_seconds, 3),
        },
        "why": match.why,
    }


def find_text(result: "FindResult") -> str:
    """Say what was found, scene by scene."""
    how = ", probabilities learned from this library" if result.calibrated else ""
    lines = [f"searched {result.tracks_searched} tracks with profile {result.profile}{how}"]
    lines += [f"note: {result.caution}"] if result.caution else []
    for index, found in enumerate(result.scenes):
        lines.append("")
        if found.scene:
            span = found.scene.span
            lines.append(
                f"scene {index}  {clock(span.start_seconds)} to {clock(span.end_seconds)}"
                f"  {found.description}"
            )
        elif result.kind not in ("text", "like"):
            lines.append(found.description)
        if found.prompt and result.kind != "text":
            lines.append(f"  music asked for: {found.prompt}")
        if found.decision == "generate":
            lines.append(f"  {found.reason}; 'v2m score' would compose here")
        for rank, match in enumerate(found.matches, 1):
            lines.append(f"  {rank}. {match.track.title}  ({match.probability:.0%} likely to fit)")
            start = clock(match.section.start_seconds)
            lines.append(f"     from {start}: {match.why}")
            here = match.track.has_audio
            lines.append(f"     {printable(match.track.path) if here else no_audio(match.track)}")
    return "\n".join(lines)


def no_audio(track: Track) -> str:
    """Say that a track cannot be heard yet, and where it is."""
    return f"no audio yet{f': {track.source_url}' if track.source_url else ''}"


TRACK_COLUMNS: tuple[str, ...] = (
    "track_id",
    "title",
    "artist",
    "album",
    "path",
    "origin",
    "duration_seconds",
    "tempo_bpm",
    "key",
    "mode",
    "loudness_lufs",
    "instrumental",
    "tags",
    "description",
    "summary",
    "licence",
    "licence_url",
    "attribution",
    "source_url",
    "retrieved_at",
    "has_audio",
)


def _row(track: Track) -> Json:
    row: Json = {name: getattr(track, name) for name in TRACK_COLUMNS}
    row["path"] = path_to_text(track.path) if track.has_audio else ""
    row["tags"] = list(track.tags)
    for name in ("duration_seconds", "tempo_bpm", "loudness_lufs", "instrumental"):
        row[name] = round(row[name], 3)
    return row


def tracks_json(tracks: Sequence[Track]) -> Json:
    """Return the library's tracks."""
    return {"tracks": [_row(track) for track in tracks]}


def tracks_text(tracks: Sequence[Track]) -> str:
    """Return the library's tracks as a table."""
    lines = [
        f"{t.track_id[:8]}  {clock(t.duration_seconds):>8}  {t.tempo_bpm:5.0f} bpm  "
        f"{f'{t.key} {t.mode}':9}  {t.title}"
        + ("  (generated)" if t.origin != "imported" else "")
        + ("" if t.has_audio else "  (no audio yet)")
        for t in tracks
    ]
    return "\n".join([*lines, counted(len(tracks), "track", "tracks")])


def track_json(track: Track, made: Provenance | None) -> Json:
    """Return one track with what made it."""
    row = _row(track)
    if made:
        row["provenance"] = asdict(made) | {"digital_source_type": made.digital_source_type}
    return row


def track_text(track: Track, made: Provenance | None) -> str:
    """Return one track, a field a line."""
    lines = [f"{name:17} {value}" for name, value in _row(track).items() if value not in ("", [])]
    if made:
        lines.append(f"{'made by':17} {made.model} {made.revision}, seed {made.seed}")
        lines.append(f"{'prompt':17} {made.prompt}")
        lines.append(f"{'source type':17} {made.digital_source_type}")
    return "\n".join(lines)


def export_tracks(tracks: Sequence[Track], out: Path) -> None:
    """Write the library as CSV or JSON.

    Raises:
        InputError: the ending is neither, or the folder cannot be written.
    """
    import csv

    if out.suffix.lower() not in (".csv", ".json"):
        raise InputError(f"{printable(out)}: unknown ending; use .csv or .json")
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        if out.suffix.lower() == ".json":
            json.dump(tracks_json(tracks), file, indent=2)
            return
        writer = csv.DictWriter(file, list(TRACK_COLUMNS))
        writer.writeheader()
        for track in tracks:
            writer.writerow(_row(track) | {"tags": "; ".join(track.tags)})


def models_json(models: "Sequence[ModelStatus]") -> Json:
    """Return where the model files are."""
    return {"models": [asdict(model) for model in models]}


def models_text(models: "Sequence[ModelStatus]") -> str:
    """Say where the model files are."""
    return "\n".join(
        f"{m.name:24} {m.size_bytes / 1e6:7.1f} MB  {m.licence:12} {m.where}" for m in models
    )


def doctor_text(findings: "Sequence[Finding]") -> str:
    """Return one line per check and what to do about what is wrong."""
    lines = [f"{'ok ' if f.ok else 'BAD'} {f.name:12} {f.text}" for f in findings]
    wrong = sum(not finding.ok for finding in findings)
    return "\n".join([*lines, "all is well" if not wrong else f"{wrong} checks failed"])


def demo_text(result: "DemoResult") -> str:
    """Say where the demo's results lie."""
    lines = ["", f"done in {result.seconds:.0f} s. Open these:"]
    lines += [f"  {printable(path)}  {what}" for path, what in result.files]
    return "\n".join(lines)
