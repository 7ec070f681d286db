"""Makes, finds and removes the environments of backends."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_data_path

from v2m.backends.channel import OF_OUR_OWN, Backend, ChildProcess, InProcess
from v2m.backends.recipes import RECIPES, Recipe, recipe
from v2m.errors import BackendError, StateError, printable
from v2m.files import replacing

MARKER = "v2m-backend.json"
"""Written when an environment is whole: one without it is made anew."""

CHILD = Path(__file__).parent / "child" / "serve.py"


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """Where a backend is.

    Attributes:
        name: of the backend.
        where: "in process", "installed" or "not installed".
        version: of its package; "" where not installed.
        path: of its environment; "" where it needs none.
        licence: of its package.
        why: why it has an environment of its own.
    """

    name: str
    where: str
    version: str
    path: str
    licence: str
    why: str


def backends_folder() -> Path:
    """Return where environments lie: ``V2M_BACKENDS``, else the user's data folder."""
    named = os.environ.get("V2M_BACKENDS")
    return Path(named) if named else user_data_path("v2m") / "backends"


def statuses() -> list[BackendStatus]:
    """Return where every backend is; starts nothing."""
    return [_status(one) for one in RECIPES.values()]


def connect(name: str) -> Backend:
    """Return a backend: the package in this process where it can be imported, else its process.

    Raises:
        ConfigError: there is no such backend.
        StateError: it is not installed.
    """
    wanted = recipe(name)
    if find_spec(wanted.package) is not None:
        return InProcess(name, wanted.module)
    folder = backends_folder() / name
    if not (folder / MARKER).is_file():
        raise StateError(f"{name} is not installed; run 'v2m backends install {name}'")
    return _child(wanted, folder)


def install(name: str, say: Callable[[str], None]) -> BackendStatus:
    """Make a backend's environment; a broken or older one is replaced.

    Args:
        name: of the backend.
        say: is told what is done.

    Raises:
        ConfigError: there is no such backend.
        BackendError: pip fails, or what was installed does not start; nothing is left behind.
    """
    wanted = recipe(name)
    folder = backends_folder() / name
    _drop(folder)
    try:
        say(f"making an environment for {name} at {printable(folder)}")
        _run(name, [sys.executable, "-m", "venv", str(folder)])
        for number, step in enumerate(wanted.steps, 1):
            say(f"step {number} of {len(wanted.steps)}: pip install {' '.join(step)}")
            _run(name, [_python(folder), "-m", "pip", "install", "--quiet", *step])
        _mend_audio(name, folder, say)
        say(f"starting {name} once")
        found = _try_out(wanted, folder)
    except BaseException:
        _drop(folder)
        raise
    with replacing(folder / MARKER) as temporary:
        temporary.write_text(json.dumps({"versions": found}) + "\n", encoding="utf-8")
    return _status(wanted)


def remove(name: str) -> bool:
    """Remove a backend's environment; returns whether there was one.

    Raises:
        ConfigError: there is no such backend.
    """
    folder = backends_folder() / recipe(name).name
    there = folder.is_dir()
    _drop(folder)
    return there


def _status(one: Recipe) -> BackendStatus:
    folder = backends_folder() / one.name
    if find_spec(one.package) is not None:
        try:
            found = version(one.package)
        except PackageNotFoundError:
            found = "unknown"
        return BackendStatus(one.name, "in process", found, "", one.licence, one.why)
    marker = folder / MARKER
    if not marker.is_file():
        return BackendStatus(one.name, "not installed", "", str(folder), one.licence, one.why)
    versions = json.loads(marker.read_text(encoding="utf-8")).get("versions", {})
    found = versions.get(one.package, "unknown")
    return BackendStatus(one.name, "installed", found, str(folder), one.licence, one.why)


def _child(wanted: Recipe, folder: Path) -> ChildProcess:
    work = folder / "work"  # laion-clap looks here for roberta-base before it asks the hub
    work.mkdir(exist_ok=True)
    return ChildProcess(
        wanted.name,
        [_python(folder), CHILD, wanted.module],
        log_path=folder / "stderr.log",
        cwd=work,
    )


def _python(folder: Path) -> str:
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _run(name: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or [
            "it says nothing"
        ]
        raise BackendError(name, f"cannot be installed: {lines[-1].strip()[:300]}")


def _mend_audio(name: str, folder: Path, say: Callable[[str], None]) -> None:
    """Without CUDA, torchaudio's compiled part cannot load; it does without, and so do we."""
    packages = next((folder / "lib").glob("python*/site-packages"), folder / "Lib/site-packages")
    audio = packages / "torchaudio" / "lib"
    check = [_python(folder), "-c", "import torchaudio"]
    if not audio.is_dir():
        return
    if subprocess.run(check, capture_output=True, check=False).returncode:
        say(
            "torchaudio's compiled part does not fit this build of torch: removed, nothing needs it"
        )
        for library in audio.glob("*.so"):
            library.unlink()
        _run(name, check)


def _try_out(wanted: Recipe, folder: Path) -> dict[str, str]:
    """Import the package where it will run, and return versions."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(CHILD.parent)!r}); "
        f"import {wanted.module}; {wanted.module}.check(); "
        "from importlib.metadata import version; "
        f"print(json.dumps({{n: version(n) for n in ({wanted.package!r}, 'torch', 'numpy')}}))"
    )
    # laion-clap asks the hub for tokenizers at import; here it is only tried
    environment = {k: v for k, v in os.environ.items() if k not in OF_OUR_OWN}
    done = subprocess.run(
        [_python(folder), "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "HF_HUB_OFFLINE": "1"},
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it says nothing"]
        raise BackendError(wanted.name, f"was installed but does not start: {words[-1][:300]}")
    found: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _drop(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
