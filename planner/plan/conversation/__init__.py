"""Devices that serve conversations with a language model: sized, simulated, priced, as a record."""
