"""Searches by words a second over HTTP, alone and while an index run writes.

python benchmarks/serving.py CATALOGUE [--seconds 5] [--index FOLDER]
"""

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np

WORDS = ("calm piano", "battle drums", "happy morning", "sad rain", "fast electronic chase")
CLIENTS = (1, 4, 16)


@contextmanager
def served(catalogue: Path) -> Iterator[tuple[str, int]]:
    """Serve a catalogue in a process of its own; yields its address and process id."""
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--catalog", str(catalogue)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        found = re.search(r"http://(\S+)/", process.stdout.readline())
        assert found, "the server did not start"
        yield found[1], process.pid
        process.terminate()


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """Clients that ask one search after the other until told to stop."""

    def __init__(self, address: str, n_clients: int) -> None:
        """Start them."""
        self._address = address
        self._stop = threading.Event()
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self.sizes: set[int] = set()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(n_clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop them and wait."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, client: int) -> None:
        connection = HTTPConnection(urlsplit(f"//{self._address}").netloc, timeout=120)
        for number in itertools.count():
            if self._stop.is_set():
                return
            text = f"{WORDS[(client + number) % len(WORDS)]} {client} {number}"
            begun = time.perf_counter()
            connection.request("GET", f"/api/find?text={quote(text)}")
            response = connection.getresponse()
            body = response.read()
            self.seconds.append(time.perf_counter() - begun)
            if response.status != 200:
                self.failures.append(body[:200].decode())
            else:
                self.sizes.add(json.loads(body)["tracks_searched"])


def measure(address: str, pid: int, n_clients: int, seconds: float) -> str:
    """Return a line about so many clients at once."""
    before = cpu_seconds(pid)
    begun = time.perf_counter()
    load = Load(address, n_clients)
    time.sleep(seconds)
    load.stop()
    took, used = time.perf_counter() - begun, cpu_seconds(pid) - before
    n = len(load.seconds)
    p50, p95 = 1000 * np.percentile(load.seconds, [50, 95])
    return (
        f"{n_clients:3} clients  {n / took:6.1f} searches/s  "
        f"{1000 * used / n:6.1f} ms of CPU each  "
        f"median {p50:6.0f} ms  95 % {p95:6.0f} ms  {len(load.failures)} failed"
    )


def beside_index(address: str, catalogue: Path, folder: Path) -> str:
    """Index a folder while four clients search; return a line about both."""
    load = Load(address, 4)
    command = [sys.executable, "-m", "cli", "index", str(folder), "--catalog", str(catalogue)]
    subprocess.run([*command, "--workers", "1"], check=True, capture_output=True)
    at_end = max(load.sizes, default=0)
    begun = time.perf_counter()
    total = _tracks(catalogue)
    while max(load.sizes) < total and time.perf_counter() - begun < 120:
        time.sleep(0.1)
    waited = time.perf_counter() - begun
    load.stop()
    return (
        f"beside an index run: {len(load.seconds)} searches, {len(load.failures)} failed; "
        f"libraries of {sorted(load.sizes)} tracks seen, {at_end} of {total} at its end, "
        f"all {waited:.1f} s later"
    )


def _tracks(catalogue: Path) -> int:
    command = [sys.executable, "-m", "cli", "tracks", "list", "--catalog", str(catalogue), "--json"]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return len(json.loads(told.stdout)["tracks"])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--index", type=Path)
    given = parser.parse_args()
    with served(given.catalogue) as (address, pid):
        measure(address, pid, 1, 1.0)
        for n_clients in CLIENTS:
            print(measure(address, pid, n_clients, given.seconds), flush=True)
        if given.index:
            print(beside_index(address, given.catalogue, given.index))


if __name__ == "__main__":
    main()
