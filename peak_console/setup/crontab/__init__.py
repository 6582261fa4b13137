"""A jobs file from a crontab: its lines as cron reads them, and the jobs that mean the same."""
