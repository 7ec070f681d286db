"""Calls operations of a package in a process of its own, which may hang, die or talk nonsense."""

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import numpy.typing as npt

from v2m.errors import BackendError, InputError

PROTOCOL = 1
"""Version of the messages; ``child/serve.py`` says the same."""

LONGEST_LINE = 1 << 20
"""Bytes of a message; arrays do not travel in messages."""

MOST_LOG_BYTES = 4 << 20

SECRETS = ("V2M_LLM_KEY", "OPENAI_API_KEY")
OF_OUR_OWN = (*SECRETS, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""Variables that a backend does not get: keys are not its business, nor are our packages."""

Arrays = Mapping[str, npt.NDArray[Any]]
Report = Callable[[int, int], None]


class Backend(Protocol):
    """Something that carries out operations by name."""

    def call(
        self,
        operation: str,
        params: Mapping[str, Any],
        arrays: Arrays | None = None,
        *,
        silence_seconds: float = 300.0,
        report: Report = ...,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what an operation gives.

        Raises:
            InputError: it refuses its arguments.
            BackendError: it failed, ended, or said nothing for too long.
        """
        ...


@dataclass(frozen=True)
class InProcess:
    """A package that is installed beside v2m and called directly.

    Attributes:
        name: of the backend.
        module: with its operations.
    """

    name: str
    module: str

    def call(
        self,
        operation: str,
        params: Mapping[str, Any],
        arrays: Arrays | None = None,
        *,
        silence_seconds: float = 300.0,
        report: Report = lambda _done, _total: None,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Call an operation; see ``Backend``."""
        del silence_seconds
        operations = import_module(f"v2m.backends.child.{self.module}").OPERATIONS
        try:
            result, made = operations[operation](params, dict(arrays or {}), report)
        except ValueError as err:
            raise InputError(f"{self.name}: {err}") from err
        except Exception as err:
            raise BackendError(self.name, f"{type(err).__name__}: {_line(str(err))}") from err
        return result, made


class ChildProcess:
    """A package in an environment of its own, spoken to over pipes.

    The process starts with the first call, answers one call at a time, and is killed with its
    children when a call fails, when this object goes, and when v2m ends, however it ends.

    Args:
        name: of the backend, for messages.
        command: that starts the far end; the folder for arrays is added to it.
        log_path: keeps what the process writes to standard error, its last 4 MB.
        start_seconds: until it must have said hello.
        cwd: working folder of the process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log_path: Path,
        start_seconds: float = 180.0,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self._command, self._log_path, self._cwd = command, log_path, cwd
        self._start_seconds = start_seconds
        self._life: _Life | None = None
        self._calls = 0

    def call(
        self,
        operation: str,
        params: Mapping[str, Any],
        arrays: Arrays | None = None,
        *,
        silence_seconds: float = 300.0,
        report: Report = lambda _done, _total: None,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Call an operation; see ``Backend``. Ctrl-C ends the process too."""
        try:
            life = self._life or self._start()
            self._calls += 1
            files = {}
            for name, array in (arrays or {}).items():
                files[name] = f"{self._calls}-in-{name}.npy"
                np.save(life.folder / files[name], array, allow_pickle=False)
            life.send({"id": self._calls, "op": operation, "params": params, "arrays": files})
            return self._result(life, silence_seconds, report)
        except InputError:
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Kill the process, if it runs; the next call starts another."""
        if self._life is not None:
            self._life.end()
            self._life = None

    def _start(self) -> "_Life":
        self._life = life = _Life(self._command, self._log_path, self._cwd)
        hello = self._next(life, self._start_seconds, "did not start")
        if hello.get("protocol") != PROTOCOL:
            raise BackendError(
                self.name,
                f"speaks protocol {hello.get('protocol')!r}, not {PROTOCOL}; "
                f"run 'v2m backends install {self.name}' again",
            )
        return life

    def _result(
        self, life: "_Life", silence_seconds: float, report: Report
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        while True:
            message = self._next(life, silence_seconds, "has said nothing")
            if message.get("id") != self._calls:
                raise BackendError(self.name, "answers a question nobody asked")
            if "progress" in message:
                done, total = message["progress"]
                report(int(done), int(total))
                continue
            if "error" in message:
                raise self._failure(message)
            folder = life.folder
            made = {name: _load(folder, file) for name, file in message["arrays"].items()}
            return dict(message["result"]), made

    def _next(self, life: "_Life", seconds: float, complaint: str) -> dict[str, Any]:
        try:
            line = life.lines.get(timeout=seconds)
        except queue.Empty:
            raise BackendError(
                self.name, f"{complaint} for {seconds:g} s and was stopped; see {self._log_path}"
            ) from None
        if line is None:
            raise BackendError(self.name, f"{life.how_it_ended()}; see {self._log_path}")
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise BackendError(self.name, f"talks nonsense; see {self._log_path}")
        return message

    def _failure(self, message: Mapping[str, Any]) -> InputError | BackendError:
        text = _line(str(message["error"]))
        if message.get("kind") == "input":
            return InputError(f"{self.name}: {text}")
        return BackendError(self.name, f"{text}; see {self._log_path}")


class _Life:
    """One run of the process: its pipes, the threads that empty them, its folder for arrays."""

    def __init__(self, command: Sequence[str | Path], log_path: Path, cwd: Path | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="v2m-backend-")
        self.folder = Path(self._folder.name)
        log_path.parent.mkdir(parents=True, exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if k not in OF_OUR_OWN}
        self._process = subprocess.Popen(
            [*map(str, command), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )
        # a flood waits in the pipe, not in our memory
        self.lines: queue.Queue[bytes | None] = queue.Queue(maxsize=256)
        self._last_words: deque[bytes] = deque(maxlen=1)
        pipes = self._process.stdout, self._process.stderr
        assert pipes[0] is not None
        assert pipes[1] is not None
        self._threads = (
            threading.Thread(target=_read_lines, args=(pipes[0], self.lines), daemon=True),
            threading.Thread(
                target=_keep_log, args=(pipes[1], log_path, self._last_words), daemon=True
            ),
        )
        for thread in self._threads:
            thread.start()
        self.end = weakref.finalize(
            self, _end, self._process, self.lines, self._threads, self._folder
        )

    def send(self, message: Mapping[str, Any]) -> None:
        """Write a request; a thread does it, for nobody may read at the other end."""
        text = json.dumps(message).encode() + b"\n"
        threading.Thread(target=_write, args=(self._process.stdin, text), daemon=True).start()

    def how_it_ended(self) -> str:
        """Say how the process ended, with its last words."""
        for _ in range(50):  # its pipe may end before it does
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self._threads[1].join(1.0)
        status = self._process.poll()
        if status is None:
            return "closed its pipe"
        last = _line(self._last_words[-1].decode("utf-8", "replace")) if self._last_words else ""
        words = f": {last}" if last else ""
        if status < 0:
            return f"was ended by signal {signal.Signals(-status).name}{words}"
        return f"ended with status {status}{words}"


def _read_lines(pipe: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    while line := pipe.readline(LONGEST_LINE):
        lines.put(line)
    lines.put(None)


def _keep_log(pipe: IO[bytes], path: Path, last_words: deque[bytes]) -> None:
    """Write standard error to a file that never grows beyond its limit."""
    with path.open("wb", buffering=0) as log:
        while line := pipe.readline(LONGEST_LINE):
            if log.tell() > MOST_LOG_BYTES:
                log.seek(0)
                log.truncate()
            log.write(line)
            if not line.isspace():
                last_words.append(line[:500])


def _write(pipe: IO[bytes], text: bytes) -> None:
    try:
        pipe.write(text)
        pipe.flush()
    except (OSError, ValueError):
        return  # it has ended; who waits for the answer is told so


def _end(
    process: "subprocess.Popen[bytes]",
    lines: "queue.Queue[bytes | None]",
    threads: Sequence[threading.Thread],
    folder: "tempfile.TemporaryDirectory[str]",
) -> None:
    """Kill the process and what it started, and let go of everything."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for thread in threads:
        while thread.is_alive():  # it may wait to put a line
            with suppress(queue.Empty):
                while True:
                    lines.get_nowait()
            thread.join(0.01)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    folder.cleanup()


def _load(folder: Path, file: str) -> npt.NDArray[Any]:
    return np.asarray(np.load(folder / Path(file).name, allow_pickle=False))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]
