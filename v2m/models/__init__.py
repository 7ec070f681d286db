"""The models v2m knows: a card for each, where its files are, how they get here."""
