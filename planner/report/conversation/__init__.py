"""A report on conversations with a language model as a PDF.

In: the record of `planner.plan.record.conversation` alone.
Out: the bytes of a PDF.
"""
