"""What may stand in a YAML file, and how it is read; the only room that knows pydantic."""
