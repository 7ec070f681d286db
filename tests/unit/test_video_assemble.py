"""The demo's video, put together out of clips."""

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.errors import BackendError
from v2m.video import assemble
from v2m.video.assemble import assemble_demo_video
from v2m.video.probe import probe_video
from v2m.video.stills import still_at

# MoviePy leaves the pipes of an FFmpeg that has ended by itself to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(autouse=True)
def _collect_pipes() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    return [
        write_video(tmp_path / "wide.mp4", plain(RED, 12, (36, 64))),
        write_video(tmp_path / "tall.mp4", plain(BLUE, 32, (64, 36)), sound=True),
    ]


def test_clips_are_shown_whole_on_black_one_after_the_other(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "LONGEST_CLIP_SECONDS", 0.6)
    out = tmp_path / "demo.part"
    assemble_demo_video(clips, out)

    facts = probe_video(out)
    assert (facts.width, facts.height) == (1280, 720)
    assert facts.fps == pytest.approx(25)
    assert facts.duration_seconds == pytest.approx(0.4 + 0.6, abs=0.045)
    assert (facts.video_codec, facts.has_audio) == ("h264", False)
    wide, tall = still_at(out, facts, [0.2, 0.8], 72)
    assert np.abs(wide.reshape(-1, 3).mean(axis=0) - RED).max() < 15
    assert np.abs(tall[36, 64] - np.array(BLUE, float)).max() < 15
    assert max(tall[:, :30].max(), tall[:, -30:].max()) < 20


def test_a_clip_that_is_no_video_is_a_backend_error(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 100)

    with pytest.raises(BackendError, match="cannot make the demo video"):
        assemble_demo_video([clips[0], tmp_path / "bad.mp4"], tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_a_missing_clip_is_a_backend_error(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="no such clip"):
        assemble_demo_video([tmp_path / "missing.mp4"], tmp_path / "out.mp4")
