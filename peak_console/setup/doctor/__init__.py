"""Whether this machine gives the program what it needs: facts are gathered in one place, and judged in another."""
