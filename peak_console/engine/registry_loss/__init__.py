"""What an engine does about a registry that is damaged, replaced or removed."""
