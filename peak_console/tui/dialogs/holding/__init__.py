"""Dialogs about what keeps jobs from starting: holds, gates, overrides."""
