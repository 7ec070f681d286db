import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from indexer.runner import _submitted
from tests.commands import Commands
from v2m.threads import NUMPY_ALONE, ONE_EACH, one_thread_each, take_one_thread


@pytest.fixture(autouse=True)
def unset() -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in ONE_EACH}
    yield
    for name, number in before.items():
        os.environ.pop(name, None)
        if number is not None:
            os.environ[name] = number


def test_whoever_has_set_a_number_keeps_it() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "4"

    take_one_thread(NUMPY_ALONE)

    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"
    assert os.environ["VECLIB_MAXIMUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in os.environ


def test_processes_started_meanwhile_take_one_thread_and_later_ones_what_they_like() -> None:
    os.environ["MKL_NUM_THREADS"] = "4"
    asked = "import os; print(*map(os.environ.get, ['OMP_NUM_THREADS', 'MKL_NUM_THREADS']))"

    with one_thread_each():
        meanwhile = subprocess.run([sys.executable, "-c", asked], stdout=-1, check=True, text=True)

    assert meanwhile.stdout.split() == ["1", "4"]
    assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["MKL_NUM_THREADS"] == "4"


class _Pool:
    """Notes what a process would find that is started when work is handed in."""

    def submit(self, work: Callable[..., object], job: object) -> dict[str, str]:
        return dict(os.environ)


def test_workers_of_an_index_run_take_one_thread() -> None:
    found = _submitted(_Pool(), None)  # type: ignore[arg-type]

    assert {found[name] for name in ONE_EACH} == {"1"}  # type: ignore[index]
    assert not set(ONE_EACH) & set(os.environ)


def test_commands_leave_numpy_one_thread_and_pytorch_its_own(v2m: Commands) -> None:
    v2m("schema")

    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in os.environ
