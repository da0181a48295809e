"""Answers on conversations as plain JSON."""
