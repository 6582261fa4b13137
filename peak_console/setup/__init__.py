"""Help with setting up: a first jobs file, its schema for editors, a crontab taken over, units for init systems."""
