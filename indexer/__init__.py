"""Fills the catalogue: scan, decode, analyse, encode, write."""
