"""Alerts: the judgement that makes one, which channels it goes to, and its delivery from the outbox."""
