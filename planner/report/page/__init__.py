"""The study as one interactive page: a file of its own, which asks for nothing from outside."""
