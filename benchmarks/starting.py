"""What a command costs before it does anything; both sides read byte code, as what is installed."""

from collections.abc import Iterator

from benchmarks.rows import Row, Setting, compare, installed
from catalogs.store import Catalogue

LINES = {
    "v2m --help": ("--help",),
    "start, open a catalogue and list it": ("tracks", "list", "--catalog"),
}


def rows(setting: Setting) -> Iterator[Row]:
    """Start processes that say what there is and list an empty catalogue, against an idle one."""
    catalogue = setting.folder / "catalogue"
    Catalogue.open(catalogue, create=True)
    for name, words in LINES.items():
        line = [*words, str(catalogue)] if words[-1] == "--catalog" else words
        yield compare(
            name,
            installed(setting.folder, "-m", "cli", *line),
            "python -c pass",
            installed(setting.folder, "-c", "pass"),
            rounds=setting.rounds,
            note="processor time: both run on one core",
        )
