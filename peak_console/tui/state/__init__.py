"""What the console knows: its session, the snapshot of the registry, its settings and permissions."""
