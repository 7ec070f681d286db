"""Packages that cannot live beside the rest: an environment and a process of their own."""
