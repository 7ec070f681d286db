"""Tiny checkpoints as fixtures, written once per test process."""

from pathlib import Path

import pytest

from tests.checkpoints.encoders import build_clap, build_clip, build_open_clip, build_siglip


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with tiny models, by loader or family."""
    folder = tmp_path_factory.mktemp("checkpoints")
    builders = {
        "clip": build_clip,
        "siglip": build_siglip,
        "open_clip": build_open_clip,
        "clap": build_clap,
    }
    return {name: build(folder / name) for name, build in builders.items()}
