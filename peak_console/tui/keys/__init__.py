"""The table of actions, key names, and the order in which keys are served."""
