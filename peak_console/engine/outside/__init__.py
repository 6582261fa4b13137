"""What watchers outside this machine learn of an engine: heartbeats, pings of jobs, metrics."""
