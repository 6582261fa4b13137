"""What an engine knows between two turns: its jobs, its unfinished runs, its holds, and what it may do."""
