"""Cue plans and their rendering."""
