"""The lines above and below the panes: status, trouble, keys, prompt."""
