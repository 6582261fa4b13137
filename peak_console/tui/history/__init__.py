"""The history across jobs: every run and every action, with filters, on a screen of its own."""
