"""What a process imports to carry out a command."""

import subprocess
import sys

HEAVY = (
    "av", "duckdb", "faiss", "fastapi", "moviepy", "mutagen", "numpy.ma", "PIL", "pyarrow",
    "pydantic", "rich", "scipy", "scenedetect", "soundfile", "tokenizers", "torch",
    "v2m.audio.structure", "v2m.soundtrack.plan",
)  # fmt: skip
"""Modules that take 20 ms or more to import and that few commands have a use for."""

CODE = (
    "import sys, contextlib, io, cli; before = sys.argv\n"
    "sys.argv = ['v2m', *before[2:]]\n"
    "with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):\n"
    "    cli.main()\n"
    "assert before[1] in out.getvalue(), out.getvalue()\n"
    "print(*sorted(sys.modules))"
)


def imports_of(said: str, *line: object) -> set[str]:
    """Return the modules a new process has imported when it has carried out a line."""
    command = [sys.executable, "-c", CODE, said, *map(str, line)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
