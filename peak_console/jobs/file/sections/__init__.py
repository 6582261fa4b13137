"""Readers of one section of a jobs file each: channels, gates, groups, executors, calendars, chains, deadlines."""
