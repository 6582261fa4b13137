"""What the registry records, as values: runs, claims, alerts, holds, job states."""
