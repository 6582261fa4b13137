"""Tables of the registry that most starts do not need, each with what is asked of it."""
