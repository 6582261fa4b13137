"""What a job waits for: rounds, upstreams, and the graph that they make. Pure."""
