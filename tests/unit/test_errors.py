import pickle

import pytest

from v2m.errors import BackendError, ConfigError, InputError, MediaError, SpaceError, StateError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 2),
        (MediaError("a.mp3", "holds no sound"), 2),
        (ConfigError("by", "titel", ["title", "audio"]), 2),
        (StateError("x"), 3),
        (SpaceError(stored="a", asked="b"), 3),
        (BackendError("disk", "full"), 4),
    ],
)
def test_every_error_has_its_exit_code(error: InputError, code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize(
    "error",
    [
        MediaError("a.mp3", "holds no sound"),
        ConfigError("by", "titel", ["title", "audio"]),
        BackendError("disk", "full"),
    ],
)
def test_errors_cross_process_borders_whole(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_wrong_value_is_answered_with_the_nearest_right_one() -> None:
    assert "did you mean 'title'" in str(ConfigError("by", "titel", ["title", "audio"]))


def test_a_path_with_newlines_stays_on_one_line() -> None:
    assert "\n" not in str(MediaError("a\nb.mp3", "holds no sound"))
