"""What is told of long work where there is no terminal."""

import pytest

from v2m.progress import progress, reporting


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that a test sets."""
    now = [1000.0]
    monkeypatch.setattr("v2m.progress.time.monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_now_and_then(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("analysing music", 400) as advance:
        for _ in range(50):
            clock[0] += 8.0
            advance(8)

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert lines[0] == "analysing music: 32 of 400 (8%), 6 min left"
    assert len(lines) == 12  # every 32 s of 400, and nothing at the end
    assert lines[-1] == "analysing music: 384 of 400 (96%), 16 s left"


def test_work_that_knows_its_own_length_is_told_alike(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with reporting("composing") as report:
        report(0, 10)
        clock[0] += 31.0
        report(4, 10)

    assert capsys.readouterr().err == "composing: 4 of 10 (40%), 46 s left\n"


def test_short_and_hidden_work_says_nothing(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("short", 4) as advance, progress("hidden", 4, shown=False) as hide:
        clock[0] += 29.0
        advance(3)
        clock[0] += 90.0
        hide(3)

    assert capsys.readouterr().err == ""
