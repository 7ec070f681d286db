"""Vector arithmetic and indexes."""
