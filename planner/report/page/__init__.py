"""The study as one interactive page: a file of its own, which asks for nothing from outside.

In: the record.
Out: HTML that holds the chapters of the PDF, the record itself, and drawings as data for plotly.js.
"""
