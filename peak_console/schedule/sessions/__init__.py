"""Trading sessions as compiled tables, and the slots that are named by them. No library, no files, no clock."""
