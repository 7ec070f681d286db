"""Makes music where the library holds nothing good enough."""
