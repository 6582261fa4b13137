"""What people keep from starting, and what becomes of the slots meanwhile. Pure."""
