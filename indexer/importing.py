"""Brings what a source says into the catalogue; every row is accounted for.

Rows go in batches through Arrow, each batch one transaction; a row that is there already costs one
comparison, so that a run that was stopped goes on where it was. Words are encoded in a second step
(``indexer.texts``), files attached in a third (``catalogs.imports``).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter

import pyarrow as pa

from catalogs import imports
from catalogs.generated_terms import terms_of
from catalogs.imports import KEPT, WORDS, Attached
from catalogs.licence_columns import LICENCE_COLUMNS, licence_values
from catalogs.store import Catalogue
from indexer.reports import ImportReport
from indexer.texts import encode_waiting, texts_of
from v2m.encoders.profiles import Profile
from v2m.progress import progress
from v2m.protocols import Source
from v2m.types import Refused, SourceRow

BATCH = 5000
"""Rows in one transaction."""

SAID = attrgetter(*(f.name for f in fields(SourceRow) if f.name not in ("key", "line")))
"""What a row says; a row that says the same as before is left alone."""


def import_rows(
    catalogue: Catalogue, source: Source, profile: Profile, *, shown: bool = False
) -> ImportReport:
    """Write every row of a source, without encoding its words.

    Raises:
        InputError: a file of the source is missing, or is not what it reads.
        BackendError: a server cannot be reached.
    """
    report = ImportReport(source.name, notices=list(source.notices()))
    today = datetime.now(UTC).date().isoformat()
    with progress(f"reading {source.name}", source.n_rows(), shown=shown) as advance:
        usable = _usable(source, report)
        while rows := list(islice(usable, BATCH)):
            table = _table(source.name, rows, today)
            ids = table["track_id"].to_pylist()
            texts = texts_of(
                (track_id, row.title, row.description)
                for track_id, row in zip(ids, rows, strict=True)
            )
            counts = imports.put_imports(catalogue, table, texts, profile.text.space)
            report.imported += counts.imported
            report.updated += counts.updated
            report.unchanged += counts.unchanged
            advance(len(rows))
    return report


def settle_words(catalogue: Catalogue, profile: Profile) -> Attached:
    """Attach files to rows, give rows their words again that tags have overwritten, encode."""
    attached = imports.attach_files(catalogue)
    if rows := imports.overwritten_words(catalogue):
        ids = [track_id for track_id, *_ in rows]
        imports.restore_words(catalogue, ids, texts_of(rows), profile.text.space)
    return attached


def finish(
    catalogue: Catalogue, profile: Profile, report: ImportReport, *, shown: bool = False
) -> None:
    """Attach files and encode words, and write into the report what came of it."""
    attached = settle_words(catalogue, profile)
    report.attached, report.copies = attached.tracks, attached.copies
    report.unclear = list(attached.unclear)
    if report.files:
        report.attached += report.files.attached
        report.copies += report.files.copies
    report.encoded += encode_waiting(catalogue, profile, shown=shown)
    report.without_audio = imports.without_audio(catalogue, report.source)


def _usable(source: Source, report: ImportReport) -> Iterator[SourceRow]:
    """Yield the rows that can be used; count all, and refuse the rest with a reason."""
    line_of: dict[str, int] = {}
    for row in source.rows():
        report.rows += 1
        if isinstance(row, Refused):
            report.refused.append(row)
        elif row.key in line_of:
            same = f"the same id as line {line_of[row.key]}" if row.line else "listed twice"
            report.refused.append(Refused(row.line, row.key, same))
        else:
            line_of[row.key] = row.line
            yield row


def _table(source: str, rows: Sequence[SourceRow], today: str) -> pa.Table:
    values: dict[str, list[object]] = {
        name: [getattr(row, name) for row in rows]
        for name in (*KEPT, *WORDS)
        if name in SourceRow.__dataclass_fields__
    }
    values["source"] = [source] * len(rows)
    values["track_id"] = [_digest(source, row.key) for row in rows]
    values["digest"] = [_digest(*map(str, SAID(row))) for row in rows]
    values["retrieved_at"] = [today] * len(rows)
    terms = [licence_values(terms_of(row.licence, row.licence_url)) for row in rows]
    for place, name in enumerate(LICENCE_COLUMNS):
        values[name] = [term[place] for term in terms]
    return pa.table({name: values[name] for name in (*KEPT, *WORDS, *LICENCE_COLUMNS)})


def _digest(*parts: str) -> str:
    """Return 32 hexadecimal digits, as the identity of a sound has."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
