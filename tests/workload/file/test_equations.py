"""Equations of `Einsum` that the onnx package would never come back from."""

import pytest

from planner.workload.file.onnx_rules import Opsets, RuleError, infer_outputs
from planner.workload.graph import Node, TensorSpec

MATRIX = TensorSpec("float", (2, 3))


def inferred(equation):
    node = Node("node", "Einsum", ("x",), ("y",), {"equation": equation}, "")
    return infer_outputs(node, [MATRIX], [None], Opsets(17, {}))


@pytest.mark.parametrize(
    "equation",
    ["\u202eij->ji", "i-j", "..ij->ji", "i_j", "i\tj->j", "....", "(ij)->j", "ij->\u00e9", "1j->j1"],
)
def test_a_term_has_letters_and_one_ellipsis(equation):
    with pytest.raises(RuleError, match="its equation is"):
        inferred(equation)


@pytest.mark.parametrize(
    ("equation", "shape"), [("ij->ji", (3, 2)), ("i j -> j", (3,)), ("...j->j...", (3, 2)), ("ij", (2, 3))]
)
def test_the_others_are_left_to_the_standard(equation, shape):
    (spec,) = inferred(equation)
    assert spec.shape == shape
