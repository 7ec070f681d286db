"""The arranger: music from words, written as notes and played through a General MIDI SoundFont."""
