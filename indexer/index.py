"""Brings a catalogue up to date with music folders: adds, updates, moves, forgets."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from catalogs.rows import Failure, FileState, IndexedFile, SeenFile
from catalogs.store import Catalogue
from indexer.away import gone_files, is_there, opens
from indexer.columns import fill_columns
from indexer.importing import settle_words
from indexer.mapper import Mapper
from indexer.options import Options
from indexer.pace import SOUND, announce, expected_seconds, learn, music_seconds
from indexer.recordings import NO_CHROMAPRINT, find_recordings
from indexer.reports import IndexReport
from indexer.runner import Job, Mapped, run
from indexer.scan import FoundFile, Scan
from indexer.structures import renew_structures
from indexer.texts import encode_waiting
from v2m.audio.decode import WHOLE_SECONDS, audio_identity
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.audio.fingerprint import available
from v2m.encoders.profiles import ProfileSpec, load_profile
from v2m.errors import MediaError, printable
from v2m.files import text_to_path
from v2m.progress import progress


def index(catalogue: Catalogue, found: Scan, options: Options) -> IndexReport:
    """Bring the catalogue up to date with what a scan found.

    Each batch is one transaction: a kill or Ctrl-C loses at most the tracks of the running batch,
    and the next run goes on from there.

    Raises:
        KeyboardInterrupt: after what is finished has been written.
    """
    report = IndexReport(files=len(found.files), skipped=list(found.unreadable))
    changed = set_apart(catalogue, found.files, options, report)
    jobs, seen = _identify(catalogue, changed, options, report)
    _encode(catalogue, jobs, options, report)
    touch(catalogue, seen, options.profile, report)
    report.updated += fill_columns(catalogue, load_profile(options.profile), shown=options.shown)
    forget(catalogue, found, report)
    settle(catalogue, options, report)
    return report


def settle(catalogue: Catalogue, options: Options, report: IndexReport) -> None:
    """Do what follows when tracks have come in, however they came."""
    report.structured = renew_structures(catalogue, options)
    _settle_words(catalogue, options, report)
    report.alike = find_recordings(catalogue, options)
    if report.files and not available():
        report.notices.append(NO_CHROMAPRINT)
    report.tracks = catalogue.count()


def _settle_words(catalogue: Catalogue, options: Options, report: IndexReport) -> None:
    """Give files the words that sources have for them, and encode what waits."""
    profile = load_profile(options.profile)
    attached = settle_words(catalogue, profile)
    report.attached, report.copies = attached.tracks, attached.copies
    report.unclear = [(text_to_path(path), reason) for path, reason in attached.unclear]
    encode_waiting(catalogue, profile, shown=options.shown)


def set_apart(
    catalogue: Catalogue, files: Sequence[FoundFile], options: Options, report: IndexReport
) -> list[FoundFile]:
    """Return the files that are new or changed; count the rest."""
    known = catalogue.known_files()
    failed = catalogue.failed_files()
    current = current_tracks(catalogue, options.profile)
    changed = []
    for file in files:
        state, failure = known.get(file.path), failed.get(file.path)
        if state and _same(file, state) and state.track_id in current:
            report.unchanged += 1
        elif failure and _same(file, failure) and not options.retry:
            report.failed.append((file.path, failure.reason))
        else:
            changed.append(file)
    return changed


def _same(file: FoundFile, state: FileState | Failure) -> bool:
    return (file.size_bytes, file.mtime_ns) == (state.size_bytes, state.mtime_ns)


def current_tracks(catalogue: Catalogue, profile: ProfileSpec) -> set[str]:
    """Tracks that need no encoding: measured by this version, in this profile's space."""
    versions = catalogue.track_versions()
    encoded = catalogue.tracks_in_space(load_profile(profile).music.space)
    return {track for track in encoded if versions.get(track) == ANALYSIS_VERSION}


def _identify(
    catalogue: Catalogue, files: Sequence[FoundFile], options: Options, report: IndexReport
) -> tuple[list[Job], list[SeenFile]]:
    """Tell new music from files that were moved, copied or tagged anew."""
    if not files:
        return [], []
    current = current_tracks(catalogue, options.profile)
    versions = catalogue.track_versions()
    jobs: dict[str, Job] = {}
    seen: list[SeenFile] = []
    failures: list[tuple[FoundFile, str]] = []
    for file, identity in _identities(files, options):
        if isinstance(identity, MediaError):
            failures.append((file, identity.reason))
            continue
        place = SeenFile(file.path, file.size_bytes, file.mtime_ns, file.root, identity, None)
        if identity in current or identity in jobs:
            seen.append(place)
        else:
            jobs[identity] = Job(file, identity)
    _record_failures(catalogue, failures, report)
    measured = [track for track in jobs if versions.get(track) == ANALYSIS_VERSION]
    for track in catalogue.tracks(ids=measured) if measured else ():
        jobs[track.track_id] = replace(jobs[track.track_id], known=track)
    return list(jobs.values()), seen


