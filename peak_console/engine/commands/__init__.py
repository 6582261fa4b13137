"""What people ask of an engine, and its answers."""
