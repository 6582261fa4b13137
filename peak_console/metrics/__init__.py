"""Figures for Prometheus, read from the registry: for a file of node_exporter, or served by a process of its own."""
