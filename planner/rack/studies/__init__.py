"""Questions asked of a rack beside one run: a day, a year, density, reliability, updates, offloading.

In: a `Rack` or published measurements.
Out: one result value per study, each with the formula and source in its docstring.
"""
