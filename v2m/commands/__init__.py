"""The commands, by the names that cli.py gives them."""
