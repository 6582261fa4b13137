"""Schedules and moments in people's words, and what is doubtful about them."""
