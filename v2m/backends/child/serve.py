"""The far end of a backend: reads requests from one pipe and answers on another, one by one.

A message is a line of JSON; arrays lie beside it as .npy files in a folder both ends know.

    hello     {"protocol": 1, "backend": "audiocraft", "versions": {"audiocraft": "1.3.0"}}
    request   {"id": 1, "op": "compose", "params": {...}, "arrays": {"melody": "1-melody.npy"}}
    progress  {"id": 1, "progress": [done, total]}
    answer    {"id": 1, "result": {...}, "arrays": {"audio": "1-audio.npy"}}
    failure   {"id": 1, "error": "one line", "kind": "input" or "backend"}

It ends when the pipe it reads from ends, so it never outlives who started it.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

PROTOCOL = 1


def main() -> None:
    """Serve the operations of a module: ``serve.py MODULE FOLDER``."""
    module, folder = sys.argv[1], Path(sys.argv[2])
    requests, answers = _own_pipes()
    _end_with_parent()
    waiting: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(requests, waiting), daemon=True).start()
    operations = importlib.import_module(module)
    _say(
        answers,
        protocol=PROTOCOL,
        backend=operations.PACKAGE,
        versions={name: _version(name) for name in (operations.PACKAGE, "torch", "numpy")},
    )
    while True:
        _answer(json.loads(waiting.get()), operations, folder, answers)


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes away from the packages: what they print goes to standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return requests, answers


def _end_with_parent() -> None:
    """Ask Linux for a signal when the parent dies; elsewhere the end of the pipe has to do."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _read(requests: BinaryIO, waiting: "queue.Queue[bytes]") -> None:
    for line in requests:
        waiting.put(line)
    os._exit(0)


def _answer(request: dict[str, Any], operations: Any, folder: Path, answers: BinaryIO) -> None:
    import numpy as np

    number = request["id"]

    def report(done: int, total: int) -> None:
        _say(answers, id=number, progress=[done, total])

    try:
        given = {
            name: np.load(folder / file, allow_pickle=False)
            for name, file in request["arrays"].items()
        }
        result, made = operations.OPERATIONS[request["op"]](request["params"], given, report)
        files = {name: f"{number}-{name}.npy" for name in made}
        for name, array in made.items():
            np.save(folder / files[name], array, allow_pickle=False)
        _say(answers, id=number, result=result, arrays=files)
    except ValueError as err:
        _say(answers, id=number, error=_line(err), kind="input")
    except Exception as err:  # noqa: BLE001 - whatever a package raises is told to the parent
        traceback.print_exc()
        _say(answers, id=number, error=f"{type(err).__name__}: {_line(err)}", kind="backend")


def _say(answers: BinaryIO, **message: Any) -> None:
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


def _line(err: BaseException) -> str:
    return " ".join(str(err).split())[:500]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    main()
