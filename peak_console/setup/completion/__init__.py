"""Completion in shells: scripts of a few lines that ask this program, which knows its own parser and the jobs."""
