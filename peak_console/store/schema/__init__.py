"""How a registry is made and brought to a newer schema, in a file or in memory."""
