"""The forecast beside the screen."""
