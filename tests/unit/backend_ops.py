"""Operations of a pretended backend: some work, some do what backends do on bad days."""

import os
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any

PACKAGE = "pretended"

Arrays = dict[str, Any]
Report = Callable[[int, int], None]
Made = tuple[dict[str, Any], Arrays]


def echo(params: Mapping[str, Any], arrays: Arrays, report: Report) -> Made:
    sys.stdout.write("this must not get between the messages\n")
    for done in range(3):
        report(done + 1, 3)
    return dict(params), arrays


def environment(params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    return {name: os.environ.get(name, "") for name in params["names"]} | {"pid": os.getpid()}, {}


def refuse(_params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    raise ValueError("this is\nnot what I want")


def fail(_params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    raise RuntimeError("no such layer")


def crash(_params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    sys.stderr.write("out of ideas\n")
    sys.stderr.flush()
    os._exit(3)


def hang(_params: Mapping[str, Any], _arrays: Arrays, report: Report) -> Made:
    sys.stderr.write("hanging\n")
    sys.stderr.flush()
    report(1, 100)
    time.sleep(600)
    return {}, {}


def flood(params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    for _ in range(params["megabytes"]):
        sys.stderr.write(("x" * 1023 + "\n") * 1024)
    return {}, {}


def load(_params: Mapping[str, Any], _arrays: Arrays, _report: Report) -> Made:
    return {"sample_rate": 8000, "hears_melody": False}, {}


def compose(params: Mapping[str, Any], arrays: Arrays, report: Report) -> Made:
    """Compose noise of prompt and seed, or do what the model's name says."""
    import numpy as np

    if params["model"] in OPERATIONS:
        return OPERATIONS[params["model"]](params, arrays, report)
    rng = np.random.default_rng([params["seed"], zlib.crc32(params["prompt"].encode())])
    report(1, 1)
    noise = rng.normal(0, 0.1, (1, round(8000 * params["seconds"])))
    return {}, {"audio": noise.astype(np.float32)}


OPERATIONS: dict[str, Callable[[Mapping[str, Any], Arrays, Report], Made]] = {
    "load": load,
    "compose": compose,
    "echo": echo,
    "environment": environment,
    "refuse": refuse,
    "fail": fail,
    "crash": crash,
    "hang": hang,
    "flood": flood,
}
