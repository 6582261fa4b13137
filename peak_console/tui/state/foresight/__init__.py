"""What is foreseen for the next 24 hours, worked out beside the screen and anew when something changes."""
