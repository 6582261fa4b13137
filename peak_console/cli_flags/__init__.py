"""The verbs' own flags, and where the function of each is. Loaded only when a verb is named."""
