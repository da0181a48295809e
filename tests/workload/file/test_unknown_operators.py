"""Operators that no rule is known for: the reason says whether a newer onnx package may have one."""

import onnx
import pytest

from planner.workload.file.onnx_rules import Opsets, RuleError, infer_outputs
from planner.workload.graph import Node, TensorSpec


def reason(kind: str, domain: str) -> str:
    with pytest.raises(RuleError) as raised:
        infer_outputs(
            Node("n", kind, ("x",), ("y",), {}, domain), [TensorSpec("float", (2,))], [None], Opsets(99, {})
        )
    return str(raised.value)


@pytest.mark.parametrize("domain", ["", "ai.onnx.ml"])
def test_of_the_standard_the_installed_operator_sets_are_named(domain):
    newest = onnx.defs.onnx_opset_version()
    text = reason("OfNextYear", domain)
    assert f"OfNextYear of {domain or 'ai.onnx'} is not known" in text
    assert f"onnx {onnx.__version__} has operator sets up to {newest}" in text


def test_of_another_domain_no_newer_package_is_promised():
    assert reason("Mine", "com.example").endswith(
        "operator Mine of com.example is not known, so its output shape is not"
    )
