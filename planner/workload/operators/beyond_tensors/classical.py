"""The operators of ai.onnx.ml.

A look-up in a table of n keys costs log2(n) + 1 comparisons, and every tree is walked to its deepest leaf.
Coefficients, support vectors and thresholds are attributes and count as weights of four bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from planner.workload.operation import Contraction
from planner.workload.operators.counting_rule import (
    DIVISION,
    ROOT,
    SIGMOID,
    TRANSCENDENTAL,
    Call,
    Count,
    CountingRule,
    UncountedError,
)
from planner.workload.output_rules.classical import rows_and_features

_PER_SCORE = {
    "NONE": 0,
    "LOGISTIC": SIGMOID,
    "PROBIT": TRANSCENDENTAL,
    "SOFTMAX": 3 + TRANSCENDENTAL + DIVISION,
}
_KERNELS = {
    "LINEAR": 0,
    "POLY": 2 * TRANSCENDENTAL + 3,
    "RBF": TRANSCENDENTAL + 3,
    "SIGMOID": TRANSCENDENTAL + 2,
}


def _elementwise(operations: int) -> CountingRule:
    return lambda call: Count("elementwise", operations * call.written)


def _move(_call: Call) -> Count:
    return Count("movement")


def _extract(call: Call) -> Count:
    return Count("movement", reads={0: min(call.read, call.written)})


def _length(call: Call, *names: str) -> int:
    """Entries of the first of these attributes that has any."""
    lists = (call.node.attributes.get(name) for name in names)
    return next((len(found) for found in lists if isinstance(found, tuple) and found), 0)


def _look_up(call: Call) -> Count:
    keys = _length(
        call, "keys_strings", "keys_int64s", "keys_floats", "cats_strings", "cats_int64s", "classes_strings"
    )
    return Count("elementwise", (math.ceil(math.log2(keys + 1)) + 1) * call.read, held=2 * keys)


def _normalise(call: Call) -> Count:
    rows, features = rows_and_features(call.input(0))
    roots = ROOT * rows * (call.text("norm", "MAX") == "L2")
    return Count("norm", (2 + DIVISION) * rows * features + roots)


def _scores_after(call: Call, scores: int) -> int:
    return _PER_SCORE.get(call.text("post_transform", "NONE"), TRANSCENDENTAL) * scores


def _linear(call: Call) -> Count:
    """Rows times coefficients, an intercept, the transform of the scores and for classes the largest."""
    rows, features = rows_and_features(call.input(0))
    held = _length(call, "coefficients")
    targets = max(1, held // max(1, features))
    scores = rows * targets
    choice = scores * (call.node.op_type == "LinearClassifier")
    contraction = Contraction(1, rows, targets, features)
    return Count("gemm", scores + choice + _scores_after(call, scores), contraction, held=held + targets)


def _support_vectors(call: Call) -> Count:
    """Every row against every support vector, then the weighted sums of each pair of classes."""
    rows, features = rows_and_features(call.input(0))
    numbers = _length(call, "support_vectors")
    coefficients = _length(call, "coefficients")
    vectors = max(1, numbers // max(1, features)) if numbers else max(1, coefficients // max(1, features))
    kernel = _KERNELS.get(call.text("kernel_type", "LINEAR"), TRANSCENDENTAL) * rows * vectors
    contraction = Contraction(1, rows, vectors, features)
    sums = 2 * rows * coefficients * bool(numbers)
    operations = kernel + sums + _scores_after(call, rows)
    return Count("gemm", operations, contraction, held=numbers + coefficients)


def _ensemble(call: Call) -> Count:
    """One comparison per level of each tree and one addition per tree and target."""
    rows, _ = rows_and_features(call.input(0))
    names = ("nodes_truenodeids", "nodes_falsenodeids")
    left, right = (call.integers(name) or () for name in names)
    if call.node.op_type == "TreeEnsemble":
        levels = _depths_by_index(call, left, right)
    else:
        levels = _depths_by_id(call, left, right)
    targets = call.output(len(call.outputs) - 1)[-1]
    steps = rows * (sum(levels) + len(levels) * targets)
    return Count("reduction", steps + _scores_after(call, rows * targets), held=3 * len(left))


def _depths_by_id(call: Call, left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Levels of each tree where nodes are named by tree and number."""
    trees, numbers = call.integers("nodes_treeids") or (), call.integers("nodes_nodeids") or ()
    modes = call.node.attributes.get("nodes_modes")
    if not isinstance(modes, tuple) or not len(trees) == len(numbers) == len(left) == len(right) == len(
        modes
    ):
        raise UncountedError("its nodes are not all described")
    index = {key: place for place, key in enumerate(zip(trees, numbers, strict=True))}
    children = [
        () if mode == "LEAF" else (index[tree, first], index[tree, second])
        for tree, mode, first, second in zip(trees, modes, left, right, strict=True)
    ]
    inner = {child for pair in children for child in pair}
    return [_levels(children, root) for root in range(len(children)) if root not in inner]


def _depths_by_index(call: Call, left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Levels of each tree where a child is an index of a node or of a leaf."""
    leaf_left = call.integers("nodes_trueleafs") or ()
    leaf_right = call.integers("nodes_falseleafs") or ()
    children = [
        tuple(child for child, leaf in ((first, first_leaf), (second, second_leaf)) if not leaf)
        for first, second, first_leaf, second_leaf in zip(left, right, leaf_left, leaf_right, strict=True)
    ]
    return [1 + _levels(children, root) for root in call.integers("tree_roots") or ()]


def _levels(children: Sequence[tuple[int, ...]], root: int) -> int:
    """Steps from a root to its deepest descendant."""
    depth, layer, seen = 0, {root}, {root}
    while layer := {child for place in layer for child in children[place]}:
        if layer & seen:
            raise UncountedError("its trees have a cycle")
        seen |= layer
        depth += 1
    return depth


RULES: Mapping[str, CountingRule] = {
    "ai.onnx.ml:ArrayFeatureExtractor": _extract,
    "ai.onnx.ml:Binarizer": _elementwise(1),
    "ai.onnx.ml:CastMap": _elementwise(1),
    "ai.onnx.ml:CategoryMapper": _look_up,
    "ai.onnx.ml:DictVectorizer": _elementwise(1),
    "ai.onnx.ml:FeatureVectorizer": _move,
    "ai.onnx.ml:Imputer": _elementwise(2),
    "ai.onnx.ml:LabelEncoder": _look_up,
    "ai.onnx.ml:LinearClassifier": _linear,
    "ai.onnx.ml:LinearRegressor": _linear,
    "ai.onnx.ml:Normalizer": _normalise,
    "ai.onnx.ml:OneHotEncoder": _elementwise(1),
    "ai.onnx.ml:SVMClassifier": _support_vectors,
    "ai.onnx.ml:SVMRegressor": _support_vectors,
    "ai.onnx.ml:Scaler": _elementwise(2),
    "ai.onnx.ml:TreeEnsemble": _ensemble,
    "ai.onnx.ml:TreeEnsembleClassifier": _ensemble,
    "ai.onnx.ml:TreeEnsembleRegressor": _ensemble,
    "ai.onnx.ml:ZipMap": _move,
}
