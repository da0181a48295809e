"""Matrix products: MACs = groups x rows x columns x depth.

A product with a constant operand is a `gemm`, of two activations a `matmul`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operation import Contraction, OpClass
from planner.workload.operators.counting_rule import (
    REQUANTISE,
    TRANSCENDENTAL,
    Call,
    Count,
    CountingRule,
    UncountedError,
)
from planner.workload.operators.elementwise import OPERATIONS, activation_operations


def _class(call: Call) -> OpClass:
    return "gemm" if call.fixed & {0, 1} else "matmul"


def product(left: tuple[int, ...], right: tuple[int, ...]) -> Contraction:
    """`numpy.matmul` of these shapes; a right operand without batch folds the left batch into the rows."""
    rows = left[-2] if len(left) > 1 else 1
    columns = right[-1] if len(right) > 1 else 1
    if math.prod(right[:-2]) == 1:
        return Contraction(1, math.prod(left[:-2]) * rows, columns, left[-1])
    groups = 1
    batches = [tuple(reversed(shape[:-2])) for shape in (left, right)]
    for axis in range(max(map(len, batches))):
        groups *= max(batch[axis] if axis < len(batch) else 1 for batch in batches)
    return Contraction(groups, rows, columns, left[-1])


def _matmul(call: Call) -> Count:
    bias = call.written * (call.has(2) and call.node.op_type == "MatMul")
    return Count(_class(call), bias, product(call.input(0), call.input(1)))


def _fused_matmul(call: Call) -> Count:
    """Product of operands that may be transposed and scaled."""
    left, right = call.input(0), call.input(1)
    if call.integer("transA", 0):
        left = (*left[:-2], left[-1], left[-2])
    if call.integer("transB", 0):
        right = (*right[:-2], right[-1], right[-2])
    per_element = (call.number("alpha", 1.0) != 1.0) + activation_operations(call.text("activation", ""))
    return Count(_class(call), per_element * call.written, product(left, right))


def _gemm(call: Call) -> Count:
    """`Gemm`: alpha A B + beta C."""
    left, right = call.input(0), call.input(1)
    rows, depth = reversed(left) if call.integer("transA", 0) else left
    columns = right[0] if call.integer("transB", 0) else right[1]
    per_element = int(call.number("alpha", 1.0) != 1.0)
    if call.has(2):
        per_element += 1 + (call.number("beta", 1.0) != 1.0)
    per_element += activation_operations(call.text("activation", ""))
    return Count(_class(call), per_element * call.written, Contraction(1, rows, columns, depth))


def _packed_bits(call: Call) -> Count:
    """`MatMulNBits`, `MatMulBnb4`: weights of few bits, multiplied as they are.

    Dequantising is part of the product: engines scale the sum over a block, once with its scale and once for
    its zero point, and not each weight (llama.cpp and ONNX Runtime do so on processors).
    """
    depth, columns = call.integer("K", 0), call.integer("N", 0)
    rows = call.read // depth
    blocks = columns * -(-depth // call.integer("block_size", 32))
    bias = call.written * (call.node.op_type == "MatMulNBits" and call.has(5))
    return Count("gemm", 2 * rows * blocks + bias, Contraction(1, rows, columns, depth))


def _fast_gelu(call: Call) -> Count:
    """`GemmFastGelu`: a product, a bias and the tanh form of Gelu."""
    per_element = OPERATIONS["com.microsoft:FastGelu"] + call.has(2)
    return Count(_class(call), per_element * call.written, product(call.input(0), call.input(1)))


def _ordered(call: Call) -> Count:
    """`QOrderedMatMul`: 8-bit operands, a bias and a sum where there are."""
    per_element = REQUANTISE + call.has(5) + 2 * call.has(6)
    depth = call.input(0)[-1]
    rows = call.read // depth
    contraction = Contraction(1, rows, call.output()[-1], depth)
    return Count("gemm" if 2 in call.fixed else "matmul", per_element * call.written, contraction)


def _experts(call: Call) -> Count:
    """`MoE`: every token runs through k experts of two or three layers; the router chooses among all.

    The weights of at most tokens x k experts are read, all of them once there are more.
    """
    quantised = call.node.op_type == "QMoE"
    second, third = (5, 8) if quantised else (4, 6)
    tokens = call.read // call.input(0)[-1]
    experts = call.input(1)[-1]
    chosen = min(call.integer("k", 1), experts)
    hidden = call.input(0)[-1]
    inner = _inner_width(call, second, hidden)
    gated = call.has(third) or call.text("activation_type", "relu") == "swiglu"
    layers = 3 if gated else 2
    outward = Contraction(chosen, tokens, inner, hidden)
    products = (*(outward for _ in range(layers - 1)), Contraction(chosen, tokens, hidden, inner))
    activation = activation_operations("Gelu") + 1
    routing = experts * (TRANSCENDENTAL + 2) * tokens
    used = min(experts, tokens * chosen)
    reads = {
        place: math.prod(call.input(place)) * used // experts
        for place in range(2, len(call.inputs))
        if call.has(place) and call.input(place)[:1] == (experts,)
    }
    combining = 2 * tokens * chosen * hidden
    operations = routing + tokens * chosen * inner * activation + combining
    return Count("gemm", operations, products=products, reads=reads)


def _inner_width(call: Call, second: int, hidden: int) -> int:
    """Width between the layers of an expert: elements of its second weight over its outputs."""
    packing = 8 // call.integer("expert_weight_bits", 4) if call.node.op_type == "QMoE" else 1
    return math.prod(call.input(second)[1:]) * packing // hidden


def _einsum(call: Call) -> Count:
    """`Einsum` as pairwise contractions from left to right; a label leaves once nothing needs it."""
    terms, result = _labels(call)
    extents: dict[str, int] = {}
    for term, shape in zip(terms, call.inputs, strict=True):
        for label, extent in zip(term, shape or (), strict=True):
            extents[label] = max(extent, extents.get(label, 1))
    operations = 0
    products: list[Contraction] = []
    left = terms[0]
    for position, right in enumerate(terms[1:], start=1):
        needed = set(result).union(*terms[position + 1 :])
        contraction = _pair(left, right, needed, extents)
        if contraction.depth == 1:
            operations += contraction.macs
        else:
            products.append(contraction)
        left = "".join(dict.fromkeys(label for label in left + right if label in needed))
    if len(terms) == 1 and set(result) != set(left):
        operations += call.read
    if not products:
        kind: OpClass = "elementwise" if operations else "movement"
        return Count(kind, operations)
    if len(terms) == 2:
        return Count(_class(call), operations, products[0])
    return Count(_class(call), operations, products=tuple(products))


def _pair(left: str, right: str, needed: set[str], extents: Mapping[str, int]) -> Contraction:
    def size(labels: set[str]) -> int:
        return math.prod(extents[label] for label in labels)

    first, second = set(left), set(right)
    shared = first & second
    return Contraction(
        groups=size(shared & needed),
        rows=size(first - second),
        columns=size(second - first),
        depth=size(shared - needed),
    )


def _labels(call: Call) -> tuple[list[str], str]:
    """Labels of each operand and of the result; an ellipsis becomes upper-case Greek letters."""
    equation = call.text("equation", "").replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(call.inputs):
        raise UncountedError(f"Einsum {equation!r} does not fit {len(call.inputs)} operands")
    hidden = "ΑΒΓΔΕΖΗΘ"
    widest = ""
    for index, term in enumerate(terms):
        if "..." in term:
            count = len(call.input(index)) - len(term) + 3
            letters = hidden[len(hidden) - count :]
            widest = max(widest, letters, key=len)
            terms[index] = term.replace("...", letters)
    if not arrow:
        everything = "".join(terms)
        result = widest + "".join(
            sorted(c for c in set(everything) - set(widest) if everything.count(c) == 1)
        )
    return terms, result.replace("...", widest)


RULES: Mapping[str, CountingRule] = {
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Einsum": _einsum,
    "com.microsoft:FusedMatMul": _fused_matmul,
    "com.microsoft:TransposeMatMul": _fused_matmul,
    "com.microsoft:FusedMatMulActivation": _fused_matmul,
    **dict.fromkeys((f"com.microsoft:{name}" for name in ("MatMulNBits", "MatMulBnb4")), _packed_bits),
    "com.microsoft:GemmFastGelu": _fast_gelu,
    "com.microsoft:QOrderedMatMul": _ordered,
    **dict.fromkeys(("com.microsoft:MoE", "com.microsoft:QMoE"), _experts),
}
