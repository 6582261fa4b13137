"""The past across jobs, as the console and the verbs ask for it, a page at a time."""
