"""Job definitions: the model, the jobs file they come from, and the command lines they become."""
