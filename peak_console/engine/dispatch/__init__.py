"""From due slots to running runs: decide, record, then act."""
