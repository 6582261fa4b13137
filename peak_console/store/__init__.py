"""The state directory and its registry: the single source of truth, and the only code that speaks SQL."""
