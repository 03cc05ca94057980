"""One function per thing a user wants done; each takes a workspace and a request, and returns a result."""
