"""Schemas of the YAML files, and how they are read; the only room that knows pydantic."""
