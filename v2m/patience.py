"""How long and how often somebody else's machine is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often an endpoint is asked for the prompts of one run.

    Attributes:
        timeout_seconds: for one answer.
        retries: after a failure that may pass; pauses grow, or are as long as the server asks.
        most_requests: retries not counted.
        most_tokens: as the server counts them; 0 for any number.
    """

    timeout_seconds: float = 60.0
    retries: int = 2
    most_requests: int = 300
    most_tokens: int = 300_000


@dataclass(slots=True)
class Budget:
    """What one run has asked of an endpoint; writers that share it share what is left.

    Attributes:
        requests: sent, retries not counted.
        tokens: as the server counts them.
        gave_up: why it is not asked any more; "" while it is.
    """

    requests: int = 0
    tokens: int = 0
    gave_up: str = ""


USUAL = Patience()
"""Where nobody asks for another."""
