"""From a workload and an operating point to latency, throughput, power and energy, with a band.

In: a counted network and a unit of a part in a mode, with an engine.
Out: an `Estimate`. Its latency is that of a calibration, else of a transferred model, else of the roofline,
moved by anchors where there are some; `provenance` says which. `kernels` makes a network ready, `units`
spreads one over several, `variants` asks for other precisions, `overheads` adds what lies around an
inference.
"""
