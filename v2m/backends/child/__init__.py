"""What runs in a backend's environment: Python's library, NumPy and the backend; nothing of v2m."""
