"""Windows of time in which nothing of some jobs starts: how they are written, and when they are. Pure."""
