"""A scenario file read, checked against the catalogs, and changed by seed or year.

In: a path or the name of a shipped scenario.
Out: a `ScenarioFile` and its networks; every problem of the file in one `InputError`.
"""
