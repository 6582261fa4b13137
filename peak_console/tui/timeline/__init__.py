"""The day view: a lane per job, past runs, runs under way and slots ahead, on a screen of its own."""
