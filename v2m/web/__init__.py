"""Pages and an HTTP interface, from the extra ``web``; every route is one call of what it shows."""
