"""Video files in, scenes and their descriptions out."""
