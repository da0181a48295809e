"""Engines that serve language models: what each runs on, which formats it takes, which is the usual one.

In: `hardware_db/language/engines`, a part and a format.
Out: the engine and the unit that serve it, or who else would.
"""
