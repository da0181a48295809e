"""Schemas of `hardware_db/checks`: rules that parts are compared with.

In: the YAML of these files.
Out: families of chips as checked values, or all problems with their lines.
"""
