"""The compiled engine: the rules of `planner.rack.reference` in functions that Numba turns into machine code.

In: a `Rack` and a replication number, laid out as arrays by `setup`.
Out: a `RunTally`, counted while it runs. `loop` has the events between two epochs; `batches`, `dispatch`,
`requests` and `servers` have the rules of the files of the same names in `planner.rack.reference`.
"""
