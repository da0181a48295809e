"""A real server on this machine beside the simulated one, case by case: docs/reality.md."""
