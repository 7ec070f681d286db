"""Writes muspy_reference.json: what MusPy 0.5.0 says of the files in tests/unit/midi_recipes.py.

pip install muspy==0.5.0      # in an environment of its own
PYTHONPATH=. python tests/data/make_muspy_reference.py
"""

import json
import math
import sys
import tempfile
from pathlib import Path

from tests.unit.midi_recipes import KINDS, PER_KIND, fingerprint, midi_of

JSON_PATH = Path(__file__).with_name("muspy_reference.json")


def main() -> None:
    """Measure every file and write the figures."""
    try:
        import muspy  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        sys.exit("pip install muspy==0.5.0")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.mid"
        for kind in KINDS:
            for seed in range(PER_KIND):
                midi_of(kind, seed).save(path)
                music = muspy.read_midi(path)
                figures = [
                    float(measure(music))
                    for measure in (
                        muspy.scale_consistency,
                        muspy.pitch_entropy,
                        muspy.pitch_class_entropy,
                        muspy.empty_beat_rate,
                    )
                ]
                values = [None if math.isnan(v) else v for v in figures]
                rows.append([kind, seed, fingerprint(kind, seed), *values])
    columns = ["kind", "seed", "fingerprint", "SC", "PE", "PCE", "EBR"]
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = f'{{"muspy": "{muspy.__version__}", "columns": {json.dumps(columns)}, "rows": [\n'
    JSON_PATH.write_text(f"{head}{lines}\n]}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
