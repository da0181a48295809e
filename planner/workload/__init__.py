"""ONNX to counted work: reading, shapes, operators, memory and fusion into kernels.

In: an ONNX file (weights are not needed) with a batch and shapes for its inputs.
Out: a `Workload`: operators with multiply-accumulates, other operations and bytes, peak memory, and a list of
what could not be counted and why; then kernels by an engine's rules (`fusion`) or another precision
(`quantise`).
"""
