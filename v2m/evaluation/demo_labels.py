"""What music people would put under the demo's clips, written down before anything was measured.

Two grades: 2 where a mood is what the clip asks for, 1 where it would do. By the authors, for three
clips: enough to show the measures at work, too little to judge by.
"""

from collections.abc import Mapping

CLIP_MOODS: Mapping[str, Mapping[str, int]] = {
    "demo-bigbuckbunny": {"happy": 2, "tender": 1, "calm": 1},
    "demo-bikes": {"energetic": 2, "happy": 1},
    "demo-carphone": {"calm": 2, "nostalgic": 1},
}
"""By clip of ``v2m.demo``, grades of the moods of its bundled music."""
