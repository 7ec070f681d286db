"""Keeps vectors of fixed phrases in the model cache: encoding hundreds of them takes seconds."""

import hashlib
from collections.abc import Sequence

import numpy as np

from v2m.files import replacing
from v2m.protocols import TextEncoder
from v2m.types import Vectors
from v2m.wheels import cache_folder


def kept_vectors(encoder: TextEncoder, texts: Sequence[str]) -> Vectors:
    """Return the vectors of texts that never change, (len(texts), dim), unit rows.

    They are read from the model cache where this encoder has seen the same texts before, and
    written there where it has not. A cache that cannot be written only costs time.
    """
    key = hashlib.sha256("\n".join([encoder.space, *texts]).encode()).hexdigest()[:20]
    path = cache_folder() / f"phrases-{key}.npy"
    if path.is_file():
        vectors = np.load(path, allow_pickle=False)
        if vectors.shape == (len(texts), encoder.dim):
            return np.asarray(vectors, np.float32)
    vectors = encoder.encode_text(texts)
    if cache_folder().is_dir():
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, vectors)
    return vectors
