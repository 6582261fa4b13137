"""Peak Console: a terminal operator console with a scheduler engine inside."""
