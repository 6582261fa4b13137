"""Pure schedule maths: which slots a schedule names. No clock, no state, no I/O beyond the time zone data."""
