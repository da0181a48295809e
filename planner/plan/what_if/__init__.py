"""The chosen part at other counts, batches, precisions and loads.

In: a scenario, its networks and the option that was chosen.
Out: a `WhatIf`: the options of the grid, sized in closed form, and the first reason against each.
"""
