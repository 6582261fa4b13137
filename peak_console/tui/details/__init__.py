"""The details screen of one job."""
