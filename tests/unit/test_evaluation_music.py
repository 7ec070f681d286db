import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.midi_recipes import fingerprint, midi_of
from v2m.errors import MediaError
from v2m.evaluation.music import (
    Note,
    Notes,
    empty_beat_rate,
    measure_notes,
    notes_from_midi,
    notes_of,
    pitch_class_entropy,
    pitch_entropy,
    scale_consistency,
)
from v2m.evaluation.music_table import music_table
from v2m.evaluation.tables import as_text

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data" / "muspy_reference.json").read_text(encoding="utf-8")
)
KINDS = sorted({row[0] for row in REFERENCE["rows"]})


def figures(notes: Notes) -> list[float]:
    found = measure_notes(notes)
    return [
        found.scale_consistency,
        found.pitch_entropy,
        found.pitch_class_entropy,
        found.empty_beat_rate,
    ]


def melody(pitches: list[int]) -> Notes:
    return notes_of([Note(p, 4 * i, 4 * i + 3) for i, p in enumerate(pitches)], 4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_equals_muspys_to_the_last_digits(kind: str, tmp_path: Path) -> None:
    rows = [row for row in REFERENCE["rows"] if row[0] == kind]
    for _, seed, _, *expected in rows:
        midi_of(kind, seed).save(tmp_path / "a.mid")

        found = figures(notes_from_midi(tmp_path / "a.mid"))

        wanted = [math.nan if value is None else value for value in expected]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12, err_msg=f"{kind} {seed}")


def test_the_reference_was_measured_on_the_files_these_recipes_make() -> None:
    assert REFERENCE["muspy"] == "0.5.0"
    assert len(REFERENCE["rows"]) >= 200
    assert all(row[2] == fingerprint(row[0], row[1]) for row in REFERENCE["rows"])


def test_a_major_scale_is_wholly_consistent() -> None:
    notes = melody([60, 62, 64, 65, 67, 69, 71, 72])

    assert len(notes) == 8
    assert scale_consistency(notes) == 1
    assert pitch_entropy(notes) == 3
    assert empty_beat_rate(notes) == 0


def test_all_twelve_pitches_fit_no_scale_better_than_seven_twelfths() -> None:
    notes = melody(list(range(60, 72)))

    assert scale_consistency(notes) == pytest.approx(7 / 12)
    assert pitch_class_entropy(notes) == pytest.approx(math.log2(12))


def test_a_single_pitch_has_an_entropy_of_plain_zero() -> None:
    assert math.copysign(1, pitch_entropy(melody([60, 60]))) == 1


def test_drums_fill_beats_and_nothing_else() -> None:
    notes = notes_of([Note(36, 0, 1, is_drum=True), Note(60, 12, 15)], 4)

    assert pitch_entropy(notes) == 0
    assert empty_beat_rate(notes) == 0.5


def test_a_note_fills_the_beat_on_whose_start_it_ends() -> None:
    assert empty_beat_rate(notes_of([Note(60, 0, 4)], 4)) == 0


def test_without_notes_all_is_nan() -> None:
    assert all(math.isnan(value) for value in figures(notes_of([], 480)))


def test_drums_alone_have_no_scale_and_no_entropy() -> None:
    found = figures(notes_of([Note(36, 0, 480, is_drum=True)], 480))

    assert [math.isnan(value) for value in found] == [True, True, True, False]


def test_a_silent_piece_with_a_length_is_all_empty_beats() -> None:
    assert empty_beat_rate(notes_of([], 4, length_ticks=9)) == 1


def test_beats_by_the_billion_cost_nothing() -> None:
    notes = notes_of([Note(60, 0, 1), Note(62, 2**40, 2**40 + 1)], 1)

    assert empty_beat_rate(notes) == pytest.approx(1)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.booleans()), max_size=12),
    st.integers(1, 9),
    st.integers(0, 20),
)
def test_empty_beats_equal_a_count_beat_by_beat(
    spans: list[tuple[int, int, bool]], ticks_per_beat: int, tail: int
) -> None:
    notes = [Note(60, start, start + length, drum) for start, length, drum in spans]
    length = max((n.end_tick for n in notes), default=0) + tail
    n_beats = length // ticks_per_beat + 1
    filled = {
        beat
        for n in notes
        for beat in range(n.start_tick // ticks_per_beat, n.end_tick // ticks_per_beat + 1)
    }

    found = empty_beat_rate(notes_of(notes, ticks_per_beat, length))

    if length == 0:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(1 - len(filled) / n_beats, abs=1e-12)


@given(st.lists(st.integers(0, 115), min_size=1), st.integers(1, 12))
def test_transposing_changes_no_scale_and_no_entropy(pitches: list[int], steps: int) -> None:
    before, after = melody(pitches), melody([p + steps for p in pitches])

    assert scale_consistency(before) == scale_consistency(after)
    assert pitch_entropy(before) == pytest.approx(pitch_entropy(after))
    assert pitch_class_entropy(before) == pytest.approx(pitch_class_entropy(after))


@pytest.mark.parametrize(
    ("note", "ticks_per_beat", "length"),
    [
        (Note(128, 0, 1), 4, None),
        (Note(-1, 0, 1), 4, None),
        (Note(60, -1, 1), 4, None),
        (Note(60, 3, 2), 4, None),
        (Note(60, 0, 8), 4, 7),
        (Note(60, 0, 8), 0, None),
    ],
)
def test_impossible_notes_are_refused(note: Note, ticks_per_beat: int, length: int | None) -> None:
    with pytest.raises(ValueError, match=r"must|lies"):
        notes_of([note], ticks_per_beat, length)


def test_arrays_of_different_lengths_are_refused() -> None:
    ints = np.zeros(2, np.int64)

    with pytest.raises(ValueError, match="one shape"):
        Notes(ints, ints, ints[:1], np.zeros(2, np.bool_), 4, 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.mid.*No such file"):
        notes_from_midi(tmp_path / "none.mid")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF and no MIDI at all",
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x01",
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk\x00\x00\x00\x04\x00\x90\xff\xff",
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk\x00\x00\x00\x06\x00\xff\x59\x02\x63\x07",
    ],
)
def test_what_is_no_midi_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(content)

    with pytest.raises(MediaError, match=r"a\.mid.*\w"):
        notes_from_midi(tmp_path / "a.mid")


@pytest.mark.parametrize(
    ("header", "reason"),
    [(b"\x00\x02\x00\x01\x01\xe0", "type 2"), (b"\x00\x01\x00\x01\xe7\x28", "frames")],
)
def test_midi_without_common_beats_is_refused(header: bytes, reason: str, tmp_path: Path) -> None:
    track = b"MTrk\x00\x00\x00\x04\x00\xff\x2f\x00"
    (tmp_path / "a.mid").write_bytes(b"MThd\x00\x00\x00\x06" + header + track)

    with pytest.raises(MediaError, match=reason):
        notes_from_midi(tmp_path / "a.mid")


def test_a_table_of_pieces_ends_with_their_means() -> None:
    drums = measure_notes(notes_of([Note(36, 0, 4, is_drum=True)], 4))
    tune = measure_notes(melody([60, 62, 60, 62]))

    table = music_table({"drums": drums, "tune": tune}, transcriber="written here", draws=20)

    assert [row[0] for row in table.rows] == ["drums", "tune", "mean"]
    assert as_text(table).splitlines()[5].startswith("mean   1.000 [1.000, 1.000]")
    assert "written here" in as_text(table)
    assert len(music_table({"tune": tune}, transcriber="x").rows) == 1
    assert music_table({}, transcriber="x").rows == ()
