"""What an engine does besides running jobs: retention, reloads, and waiting out a registry that refuses."""
