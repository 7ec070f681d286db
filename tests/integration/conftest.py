"""A study made once, copied for each test."""

import shutil
from pathlib import Path

import pytest

from tests.integration.studies import write_configurations
from v2m.study.make import StudyOptions, make_study


@pytest.fixture(scope="session")
def finished_videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two films under four configurations; nothing writes there."""
    return write_configurations(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def made_study(finished_videos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of them; nothing writes there."""
    folder = tmp_path_factory.mktemp("made") / "study"
    make_study(folder, finished_videos, StudyOptions(floor="random", reference="human"))
    return folder


@pytest.fixture
def study_folder(made_study: Path, tmp_path: Path) -> Path:
    """A study that nobody has answered."""
    return Path(shutil.copytree(made_study, tmp_path / "study"))
