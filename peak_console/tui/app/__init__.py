"""The console app and what its keys do, part by part."""
