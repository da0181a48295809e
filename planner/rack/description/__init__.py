"""What a rack is and what it is asked to do: plain values, checked when they are made.

In: numbers in SI units, from a scenario or from Python.
Out: a `Rack`, the one argument of both engines; nothing here knows how it is run.
"""
