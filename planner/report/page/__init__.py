"""The study as one page that can be turned: a file of its own, which asks for nothing from outside."""
