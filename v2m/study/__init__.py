"""Listener studies: made from finished videos, answered in a browser, reported with intervals."""
