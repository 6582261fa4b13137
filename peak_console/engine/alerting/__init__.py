"""What an engine alerts of: incidents of jobs, slots that wait too long, jobs that no engine serves."""
