"""Prices, tariffs and bills.

In: price entries of parts, carriers and energy, a horizon and a discount rate.
Out: capital, cost per year, present value and carbon of one option; unknown prices stay unknown.
"""
