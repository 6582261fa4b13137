"""The output pane: one run's lines, indexed, searched and painted."""
