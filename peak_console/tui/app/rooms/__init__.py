"""The screens of their own that the console opens over the panes, each filled and answered by its part."""
