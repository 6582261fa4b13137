"""Runs that have been recorded: chosen by words, compared, and made into objects for programs. Pure."""
