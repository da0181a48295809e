"""Types of an operator's outputs from those of its inputs: one rule per family, and the standard's own rules.

A rule for an operator outside the standard cites what it follows: for the domain com.microsoft this is
ONNX Runtime's docs/ContribOperators.md, for ai.onnx.ml the standard's Operators-ml.md.

In: a node with the types of its inputs.
Out: types of its outputs, or a `RuleError` with the reason.
"""
