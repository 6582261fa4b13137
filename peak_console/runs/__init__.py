"""One execution, from its start to its recorded end: processes, and the output that they leave."""
