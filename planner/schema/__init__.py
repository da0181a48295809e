"""Schemas of the YAML files, and how they are read; the only package that imports pydantic.

In: YAML with quantities in a datasheet's own unit and a source for each.
Out: immutable models in SI units, or every problem of the file with line, expectation and advice. `hardware`
has parts and engines, `scenario` questions, `fitted` what a fit writes, `reading` the way there.
"""
