"""PyAV with FFmpeg's own log silenced: what matters of it reaches the user as one of our errors."""

import av
import av.logging

av.logging.set_libav_level(av.logging.PANIC)

__all__ = ["av"]
