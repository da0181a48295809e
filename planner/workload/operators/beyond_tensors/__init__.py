"""Operators of signals, texts and classical models: what each costs.

In: shapes and attributes, as for all operators.
Out: operations and moved elements.
"""
