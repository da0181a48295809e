"""Keys of the answer about a fleet of sites."""
