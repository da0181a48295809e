"""Schemas of the files of fitted models: calibrations, transfers, power models, anchors.

In: the mapping that `planner.schema.reading` has parsed.
Out: frozen models with the parameters that `NOMENCLATURE.md` defines.
"""
