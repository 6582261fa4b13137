"""The verbs of the command line: each reads its options, looks, and prints."""
