"""Microsoft's CLAP of 2023, through its authors' package in an environment of its own.

B. Elizalde et al., "Natural Language Supervision for General-Purpose Audio Representations", 2023.
"""

from v2m.backends.install import connect
from v2m.devices import choose_device
from v2m.encoders.far_towers import FarTowers
from v2m.encoders.music_text import MusicText, MusicTowers
from v2m.models import hub


class MsClap(MusicText):
    """Encodes text and music with msclap, seven seconds at a time."""

    def load(self) -> MusicTowers:
        """Start the package where it lives and load the checkpoint there."""
        weights = hub.one_file(self.checkpoint.files(), self.checkpoint.card)
        model = {
            "checkpoint": str(weights),
            "text": str(self.checkpoint.text_files()),
            "device": choose_device().type,
        }
        return FarTowers(connect("msclap"), model)
