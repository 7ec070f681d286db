"""The paper's listener against SpeechBrain itself, where SpeechBrain is installed.

SpeechBrain needs a torchaudio that fits torch, so it lives in an environment of its own:

    pip install -e '.[full,dev]' speechbrain
    python -m pytest tests/system/test_speechbrain.py -rP
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from v2m.evaluation.emotion import CLASSES
from v2m.evaluation.emotion_heads import SPEECH_RATE, Wav2Vec2Head
from v2m.types import Audio

speechbrain = pytest.importorskip("speechbrain", reason="pip install speechbrain")
pytestmark = pytest.mark.filterwarnings("ignore")  # its own, by the dozen

ORDER = ("neu", "ang", "hap", "sad")
"""Not the order of ``CLASSES``: labels have to come from the file."""

TINY = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
    "conv_dim": [16, 16, 16], "conv_kernel": [10, 3, 3], "conv_stride": [5, 2, 2],
    "num_feat_extract_layers": 3, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
PUBLISHED: dict[str, Any] = {}
"""The body of the published model is that of wav2vec2-base: transformers' defaults."""

Classify = Callable[[np.ndarray], tuple[np.ndarray, str]]


def _listener(folder: Path, config: dict[str, Any]) -> Classify:
    """Build the paper's kind of classifier with SpeechBrain's classes, and let it save itself."""
    from speechbrain.dataio.encoder import CategoricalEncoder
    from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
    from speechbrain.nnet.linear import Linear
    from speechbrain.nnet.pooling import StatisticsPooling
    from speechbrain.utils.checkpoints import Checkpointer

    torch.manual_seed(3)
    hub = folder / "hub"
    body = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**config))
    body.save_pretrained(hub)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(hub)
    wav2vec2 = Wav2Vec2(str(hub), save_path=str(hub), output_norm=True).eval()
    linear = Linear(input_size=body.config.hidden_size, n_neurons=4, bias=False)
    pool = StatisticsPooling(return_std=False)
    pool.eps = 0.0  # it adds random noise of this size to every mean
    with torch.inference_mode():
        means = [pool(wav2vec2(torch.from_numpy(x)[None]), torch.ones(1)) for x in _sounds()]
    linear.w.weight.data = _spread(torch.cat(means).reshape(len(means), -1))
    labels = CategoricalEncoder()
    labels.update_from_iterable(ORDER)
    parts = {"wav2vec2": wav2vec2, "model": torch.nn.ModuleList([linear])}
    saved = Checkpointer(folder / "saved", parts).save_checkpoint()
    for name in ("wav2vec2.ckpt", "model.ckpt"):
        (saved.path / name).rename(folder / name)
    labels.save(str(folder / "label_encoder.txt"))
    if config:
        (folder / "config.json").write_text(json.dumps(config))

    def classify(mono: np.ndarray) -> tuple[np.ndarray, str]:
        with torch.inference_mode():
            wave = torch.from_numpy(mono)[None]
            means = pool(wav2vec2(wave), torch.ones(1)).reshape(1, -1)
            said = torch.softmax(linear(means), dim=-1)
        return said[0].numpy(), labels.decode_torch(said.argmax(dim=-1))[0]

    return classify


def _spread(means: torch.Tensor) -> torch.Tensor:
    """Return weights by which four of the sounds are heard as four emotions, shape (4, width)."""
    centre = means.mean(dim=0)
    apart = means[::3] - centre  # an untrained body hears nearly the same in everything
    apart = apart - torch.outer(apart @ centre, centre) / (centre @ centre)
    return 3 * apart / (apart**2).sum(dim=1, keepdim=True)


def _sounds() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    times = np.arange(3 * SPEECH_RATE) / SPEECH_RATE
    tones = [np.sin(2 * np.pi * f * times) * np.exp(-times) for f in (110, 330, 990, 3300)]
    noises = [rng.normal(0, level, len(times)) for level in (0.01, 0.1, 0.5)]
    steps = [np.sign(np.sin(2 * np.pi * f * times * times)) * 0.2 for f in (3, 30, 300)]
    return [np.asarray(x, np.float32) for x in (*tones, *noises, *steps, tones[0] + noises[1])]


@pytest.mark.parametrize("config", [TINY, PUBLISHED], ids=["tiny", "wav2vec2-base"])
def test_a_checkpoint_of_speechbrain_says_what_speechbrain_says(
    config: dict[str, Any], tmp_path: Path
) -> None:
    classify = _listener(tmp_path, config)
    head = Wav2Vec2Head(tmp_path)

    gaps, heard = [], set()
    for mono in _sounds():
        said, label = classify(mono)
        ours = head.probabilities(Audio(mono[None], SPEECH_RATE))
        gaps.append(np.abs(ours - said[[ORDER.index(name) for name in CLASSES]]).max())
        assert head.hear([Audio(mono[None], SPEECH_RATE)]) == [label]
        heard.add(label)

    assert len(heard) == 4
    sys.stdout.write(f"{len(gaps)} sounds, greatest difference of a probability {max(gaps):.1e}\n")
    assert max(gaps) < 1e-5
