"""Measures how well copies of a recording are told from other recordings, on 28 bundled tracks.

    python benchmarks/duplicates.py

Each track is encoded anew in twelve ways; fingerprints are compared with the originals.
"""

import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import imageio_ffmpeg

from v2m.audio.fingerprint import SAME, Codes, fingerprint, likeness

MP3 = ("-c:a", "libmp3lame", "-b:a")
OGG = ("-c:a", "libvorbis", "-b:a")
AAC = ("-c:a", "aac", "-b:a")
VERSIONS = {
    "64.mp3": (*MP3, "64k"),
    "128.mp3": (*MP3, "128k"),
    "320.mp3": (*MP3, "320k"),
    "48.ogg": (*OGG, "48k"),
    "160.ogg": (*OGG, "160k"),
    "64.m4a": (*AAC, "64k"),
    "192.m4a": (*AAC, "192k"),
    "quieter.mp3": ("-af", "volume=-9dB", *MP3, "128k"),
    "mono.mp3": ("-ac", "1", "-ar", "22050", *MP3, "48k"),
    "head.mp3": ("-ss", "2.3", *MP3, "128k"),
    "tail.ogg": ("-t", "25", *OGG, "96k"),
    "loud.mp3": ("-af", "loudnorm=I=-9:TP=-1", "-ar", "44100", *MP3, "128k"),
}


def main() -> None:
    """Encode, compare and print."""
    spec = find_spec("immich_memories_music")
    assert spec is not None
    assert spec.origin is not None
    tracks = sorted(Path(spec.origin).parent.glob("tracks/*/*.opus"))
    originals = {track: fingerprint(track) for track in tracks}
    wrong = missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, options in VERSIONS.items():
            copies = {t: _encoded(t, Path(folder) / name, options) for t in tracks}
            same = [likeness(originals[t], copies[t]) for t in tracks]
            other = [
                likeness(originals[a], copies[b]) for a in tracks for b in tracks if a is not b
            ]
            missed += sum(score < SAME for score in same)
            wrong += sum(score >= SAME for score in other)
            print(f"{name:12} same: least {min(same):.3f}   different: most {max(other):.3f}")
    found = len(VERSIONS) * len(tracks) - missed
    print(f"recall {found / (found + missed):.3f}, precision {found / (found + wrong):.3f}")


def _encoded(source: Path, target: Path, options: tuple[str, ...]) -> Codes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source)]
    subprocess.run([*command, *options, str(target)], check=True)
    return fingerprint(target)


if __name__ == "__main__":
    main()
