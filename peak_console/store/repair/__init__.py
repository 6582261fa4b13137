"""A damaged registry is set aside, mended or restored."""
