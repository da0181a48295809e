"""What a scenario costs, and which inputs decide that.

In: a sized option with its bill, and the band of every input.
Out: bills side by side, a tornado, a Monte Carlo distribution, and the same as JSON.
"""
