"""Frames of chains over time on one device: drawn work, a plain and a compiled engine, what they count."""
