"""Verbs that help to set up and to check: validate, doctor, install, completion, serve."""
