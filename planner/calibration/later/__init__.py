"""Rows that came after the fits: predicted as the product is, scored, and never fitted.

In: tables of published latencies and rates that no fit has seen (`hardware_db/later`).
Out: each row with its prediction, and how far off those of an engine and a class of networks were.
"""
