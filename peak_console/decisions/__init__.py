"""What may start, when, and why not: pure functions of definitions, recorded state and a moment."""
