"""A study as a document: one record of plain values in, a PDF and the same numbers as JSON out.

In: the record of `planner.plan.record`, checked against its shape; no other room is asked for a number.
Out: a PDF, a page of HTML, tables, the drawings alone, or what changed between two studies. `sections` makes
blocks of the record, `figures` draws, `pdf` and `page` set the blocks.
"""
