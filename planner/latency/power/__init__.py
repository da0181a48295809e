"""Power while a network runs, at four boundaries.

In: an operating point and what its unit does, as shares of its peaks and of the time.
Out: watts with a band at the unit's rail, at the module, at the board's input and at the wall plug, where
each is known.
"""
