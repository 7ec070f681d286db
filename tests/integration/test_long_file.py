"""A file longer than what is heard as a whole, with the limit lowered to seconds."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from catalogs.store import Catalogue
from indexer import parts
from indexer.index import index
from indexer.mapper import Mapper, build_mapper
from indexer.options import Options
from indexer.scan import scan
from tests.conftest import WriteMusic
from v2m.asking import Asked, single_query
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import integrated_lufs
from v2m.encoders.profiles import ProfileSpec
from v2m.profiles.lite import LiteProfile
from v2m.types import Audio, Heard, Span

SECONDS = 44.0


@pytest.fixture
def path(write_music: WriteMusic, tmp_path: Path) -> Path:
    return write_music(tmp_path / "long.flac", seconds=SECONDS)


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> Mapper:
    """A mapper that hears 21 s as a whole, and longer music in stretches of 12, 12 and 20 s."""
    monkeypatch.setattr(parts, "WHOLE_SECONDS", 21.0)
    monkeypatch.setattr(parts, "STRETCH_SECONDS", 12.0)
    return build_mapper(ProfileSpec())


def test_a_long_file_is_heard_in_stretches_and_told_as_one_track(
    path: Path, lowered: Mapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = lowered.map(path, "one")
    monkeypatch.setattr(parts, "WHOLE_SECONDS", 50.0)
    whole = lowered.map(path, "one")

    sound = decode_audio(path, sample_rate=parts.SAMPLE_RATE)
    loudness = integrated_lufs(sound.samples, sound.sample_rate)
    assert record.track.duration_seconds == whole.track.duration_seconds == SECONDS
    assert record.track.loudness_lufs == pytest.approx(loudness, abs=0.05)
    assert (record.track.key, record.track.mode) == (whole.track.key, whole.track.mode)
    assert record.track.tempo_bpm == pytest.approx(whole.track.tempo_bpm, rel=0.02)
    assert record.fingerprint is not None
    (track,) = [row for row in record.vectors if row.kind == "track"]
    (other,) = [row for row in whole.vectors if row.kind == "track"]
    assert track.span == other.span
    assert np.linalg.norm(track.vector) == pytest.approx(1)
    assert track.vector @ other.vector > 0.8


def test_what_is_found_in_stretches_lies_where_it_sounds(path: Path, lowered: Mapper) -> None:
    record = lowered.map(path, "one")

    sections = [row.span for row in record.vectors if row.kind == "section"]
    built = record.structure
    assert built is not None
    assert [round(span.start_seconds) for span in sections] == [0, 12, 24]
    assert sections[-1].end_seconds == pytest.approx(SECONDS, abs=0.1)
    assert built.sounding.end_seconds == pytest.approx(SECONDS, abs=0.1)
    assert np.all(np.diff(built.bars_seconds) > 0)
    assert built.bars_seconds[-1] > SECONDS - 5
    assert all(a.span.end_seconds == b.span.start_seconds for a, b in pairwise(built.sections))
    assert len(built.energy) == pytest.approx(2 * SECONDS, abs=2)


def test_structure_and_vectors_alone_are_those_of_the_whole_analysis(
    path: Path, lowered: Mapper
) -> None:
    record = lowered.map(path, "one")

    assert record.structure is not None
    alone = lowered.structure(path)
    np.testing.assert_array_equal(alone.bars_seconds, record.structure.bars_seconds)
    assert alone.sections == record.structure.sections
    assert alone.climax_seconds == record.structure.climax_seconds
    for row, other in zip(lowered.sound_rows(path), record.vectors, strict=False):
        assert (row.kind, row.span) == (other.kind, other.span)
        np.testing.assert_allclose(row.vector, other.vector, atol=1e-6)


def test_what_is_found_of_a_file_owes_nothing_to_the_files_before(
    path: Path, write_music: WriteMusic, tmp_path: Path, lowered: Mapper
) -> None:
    short = write_music(tmp_path / "short.flac", seconds=5.0)
    fresh = build_mapper(ProfileSpec()).map(short, "one")
    before = lowered.map(path, "other")
    vectors = [row.vector.copy() for row in before.vectors]
    after = lowered.map(short, "one")

    assert after.track == fresh.track
    assert after.fingerprint is not None
    assert fresh.fingerprint is not None
    assert after.fingerprint.tobytes() == fresh.fingerprint.tobytes()
    for ours, theirs in zip(after.vectors, fresh.vectors, strict=True):
        np.testing.assert_array_equal(ours.vector, theirs.vector)
    for row, vector in zip(before.vectors, vectors, strict=True):
        np.testing.assert_array_equal(row.vector, vector)


def test_an_index_run_says_that_a_long_file_was_heard_in_stretches(
    path: Path, write_music: WriteMusic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = write_music(tmp_path / "short.flac", seconds=5.0)
    for module in ("index", "reports"):
        monkeypatch.setattr(f"indexer.{module}.WHOLE_SECONDS", 21.0)
    catalogue = Catalogue.open(tmp_path / "cat", create=True)

    report = index(catalogue, scan([path, short]), Options(workers=1, shown=False))

    (notice,) = [line for line in report.notices if "stretches" in line]
    assert notice.startswith("files longer than 0.35 minutes: 1;")


def _asked(mapper: Mapper, path: Path) -> Asked:
    return single_query(mapper.profile, None, None, path, "brief")


def test_silence_in_a_long_file_counts_for_nothing_but_time(
    path: Path, write_music: WriteMusic, tmp_path: Path, lowered: Mapper
) -> None:
    short = write_music(tmp_path / "short.wav", seconds=12.0)
    sound, rate = soundfile.read(short, dtype="float32")
    soundfile.write(tmp_path / "late.wav", np.concatenate([0 * sound, 0 * sound, sound]), rate)

    alone, late = (lowered.map(tmp_path / name, "one") for name in ("short.wav", "late.wav"))

    assert late.track.duration_seconds == 36
    assert (late.track.key, late.track.mode) == (alone.track.key, alone.track.mode)
    assert late.track.tempo_bpm == pytest.approx(alone.track.tempo_bpm, rel=1e-4)
    assert late.track.loudness_lufs == pytest.approx(alone.track.loudness_lufs, abs=0.1)
    np.testing.assert_allclose(late.vectors[0].vector, alone.vectors[0].vector, atol=1e-4)
    np.testing.assert_array_equal(
        lowered.sound_rows(tmp_path / "late.wav")[0].vector, late.vectors[0].vector
    )
    queries = [_asked(lowered, tmp_path / name).query for name in ("short.wav", "late.wav")]
    asked, asked_late = (query.music for query in queries if query)
    np.testing.assert_allclose(asked_late, asked, atol=1e-4)
    assert late.structure is not None
    assert alone.structure is not None
    assert late.structure.energy.tolist() == [0.0] * 48 + alone.structure.energy.tolist()
    np.testing.assert_allclose(
        late.structure.bars_seconds, 24 + alone.structure.bars_seconds, atol=1e-3
    )


def test_music_that_is_searched_with_is_heard_as_what_is_indexed(
    path: Path, lowered: Mapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = decode_audio(path, sample_rate=parts.SAMPLE_RATE)
    vector = lowered.profile.music.encode_audio(lowered.profile.listen(sound, []))[0]
    lengths: list[float] = []

    def listen(profile: LiteProfile, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        lengths.append(audio.duration_seconds)
        return heard(profile, audio, sections)

    heard = LiteProfile.listen
    monkeypatch.setattr(LiteProfile, "listen", listen)
    long = _asked(lowered, path)
    monkeypatch.setattr(parts, "WHOLE_SECONDS", 50.0)
    usual = _asked(lowered, path)

    assert lengths == [12, 12, 20, SECONDS]
    assert long.duration_seconds == usual.duration_seconds == SECONDS
    assert long.query is not None
    assert long.query.music is not None
    assert usual.query is not None
    np.testing.assert_array_equal(usual.query.music, vector)
    assert long.query.music @ vector > 0.8
    assert np.linalg.norm(long.query.music) == pytest.approx(1)
