"""The output of runs: recorded, read, removed."""
