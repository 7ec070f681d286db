"""Audio files in, measurements out."""
