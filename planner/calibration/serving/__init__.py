"""A real server on this machine beside the simulated one: the same requests and rules, real inferences.

The rules are those of the reference engine (`planner.rack.reference`), whose classes decide here as well;
what differs is that time passes and that a unit is a thread on a core of its own.

In: a rack or chains, networks that are loaded, cores of this machine.
Out: a `ServedRun`: every request and batch with its times, and simulations of the same.
"""
