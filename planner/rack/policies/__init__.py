"""Policies that change a rack's settings once an epoch; `docs/rack.md` shows how to add one.

Each is a frozen value with its parameters and one method, `steer`. It is given the settings that the policies
before it made (all open, full clock, the rack's own wait, for the first), and may close devices, lower
clocks, refuse streams and change how long batches wait; it never opens what one before it closed.

In: settings, and what was seen of the epoch that has just ended (`planner.rack.description.control`).
Out: the settings of the next one.
"""
