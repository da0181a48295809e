"""A scenario served for real on this machine, beside what is simulated of it.

In: a scenario, networks and an engine of this machine.
Out: the served run with its simulations and their plan, as a record.
"""
