"""Engines on units nobody here could run: a few parameters fitted on what others published."""
