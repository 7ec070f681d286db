"""Models that turn text, pictures and music into vectors."""
