"""What several verbs share: finding jobs, asking the engine, reading moments, printing."""
