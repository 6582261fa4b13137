"""The jobs file under watch: when a save counts."""
