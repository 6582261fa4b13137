"""Glyphs, themes and painting that all panes share."""
