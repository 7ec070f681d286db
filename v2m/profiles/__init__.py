"""The profiles: each names all its parts; loaded by name through ``v2m.encoders.profiles``."""
