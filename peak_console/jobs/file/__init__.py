"""The jobs file: from TOML to definitions, with the place of each mistake."""
