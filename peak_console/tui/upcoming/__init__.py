"""The Upcoming pane: runs under way and slots to come."""
