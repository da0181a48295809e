"""Fitting the models of engines on units nobody here could run, and judging them on what was left out.

In: published rows, joined to networks of the zoo and parts of the catalogue by the rules of
`hardware_db/transfers/join.yaml`.
Out: parameters between priors and rows, bands from whole devices and families of networks that a fit has not
seen, and the effects with which anchors pull a prediction. `planner.latency.transfer` predicts with them.
"""
