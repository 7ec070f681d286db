"""Profile lite needs PyTorch once, to read published weights, and never again."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 22050

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from indexer.mapper import build_mapper
from v2m.audio.voice import RATE, VoiceDetector
from v2m.encoders.profiles import ProfileSpec

mapper = build_mapper(ProfileSpec())
mapper.map(Path(sys.argv[1]), "one")
picture = np.full((1, 256, 256, 3), 127, np.uint8)
mapper.profile.frames.name_frames(picture, 3)
VoiceDetector().probabilities([np.zeros((1, RATE), np.float32)])
print("torch" in sys.modules)
"""


@pytest.fixture
def music(tmp_path: Path) -> Path:
    beats = np.random.default_rng(0).normal(0, 0.2, 8 * RATE) * (np.arange(8 * RATE) % 11025 < 900)
    soundfile.write(tmp_path / "beats.wav", beats, RATE)
    return tmp_path / "beats.wav"


def test_hearing_naming_and_finding_speech_import_no_torch(music: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(music)]
    for _ in range(2):  # the first may have to write down what the second finds
        run = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)

    assert run.stdout.split() == ["False"]
