"""Data sets that music for video is judged on, read from a user's own copy; nothing is fetched."""
