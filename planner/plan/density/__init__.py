"""How many devices one rack may hold.

In: a scenario's rack, its site and published rows of rises by density.
Out: temperature and power by number of devices, each limit with its use, and the first that binds.
"""
