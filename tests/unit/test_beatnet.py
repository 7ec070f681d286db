import numpy as np
import torch
from torch import nn

from v2m.encoders.beatnet import FRAMES_PER_SECOND, NETWORKS, RATE, Activations, BeatNet, features
from v2m.types import Mono
from v2m.wheels import model_file


def _clicks(bpm: float, seconds: float) -> Mono:
    sound = np.zeros(round(seconds * RATE), np.float32)
    burst = np.random.default_rng(0).normal(0, 1, 2000) * np.exp(-np.arange(2000) / 300)
    for at in np.arange(0.5, seconds - 0.2, 60 / bpm):
        sound[round(at * RATE) :][:2000] += burst
    return 0.3 * sound


def test_clicks_are_heard_as_beats_where_they_are() -> None:
    heard = BeatNet().hear(_clicks(120, 15)).sum(axis=1)

    strongest = heard[round(5.3 * FRAMES_PER_SECOND) :][:25].argmax() + 5.3 * FRAMES_PER_SECOND
    assert len(heard) == round(15 * FRAMES_PER_SECOND)
    assert abs(strongest / FRAMES_PER_SECOND - 5.5) <= 0.04


def test_no_sound_has_no_frames() -> None:
    assert BeatNet().hear(np.zeros(0, np.float32)).shape == (0, 2)


class _AsPublished(nn.Module):
    """The network as its authors write it, with weights of 32 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 2, 10)
        self.linear0 = nn.Linear(2 * 131, 150)
        self.lstm = nn.LSTM(150, 150, num_layers=2)
        self.linear = nn.Linear(150, 3)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        sounding = nn.functional.max_pool1d(torch.relu(self.conv1(seen[:, None])), 2)
        said, _ = self.lstm(self.linear0(sounding.flatten(1)))
        return torch.softmax(self.linear(said), dim=1)[:, :2]


def _as_published(mono: Mono) -> Activations:
    heard = []
    with torch.inference_mode():
        for name in NETWORKS.values():
            network = _AsPublished()
            network.load_state_dict(torch.load(model_file(name), weights_only=True))
            heard.append(network(torch.from_numpy(features(mono))).numpy())
    return np.asarray(np.mean(heard, axis=0), np.float32)


def test_small_weights_hear_what_the_published_network_hears() -> None:
    mono = _clicks(97, 20)

    heard, wanted = BeatNet().hear(mono), _as_published(mono)

    assert np.abs(heard - wanted).mean() < 0.01
    assert np.abs(heard - wanted).max() < 0.2
    assert np.corrcoef(heard.ravel(), wanted.ravel())[0, 1] > 0.995
