"""Verbs about what has happened: runs and alerts, their outputs, their differences."""
