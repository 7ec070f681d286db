"""Runs recurrent layers over a long sequence a few stretches side by side.

A step of one sequence waits for its own results; three sequences take as long as one. What comes
before a stretch is not known when it begins, so it begins with nothing remembered, and is run again
from what the stretch ahead of it ends with: until both runs remember the same, from where on they
are the same. Where they never do, all of it is run again, so that the result is always that of one
step after the other.
"""

import torch
from torch import nn

MOST = 3
"""Stretches at once; a step of four takes longer than one of three."""

SHORTEST = 2000
"""Steps of a stretch: BeatNet's layers forget how they began within 500 to 1,300."""

PIECE = 250
"""Steps between two looks at what is remembered."""

SAME = 2e-5
"""Most that a state of [-1, 1], or a cell of a few times that, may differ in to be the same;
rounding alone makes 6e-6."""


def run_layers(layers: nn.LSTM, steps: torch.Tensor) -> torch.Tensor:
    """Return what recurrent layers make of a sequence, (n, inputs) -> (n, cells)."""
    n_stretches = min(MOST, len(steps) // SHORTEST)
    if n_stretches < 2:
        return torch.as_tensor(layers(steps)[0])
    for weights in layers.all_weights:  # one by one: a layer told the right things forgets sooner
        steps = _Stretches(tuple(weights), layers.hidden_size, steps, n_stretches).run()
    return steps


class _Stretches:
    """Stretches of one length, piece by piece; zeros behind the last one fill it up."""

    def __init__(
        self, weights: tuple[torch.Tensor, ...], n_cells: int, steps: torch.Tensor, n: int
    ) -> None:
        self._weights, self._n, self._n_steps = weights, n, len(steps)
        self._n_pieces = -(-len(steps) // (n * PIECE))
        filled = steps.new_zeros(n * self._n_pieces * PIECE, steps.shape[1])
        filled[: len(steps)] = steps
        pieces = filled.view(n, self._n_pieces, PIECE, -1)
        self._pieces = pieces.permute(1, 2, 0, 3)  # (pieces, steps, stretches, inputs)
        self._out = steps.new_empty(n, self._n_pieces, PIECE, n_cells)
        # state and cell behind every piece
        self._behind = steps.new_empty(self._n_pieces, 2, n, n_cells)

    def run(self) -> torch.Tensor:
        every = torch.arange(self._n)
        again = self._run(every, torch.zeros_like(self._behind[0]), known=False)[1:]
        while len(again):
            changed = self._run(again, self._behind[-1][:, again - 1], known=True)
            again = changed[changed < self._n - 1] + 1
        return self._out.view(-1, self._out.shape[-1])[: self._n_steps]

    def _run(self, which: torch.Tensor, ahead: torch.Tensor, *, known: bool) -> torch.Tensor:
        """Run stretches from what is remembered ahead of them; return those with another end.

        Args:
            which: their numbers.
            ahead: state and cell, shape (2, len(which), cells).
            known: they were run before; each stops where it remembers the same as then.
        """
        for number in range(self._n_pieces):
            out, ahead = self._layer(self._pieces[number][:, which], ahead)
            self._out[which, number] = out.transpose(0, 1)
            before = self._behind[number][:, which]
            self._behind[number][:, which] = ahead
            if known:
                differs = (ahead - before).abs().amax((0, 2)) > SAME
                which, ahead = which[differs], ahead[:, differs]
                if not len(which):
                    break
        return which

    def _layer(self, steps: torch.Tensor, ahead: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the layer over some steps; return its states, and state and cell at the end."""
        remembered = [part[None].contiguous() for part in ahead]
        out, state, cell = torch.lstm(
            steps,
            remembered,
            self._weights,
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=False,
            bidirectional=False,
            batch_first=False,
        )
        return out, torch.cat([state, cell])
