"""What v2m is measured by: quality and speed, printed."""
