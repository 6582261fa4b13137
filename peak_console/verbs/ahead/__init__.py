"""Verbs about the time to come: forecasts, plans, calendars, deadlines, chains."""
