"""Runs as jobs of a Slurm cluster: files of ours on a shared file system say what happened, Slurm only what waits."""
