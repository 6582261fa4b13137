"""What is to come: slots, durations, deadlines, and what an engine would do next. Pure."""
