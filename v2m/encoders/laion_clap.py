"""CLAP's original checkpoints, through its authors' package in an environment of its own."""

from v2m.backends.install import connect
from v2m.devices import choose_device
from v2m.encoders.far_towers import FarTowers
from v2m.encoders.music_text import MusicText, MusicTowers
from v2m.models import hub

AUDIO_MODEL = "HTSAT-base"
"""The network of the music checkpoints; the oldest, 630k, have HTSAT-tiny."""


class LaionClap(MusicText):
    """Encodes text and music with laion-clap; vectors of windows come scaled to length 1."""

    def load(self) -> MusicTowers:
        """Start the package where it lives and load the checkpoint there."""
        model = {
            "checkpoint": str(hub.one_file(self.checkpoint.files(), self.checkpoint.card)),
            "amodel": AUDIO_MODEL,
            "fusion": False,
            "device": choose_device().type,
        }
        return FarTowers(connect("laion-clap"), model)
