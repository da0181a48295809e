"""What may stand in a YAML file, and how it is read; the only room that knows pydantic.

In: YAML with quantities in a datasheet's own unit and a source for each.
Out: immutable models in SI units, or every problem of the file with line, expectation and advice. `hardware`
has parts and engines, `scenario` questions, `fitted` what a fit writes, `reading` the way there.
"""
