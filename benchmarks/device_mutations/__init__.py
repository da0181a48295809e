"""Corrupted copies of every shipped part, and how many of them the checks of the database catch."""
