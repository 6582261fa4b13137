"""What the operator's keys do, by what they act on: jobs, holds, alerts, the engine, the terminal."""
