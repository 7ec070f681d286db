from pathlib import Path

import numpy as np
import pytest

from v2m.audio.measure import measure, measure_into
from v2m.soundtrack.limiter import find_mastering
from v2m.soundtrack.scratch import scratch_floats_in, scratch_in


def test_a_sound_comes_back_as_often_as_wanted(tmp_path: Path) -> None:
    blocks = [np.full((2, n), n, np.float32) for n in (5, 0, 300)]

    with scratch_in(tmp_path) as scratch:
        passed = list(scratch.keep(blocks))
        for found in (passed, list(scratch.blocks()), list(scratch.blocks())):
            np.testing.assert_equal(found, blocks)


def test_nothing_lies_about_while_it_is_used_or_behind_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_in(tmp_path) as scratch:
        list(scratch.keep([np.ones((2, 9), np.float32)]))
        assert not list(tmp_path.iterdir())
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_values_on_disk_read_as_the_array_they_are(tmp_path: Path) -> None:
    values = np.arange(100, dtype=np.float32)

    with scratch_floats_in(tmp_path) as kept:
        kept.append(values[:30])
        kept[10:20]
        kept.append(values[30:])

        assert len(kept) == 100
        for part in (slice(None), slice(25, 40), slice(90, 200), slice(200, 300), slice(40, 20)):
            np.testing.assert_array_equal(kept[part], values[part])


def test_values_that_were_cleared_are_forgotten(tmp_path: Path) -> None:
    with scratch_floats_in(tmp_path) as kept:
        kept.append(np.ones(9, np.float32))
        kept.clear()
        kept.append(np.zeros(3, np.float32))

        assert kept[:].tolist() == [0, 0, 0]


@pytest.mark.parametrize("loud", [0.0, 0.1, 2.0])
def test_a_sound_is_mastered_alike_from_disk_and_from_memory(tmp_path: Path, loud: float) -> None:
    noise = np.random.default_rng(0).normal(0, loud, (2, 100_000)).astype(np.float32)

    with (
        scratch_floats_in(tmp_path) as energies,
        scratch_floats_in(tmp_path) as peaks,
        scratch_floats_in(tmp_path) as gains,
    ):
        filed = measure_into([noise], 48000, energies, peaks)
        on_disk = find_mastering(filed, -14, -3, gains)
        in_memory = find_mastering(measure([noise], 48000), -14, -3)

        assert (on_disk.gain_db, on_disk.lufs) == (in_memory.gain_db, in_memory.lufs)
        assert on_disk.limited_db == in_memory.limited_db
        np.testing.assert_array_equal(on_disk.gains[:], in_memory.gains[:])
