"""Arguments that several commands share, parsed from text."""

from __future__ import annotations

from collections.abc import Sequence

from planner.errors import InputError, Problem, UnknownIdError
from planner.units import UnitError, parse_quantity


def parse_shapes(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`NAME=1,3,640,640` texts as input shapes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, separator, dims = text.rpartition("=")
        try:
            shape = tuple(int(dim) for dim in dims.split(","))
        except ValueError:
            shape = ()
        if not separator or not name or not shape or min(shape) < 1:
            raise InputError(
                "--shape", [Problem("value", "NAME=1,3,640,640 with positive sizes", repr(text))]
            )
        shapes[name] = shape
    return shapes


def parse_option(option: str, text: str | None, dimension: str) -> float | None:
    """A quantity such as `50ms` given on the command line, in SI; None stays None."""
    if text is None:
        return None
    try:
        value = parse_quantity(text, dimension)
    except UnitError as error:
        raise InputError(option, [Problem("value", error.expected, repr(text))]) from None
    if value <= 0:
        raise InputError(option, [Problem("value", "more than zero", repr(text))])
    return value


def parse_precision(text: str | None) -> str | None:
    """A precision that the schema knows, or a refusal with the nearest."""
    from planner.schema.device import Precision

    if text is None:
        return None
    lowered = text.lower()
    if lowered not in set(Precision):
        raise UnknownIdError("precision", text, list(Precision))
    return lowered
