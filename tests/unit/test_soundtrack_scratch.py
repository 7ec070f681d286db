from pathlib import Path

import numpy as np
import pytest

from v2m.soundtrack.scratch import scratch_in


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
