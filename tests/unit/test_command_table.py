"""What ``v2m --help`` says without importing a command is what the commands say."""

import subprocess
import sys

import pytest

import cli
import v2m.doctor
from tests.commands import Commands
from v2m import __version__
from v2m.commands.lazy import Named, typers_command


@pytest.mark.parametrize("named", cli.COMMANDS, ids=[named.name for named in cli.COMMANDS])
def test_the_help_of_a_command_is_its_own(named: Named) -> None:
    assert typers_command(named).help.split("\n\n")[0].replace("\n", " ") == named.help


def test_top_level_help_lists_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    helped = Commands(capsys, monkeypatch)("--help")

    listed = [line.split()[0] for line in helped.out.split("Commands:\n")[1].splitlines()]
    assert listed == [named.name for named in cli.COMMANDS]
    assert helped.code == 0


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("--version", 0, f"v2m {__version__}"),
        ("tracks --help", 0, "Usage: v2m tracks [OPTIONS] COMMAND"),
        ("tracks list --help", 0, "Usage: v2m tracks list [OPTIONS]"),
        ("fnd", 2, "Did you mean 'find'?"),
        ("tracks lst", 2, "Did you mean 'list'?"),
        ("diff one.json", 2, "Missing argument"),
    ],
)
def test_a_line_reaches_what_it_names(
    line: str,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = Commands(capsys, monkeypatch)(*line.split())

    assert done.code == code
    assert said in done.out + done.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("v2m tr", ["tracks"]), ("v2m tracks re", ["remove"]), ("v2m tracks list --wh", ["--where"])],
)
def test_a_shell_completes_names_and_options(
    typed: str,
    offered: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("_V2M_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))

    assert Commands(capsys, monkeypatch)().out.split() == offered


def test_a_command_ends_with_its_own_code_however_its_line_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v2m.doctor, "examine", lambda _folder: [_Bad()])
    run = Commands(capsys, monkeypatch)

    assert run("doctor", "--json").code == 3
    assert run("doctor", "--json", "--").code == 3  # "--" is no plain word


class _Bad:
    ok = False

    def to_json(self) -> dict[str, bool]:
        return {"ok": self.ok}


def test_packages_that_log_at_a_level_of_their_own_are_silent_unless_asked() -> None:
    code = (
        "import logging; from v2m.commands.shared import start_logging; start_logging(False)\n"
        "package = logging.getLogger('package'); package.setLevel(logging.DEBUG)\n"
        "package.debug('building'); package.warning('careful')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr == "WARNING careful\n"
