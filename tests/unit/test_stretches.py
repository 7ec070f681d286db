import pytest
import torch
from torch import nn

from v2m.encoders.stretches import PIECE, SHORTEST, run_layers


def _layers(remembering: float) -> nn.LSTM:
    torch.manual_seed(0)
    layers = nn.LSTM(3, 8, num_layers=2)
    for layer in range(2):
        bias = getattr(layers, f"bias_ih_l{layer}").data
        bias[8:16] = remembering  # of the gate that keeps what is remembered
    return layers


@pytest.mark.parametrize("remembering", [0.0, 4.0, 20.0])
@pytest.mark.parametrize("n_steps", [2 * SHORTEST - 1, 2 * SHORTEST, 3 * SHORTEST + 7])
def test_stretches_answer_as_one_step_after_the_other(remembering: float, n_steps: int) -> None:
    layers = _layers(remembering)
    steps = torch.randn(n_steps, 3)

    with torch.inference_mode():
        wanted = layers(steps)[0]
        got = run_layers(layers, steps)

    assert got.shape == wanted.shape
    assert torch.allclose(got, wanted, atol=1e-4)


def test_layers_that_forget_run_a_stretch_again_only_until_they_have() -> None:
    class Counting(nn.LSTM):
        n_steps = 0

        def forward(self, steps, state):  # type: ignore[no-untyped-def, override]
            self.n_steps += len(steps)
            return super().forward(steps, state)

    torch.manual_seed(0)
    layers = Counting(3, 8, num_layers=2)

    with torch.inference_mode():
        run_layers(layers, torch.randn(3 * SHORTEST, 3))

    assert layers.n_steps == SHORTEST + PIECE
