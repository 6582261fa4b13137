"""The scheduler engine: one thread that decides, records and acts. Knows nothing of screens."""
