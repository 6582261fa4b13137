"""From what each run was made: code, definition, arguments, host and person."""
