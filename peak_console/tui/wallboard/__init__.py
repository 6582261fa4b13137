"""The wallboard: what fails, is late, runs and comes next, in letters that are read from three metres."""
