"""Arrays under way: their runs claimed, their end told once, taken over after a crash."""
