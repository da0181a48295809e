"""ONNX files to plain graphs and back; weight values are never read.

In: an ONNX file, complete or without its external data.
Out: a `Graph` of plain values with functions inlined and nodes in execution order.
"""
