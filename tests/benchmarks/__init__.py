"""Benchmarks: this program beside what the machine can do at best, in one run. ``python -m tests.benchmarks``."""
