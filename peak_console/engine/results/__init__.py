"""What a run has left as its result: read beside the engine's thread, and judged."""
