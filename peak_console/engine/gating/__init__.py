"""Gates: they are asked beside the engine's thread, and what they say counts only while it is fresh."""
