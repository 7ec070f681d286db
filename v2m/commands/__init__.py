"""Groups of commands that cli.py mounts."""
