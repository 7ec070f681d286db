"""The kernel every room of v2m shares: types, protocols, errors, settings and the media code."""

__version__ = "0.1.0"
