"""The scheduler without a screen: one-shot for cron, resident for systemd, and the dry run of both."""
