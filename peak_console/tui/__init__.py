"""The console: a Textual front end. The only package that imports textual."""
