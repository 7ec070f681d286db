"""Profile full from video to film: find, miss, describe, prompt, compose, keep, find again."""

import json
from pathlib import Path

import pytest

from tests.checkpoints.encoders import build_clap, build_clip
from tests.checkpoints.language import build_language_model
from tests.checkpoints.vision import build_blip2
from tests.commands import Commands
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.library import Library
from v2m.video.probe import probe_video


@pytest.fixture
def _tiny_full(
    tmp_path: Path, tiny_musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Path]:
    """Name tiny checkpoints as the models of profile full, as a user's v2m.toml would."""
    folders = {
        "picture_text": build_clip(tmp_path / "clip"),
        "music_text": build_clap(tmp_path / "clap"),
        "describer": build_blip2(tmp_path / "blip2"),
        "prompt_writer": build_language_model(tmp_path / "writer"),
        "composer": tiny_musicgen,
    }
    for role, folder in folders.items():
        monkeypatch.setenv(f"V2M_MODEL_{role.upper()}", str(folder))
    monkeypatch.setenv("V2M_PROFILE", "full")
    return folders


@pytest.mark.usefixtures("_tiny_full")
def test_what_was_composed_for_a_video_is_found_for_it_again(v2m: Commands, tmp_path: Path) -> None:
    video = write_video(tmp_path / "film.mp4", [*plain(RED, 80), *plain(BLUE, 80)])
    (tmp_path / "music").mkdir()
    assert v2m("index", tmp_path / "music").code == 0  # a library that holds nothing yet
    score = ("score", video, "--min-probability", "0.9", "--plan")

    first = v2m(*score, tmp_path / "1.json", "-o", tmp_path / "1.mp4")
    second = v2m(*score, tmp_path / "2.json", "-o", tmp_path / "2.mp4")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    made, found = (json.loads((tmp_path / f"{n}.json").read_text()) for n in (1, 2))
    assert [cue["source"] for cue in made["cues"]] == ["generated"] * len(made["cues"])
    assert [cue["source"] for cue in found["cues"]] == ["retrieved"] * len(found["cues"])
    assert {c["track_id"] for c in found["cues"]} <= {c["track_id"] for c in made["cues"]}
    for scene in made["scenes"]:
        emotions = next(a for a in scene["answers"] if a["question"] == "emotion")
        assert sum(emotions["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert scene["prompt_by"] in ("template", "writer")
    for finished in (tmp_path / "1.mp4", tmp_path / "2.mp4"):
        assert probe_video(finished).duration_seconds == pytest.approx(6.4, abs=0.05)
    library = Library(tmp_path / "user-catalogue", profile="full")
    for cue in made["cues"]:
        track = library.track(cue["track_id"])
        kept = library.catalogue.provenance(track.track_id)
        assert kept is not None
        assert (track.origin, kept.weights_licence) == ("generated", "CC-BY-NC-4.0")
        assert (kept.model, kept.parent_video) == ("musicgen", "film.mp4")
        assert "NC" in track.licence
