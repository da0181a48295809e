"""The chapters of a study: the record in, blocks of text, tables and drawings out.

In: the record and the wording of a language; each chapter leaves out what the record does not have.
Out: blocks (`planner.report.blocks`), the same for PDF and page, in the order of `planner.report.chapters`.
"""
