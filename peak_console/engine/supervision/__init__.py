"""Runs under way: prepared, started, watched, stopped, adopted, and their ends recorded."""
