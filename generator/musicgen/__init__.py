"""The composer MusicGen, run through transformers."""
