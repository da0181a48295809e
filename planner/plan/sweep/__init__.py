"""One question at many points: a design over a scenario's keys, answered point by point and kept.

In: a scenario, ranges of its keys, and a way to choose points.
Out: a table of answers and a journal, from which an interrupted sweep goes on. Points run in this process, in
several, or on a Dask cluster.
"""
