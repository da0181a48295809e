"""The catalog of parts and engines, and what a roofline takes from it.

In: `hardware_db` and a user's own parts, read and checked by `planner.schema`.
Out: devices, engines, published measurements, and the operating point: peaks, bandwidth, launch and limits of
one unit in one mode at one precision. Checks of the whole database are here too.
"""
