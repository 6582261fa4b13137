"""The Upcoming pane: what runs and what comes next."""
