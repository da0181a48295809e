"""The operators of ai.onnx.ml: tables, trees, linear and kernel models on rows of features."""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Initializer, TensorSpec
from planner.workload.output_rules.site import (
    NodeContext,
    OutputRule,
    OutputTypes,
    Shape,
    elements_of,
    one,
    same,
)


def rows_and_features(shape: Shape) -> tuple[int, int]:
    """A batch of rows; a single row may come without its axis."""
    if not shape:
        return 1, 1
    return (1, shape[0]) if len(shape) == 1 else (shape[0], elements_of(shape[1:]))


def _floats(site: NodeContext) -> OutputTypes:
    """As many floats as there are inputs."""
    return one("float", site.shape(0))


def _extract(site: NodeContext) -> OutputTypes:
    shape, taken = site.shape(0), elements_of(site.shape(1))
    rows = (1,) if len(shape) == 1 else shape[:-1]
    return one(site.spec(0).dtype, (*rows, taken))


def _labels(site: NodeContext) -> OutputTypes:
    """The type follows from which values the table has."""
    attributes = site.node.attributes
    for kind, dtype in (("strings", "string"), ("int64s", "int64"), ("floats", "float")):
        if attributes.get(f"values_{kind}"):
            return one(dtype, site.shape(0))
    table = attributes.get("values_tensor")
    if isinstance(table, Initializer):
        return one(table.spec.dtype, site.shape(0))
    return _categories(site)  # operator set 1: strings to integers or back


def _categories(site: NodeContext) -> OutputTypes:
    return one("int64" if site.spec(0).dtype == "string" else "string", site.shape(0))


def _one_hot(site: NodeContext) -> OutputTypes:
    attributes = site.node.attributes
    kinds = (attributes.get(name) for name in ("cats_int64s", "cats_strings"))
    count = next((len(kind) for kind in kinds if isinstance(kind, tuple) and kind), 0)
    return one("float", (*site.shape(0), count))


def _vector_of_map(site: NodeContext) -> OutputTypes:
    attributes = site.node.attributes
    words = attributes.get("int64_vocabulary") or attributes.get("string_vocabulary")
    return one(site.spec(0).dtype, (1, len(words) if isinstance(words, tuple) else 0))


def _cast_map(site: NodeContext) -> OutputTypes:
    sparse = site.text("map_form", "DENSE") == "SPARSE"
    dtypes = {"TO_FLOAT": "float", "TO_STRING": "string", "TO_INT64": "int64"}
    width = site.number("max_map", 1) if sparse else site.shape(0)[0]
    return one(dtypes.get(site.text("cast_to", "TO_FLOAT"), "float"), (1, width))


def _features(site: NodeContext) -> OutputTypes:
    rows = rows_and_features(site.shape(0))[0]
    widths = site.integers("inputdimensions")
    if widths is None:
        widths = tuple(rows_and_features(site.shape(place))[1] for place in range(len(site.inputs)))
    return one("float", (rows, sum(widths)))


def _maps(site: NodeContext) -> OutputTypes:
    """`ZipMap`: a map per row, as many numbers as it was given."""
    return OutputTypes((TensorSpec(site.spec(0).dtype, site.shape(0)),))


def _classes(site: NodeContext) -> int:
    attributes = site.node.attributes
    names = ("classlabels_strings", "classlabels_ints", "classlabels_int64s")
    labels = (attributes.get(name) for name in names)
    return next((len(found) for found in labels if isinstance(found, tuple) and found), 0)


def _classifier(site: NodeContext) -> OutputTypes:
    rows = rows_and_features(site.shape(0))[0]
    dtype = "string" if site.node.attributes.get("classlabels_strings") else "int64"
    count = _classes(site)
    if not count:
        raise RuleError("the classifier names no classes")
    return OutputTypes(
        (TensorSpec(dtype, (rows,)), TensorSpec("float", (rows, count)))[: len(site.node.outputs)]
    )


def _regressor(attribute: str) -> OutputRule:
    def rule(site: NodeContext) -> OutputTypes:
        rows = rows_and_features(site.shape(0))[0]
        return one("float", (rows, site.number(attribute, 1) if attribute else 1))

    return rule


def _ensemble(site: NodeContext) -> OutputTypes:
    rows = rows_and_features(site.shape(0))[0]
    return one(site.spec(0).dtype, (rows, site.number("n_targets", 1)))


RULES: Mapping[str, OutputRule] = {
    "ArrayFeatureExtractor": _extract,
    "Binarizer": same,
    "CastMap": _cast_map,
    "CategoryMapper": _categories,
    "DictVectorizer": _vector_of_map,
    "FeatureVectorizer": _features,
    "Imputer": same,
    "LabelEncoder": _labels,
    "LinearClassifier": _classifier,
    "LinearRegressor": _regressor("targets"),
    "Normalizer": _floats,
    "OneHotEncoder": _one_hot,
    "SVMClassifier": _classifier,
    "SVMRegressor": _regressor(""),
    "Scaler": _floats,
    "TreeEnsemble": _ensemble,
    "TreeEnsembleClassifier": _classifier,
    "TreeEnsembleRegressor": _regressor("n_targets"),
    "ZipMap": _maps,
}
