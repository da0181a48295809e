"""The catalog of parts and engines, and what a roofline takes from it."""
