"""Values as lines on a terminal.

In: results of the Python API.
Out: text with rounded numbers and units.
"""
