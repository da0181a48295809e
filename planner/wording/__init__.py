"""What the planner says, by name: a catalog of sentences per language, and text that can change language."""
