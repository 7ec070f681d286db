"""Figures on music, on retrieval and on the paper's released logs, each with its interval."""
