"""What will happen: the engine itself at work on a virtual clock, over a copy of the present state."""
