"""Schemas of the YAML files, and how they are read; the only package that imports pydantic."""
