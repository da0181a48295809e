"""ONNX to counted work: reading, shapes, operators, memory and fusion into kernels."""
