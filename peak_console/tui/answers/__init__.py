"""What the console answers at length: why, the chain of a job, what a jobs file changes."""
