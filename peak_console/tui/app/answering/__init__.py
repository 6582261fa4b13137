"""What the console answers at length: each part opens one kind of answer and keeps it true while it is open."""
