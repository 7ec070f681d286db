"""A backend that works, dies, hangs, floods its pipes or talks nonsense."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from v2m.backends import channel
from v2m.backends.channel import ChildProcess
from v2m.backends.install import CHILD
from v2m.errors import BackendError, InputError

SERVE = (
    f"import sys; sys.path[:0] = [{str(CHILD.parent)!r}, {str(Path(__file__).parent)!r}]; "
    "sys.argv[1:1] = ['backend_ops']; import serve; serve.main()"
)
"""Starts the real far end over the pretended operations."""


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[ChildProcess]:
    made = ChildProcess(
        "pretended", [sys.executable, "-c", SERVE], log_path=tmp_path / "log" / "stderr.log"
    )
    yield made
    made.close()


def _scripted(tmp_path: Path, code: str, start_seconds: float = 20) -> ChildProcess:
    """Return a backend whose far end is a few lines of Python."""
    return ChildProcess(
        "scripted",
        [sys.executable, "-c", code],
        log_path=tmp_path / "stderr.log",
        start_seconds=start_seconds,
    )


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_values_arrays_and_progress_come_through(backend: ChildProcess) -> None:
    sent: dict[str, npt.NDArray[Any]] = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "empty": np.zeros((0, 4)),
    }
    told: list[tuple[int, int]] = []

    result, arrays = backend.call(
        "echo", {"text": "längst", "n": 3}, sent, report=lambda *step: told.append(step)
    )

    assert result == {"text": "längst", "n": 3}
    assert told == [(1, 3), (2, 3), (3, 3)]
    for name, array in sent.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_one_process_answers_many_calls_and_ends_on_close(backend: ChildProcess) -> None:
    pids = [backend.call("environment", {"names": []})[0]["pid"] for _ in range(2)]
    backend.close()

    assert pids[0] == pids[1]
    assert not _is_alive(pids[0])


def test_a_refusal_is_the_users_affair_and_the_process_stays(backend: ChildProcess) -> None:
    pid = backend.call("environment", {"names": []})[0]["pid"]

    with pytest.raises(InputError, match=r"^pretended: this is not what I want$"):
        backend.call("refuse", {})
    assert backend.call("environment", {"names": []})[0]["pid"] == pid


@pytest.mark.parametrize(
    ("operation", "complaint"),
    [
        ("fail", r"pretended: RuntimeError: no such layer; see .*stderr\.log"),
        ("crash", r"pretended: ended with status 3: out of ideas; see .*stderr\.log"),
        ("hang", r"pretended: has said nothing for 0\.3 s and was stopped"),
    ],
)
def test_a_failure_is_one_line_and_the_next_call_starts_anew(
    backend: ChildProcess, operation: str, complaint: str
) -> None:
    pid = backend.call("environment", {"names": []})[0]["pid"]

    with pytest.raises(BackendError, match=complaint) as failed:
        backend.call(operation, {}, silence_seconds=0.3)

    assert failed.value.exit_code == 4
    assert "\n" not in str(failed.value)
    assert not _is_alive(pid)
    assert backend.call("echo", {"n": 1})[0] == {"n": 1}


def test_a_backend_killed_in_the_middle_is_noticed_at_once(backend: ChildProcess) -> None:
    pid = backend.call("environment", {"names": []})[0]["pid"]
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    started = time.monotonic()

    with pytest.raises(BackendError, match="was ended by signal SIGKILL"):
        backend.call("hang", {}, silence_seconds=60)
    assert time.monotonic() - started < 10


def test_a_flood_on_standard_error_neither_blocks_nor_fills_the_disk(
    backend: ChildProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "MOST_LOG_BYTES", 1 << 20)

    backend.call("flood", {"megabytes": 3}, silence_seconds=30)
    backend.close()

    assert 0 < (tmp_path / "log" / "stderr.log").stat().st_size <= (1 << 20) + 4096


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("while True: print('x' * 4096, end='')", "talks nonsense"),
        ("while True: print('[1, 2]')", "talks nonsense"),
        ("print('{\"protocol\": 99}', flush=True); input()", "speaks protocol 99, not 1"),
        ("import time; time.sleep(60)", r"did not start for 0\.5 s and was stopped"),
        ("import sys; sys.exit('no such module')", "ended with status 1: no such module"),
        (
            "print('{\"protocol\": 1}', flush=True); input(); print('{\"id\": 7}', flush=True)",
            "answers a question nobody asked",
        ),
        (
            "import os, time; print('{\"protocol\": 1}', flush=True); os.close(1); time.sleep(60)",
            "closed its pipe",
        ),
    ],
)
def test_nonsense_ends_in_one_line(tmp_path: Path, code: str, complaint: str) -> None:
    backend = _scripted(tmp_path, code, start_seconds=0.5 if "sleep(60)" in code[:30] else 20)

    with pytest.raises(BackendError, match=complaint):
        backend.call("echo", {}, silence_seconds=5)


def test_a_backend_that_never_reads_is_stopped(tmp_path: Path) -> None:
    code = "import time; print('{\"protocol\": 1}', flush=True); time.sleep(60)"
    backend = _scripted(tmp_path, code)

    with pytest.raises(BackendError, match="has said nothing"):
        backend.call("echo", {"text": "x" * (1 << 20)}, silence_seconds=0.3)


def test_ctrl_c_ends_the_backend_too(backend: ChildProcess) -> None:
    pid = backend.call("environment", {"names": []})[0]["pid"]

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.call("hang", {}, report=interrupt)
    assert not _is_alive(pid)


def test_keys_and_our_packages_are_no_business_of_a_backend(
    backend: ChildProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("V2M_LLM_KEY", "OPENAI_API_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")

    found, _ = backend.call("environment", {"names": ["V2M_LLM_KEY", "OPENAI_API_KEY"]})

    assert "secret" not in found.values()


def test_a_backend_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from v2m.backends.channel import ChildProcess;"
        f"b = ChildProcess('p', [sys.executable, '-c', {SERVE!r}], log_path=Path({str(tmp_path)!r})"
        " / 'log'); print(b.call('environment', {'names': []})[0]['pid'], flush=True);"
        "b.call('hang', {})"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert _is_alive(pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    for _ in range(100):
        if not _is_alive(pid):
            break
        time.sleep(0.05)
    assert not _is_alive(pid)