def _identities(
    files: Sequence[FoundFile], options: Options
) -> Iterator[tuple[FoundFile, str | MediaError]]:
    with (
        progress("reading files", len(files), shown=options.shown) as advance,
        ThreadPoolExecutor(max(1, options.workers)) as pool,
    ):
        for file, identity in zip(files, pool.map(_identity, files), strict=True):
            advance(1)
            yield file, identity


def _identity(file: FoundFile) -> str | MediaError:
    try:
        return audio_identity(file.path)
    except MediaError as err:
        return err


def _record_failures(
    catalogue: Catalogue, failed: Sequence[tuple[FoundFile, str]], report: IndexReport
) -> None:
    """Remember what cannot be used; what went away meanwhile has shown nothing."""
    bad = []
    for file, reason in failed:
        if is_there(file):
            bad.append(Failure(file.path, file.size_bytes, file.mtime_ns, reason))
        else:
            report.away.append(file.path)
    if bad:
        catalogue.record_failures(bad)
        report.failed.extend((failure.path, failure.reason) for failure in bad)


def _encode(
    catalogue: Catalogue, jobs: Sequence[Job], options: Options, report: IndexReport
) -> None:
    """Analyse in parallel and write batch by batch; what is finished is written on any exit."""
    if not jobs:
        return
    before = set(catalogue.track_versions())
    pending: list[Mapped] = []
    most = load_profile(options.profile).most_workers
    workers = min(options.workers, len(jobs), most or len(jobs))
    music = music_seconds(catalogue, jobs)
    _announce(catalogue, jobs, before, music, workers, shown=options.shown)
    began = time.monotonic()
    long = 0
    with progress("analysing music", len(jobs), shown=options.shown) as advance:
        outcomes = run(jobs, options.profile, workers)
        try:
            for outcome in outcomes:
                pending.append(outcome)
                if len(pending) >= options.batch:
                    long += _write(catalogue, pending, before, report)
                    advance(len(pending))
                    pending = []
        finally:
            long += _write(catalogue, pending, before, report)
            advance(len(pending))
            outcomes.close()
    report.note_long(long)
    learn(catalogue, SOUND, music, time.monotonic() - began, workers)


def _announce(
    catalogue: Catalogue,
    jobs: Sequence[Job],
    before: set[str],
    music: float,
    workers: int,
    *,
    shown: bool,
) -> None:
    """Say before long work what is going to be done and how long it takes."""
    again = len({job.track_id for job in jobs} & before)
    why = f", {again} of them known but measured by older models" if again else ""
    seconds = expected_seconds(catalogue, SOUND, music, workers)
    announce(f"analysing {len(jobs)} tracks{why}", seconds, shown=shown)


def _write(
    catalogue: Catalogue, outcomes: Sequence[Mapped], before: set[str], report: IndexReport
) -> int:
    """Write a batch; return how many of its tracks were too long to be heard as a whole."""
    good = [
        IndexedFile(o.file.path, o.file.size_bytes, o.file.mtime_ns, o.file.root, o.record)
        for o in outcomes
        if o.record
    ]
    if good:
        catalogue.write_batch(good)
    _record_failures(catalogue, [(o.file, o.reason) for o in outcomes if not o.record], report)
    again = sum(file.record.track.track_id in before for file in good)
    report.updated += again
    report.added += len(good) - again
    return sum(file.record.track.duration_seconds > WHOLE_SECONDS for file in good)


def touch(
    catalogue: Catalogue, seen: Sequence[SeenFile], profile: ProfileSpec, report: IndexReport
) -> None:
    """Give known music its new place and words; a second copy changes nothing but its own row."""
    if not seen:
        return
    ids = sorted({place.track_id for place in seen})
    tracks = {track.track_id: track for track in catalogue.tracks(ids=ids)}
    known = catalogue.known_files()
    mapper = Mapper(load_profile(profile))
    places = []
    for place in seen:
        track = tracks.get(place.track_id)
        if track is None:  # its first copy turned out to be unusable
            reason = "the same sound as a file that cannot be used"
            file = FoundFile(place.path, place.size_bytes, place.mtime_ns, place.root)
            _record_failures(catalogue, [(file, reason)], report)
            continue
        elsewhere = place.path not in known and track.path != place.path
        if elsewhere and track.has_audio and track.path.exists():
            report.duplicates += 1
            places.append(place)
            continue
        told, vectors = mapper.told_again(track, place.path)
        if not opens(place.path):  # then its tags were not read either
            report.away.append(place.path)
            continue
        report.moved += 1
        places.append(replace(place, track=told, text_vectors=vectors))
    catalogue.touch_files(places)


def forget(catalogue: Catalogue, found: Scan, report: IndexReport) -> None:
    """Forget files that are gone, unless some went away just now; say what was kept."""
    if report.away:
        return
    gone, kept = gone_files([*catalogue.known_files(), *catalogue.failed_files()], found)
    report.forgotten = catalogue.forget_files(gone) if gone else 0
    report.notices += [
        f"{printable(root)} holds no music any more; its {count} files are kept in case it is a "
        "disk that is away ('v2m doctor --repair --remove-missing' removes them)"
        for root, count in kept.items()
    ]
