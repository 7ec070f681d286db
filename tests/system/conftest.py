"""Fixtures of the system tests: real models, real music, and FFmpeg's own binary as the judge."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import imageio_ffmpeg
import pytest

from v2m.library import Library

TRACKS = (
    "calm/calm_acoustic_1.opus",
    "energetic/energetic_electronic_2.opus",
    "happy/happy_acoustic_1.opus",
    "nostalgic/nostalgic_acoustic_1.opus",
    "tender/tender_electronic_1.opus",
)


def ffmpeg(*arguments: str | Path) -> str:
    """Run FFmpeg and return what it logs."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def bundled_track(name: str) -> Path:
    """Return the path of a track of package immich-memories-music."""
    spec = find_spec("immich_memories_music")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "tracks" / name


@pytest.fixture(scope="session")
def _indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of five bundled tracks, made once per test process."""
    folder = tmp_path_factory.mktemp("library")
    music = folder / "music"
    music.mkdir()
    for name in TRACKS:
        shutil.copy(bundled_track(name), music)
    library = Library(folder / "catalogue", create=True)
    library.index([music], workers=min(2, os.cpu_count() or 1))
    assert library.catalogue.count() == len(TRACKS)
    return folder


@pytest.fixture
def music_library(_indexed: Path, tmp_path: Path) -> Library:
    """A library of its own for each test, a copy of the one indexed once."""
    shutil.copytree(_indexed / "catalogue", tmp_path / "catalogue")
    return Library(tmp_path / "catalogue")
