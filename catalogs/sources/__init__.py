"""Catalogues of open music that others keep: one file a source, one protocol for all."""
