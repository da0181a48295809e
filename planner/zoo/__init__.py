"""Reference networks built in code: the shapes of published architectures, without their weights.

In: a name such as `resnet50_v1.5`, a batch, and for some a size of input.
Out: a graph as an ONNX file would give it, checked against published counts of parameters and
multiply-accumulates. `registry` knows the names, `builder` lays one layer after another.
"""
