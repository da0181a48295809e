"""The report of a fleet, and its page whose sites can be filtered.

In: the record of `planner fleet` alone.
Out: the bytes of a PDF, and one HTML file.
"""
