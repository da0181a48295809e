"""How YAML becomes a validated, frozen model.

In: YAML text with units (`68 GB/s`), sources and statuses.
Out: SI floats with provenance; every problem of a file at once, with line, key, expectation and advice.
"""
