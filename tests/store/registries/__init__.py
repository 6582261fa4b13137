"""Registries of each version of the schema, as they were saved."""
