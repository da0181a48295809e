"""Fitting the models of engines on units nobody here could run, and judging them on what was left out."""
