"""Quantities as text with a unit, and numbers that say where they come from."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar, get_args, get_origin

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from planner.errors import InputError, Problem
from planner.provenance import Status
from planner.schema.reading.strict import (
    LARGEST,
    SMALLEST,
    Conflict,
    StrictModel,
    dimension_of,
    extreme,
)
from planner.units import UNITS, UnitError, did_you_mean, parse_quantity, unit_named


def refuse(expected: str, got: object, stand_in: str | None = None, advice: str = "") -> PydanticCustomError:
    """A refusal that the reader turns into one `Problem`: what was expected, what came, what may be meant.

    `stand_in` is any text that would pass, so that the rest of the file can be looked at.
    """
    context = {"expected": expected, "got": _shown(got), "stand_in": stand_in, "advice": advice}
    return PydanticCustomError("quantity", "{expected}", context)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True, slots=True)
class Quantity:
    """Marks a float that YAML writes as text with one of the units of a dimension."""

    dimension: str
    signed: bool = False

    def parse(self, value: object) -> float:
        """The SI value of the text, or a refusal that lists the units accepted."""
        accepted = ", ".join(UNITS[self.dimension])
        stand_in = f"1 {next(iter(UNITS[self.dimension]))}"
        if not isinstance(value, str):
            example = f"68 {next(iter(UNITS[self.dimension]))}"
            expected = f"a number with its unit such as '{example}' ({accepted})"
            raise refuse(expected, value, stand_in, _with_unit(value, self.dimension))
        try:
            number = parse_quantity(value, self.dimension)
        except UnitError as error:
            raise refuse(error.expected, value, stand_in, error.advice) from None
        if number < 0 and not self.signed:
            raise refuse("a value of zero or more", value, stand_in)
        if extreme(number):
            raise refuse(f"0, or {SMALLEST:g} to {LARGEST:g} in SI units", value, stand_in)
        return number

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        accepted = ", ".join(UNITS[self.dimension])
        return {"type": "string", "description": f"a number with one of the units: {accepted}"}


def _with_unit(value: object, dimension: str) -> str:
    """What a bare number may mean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        parse_quantity(f"{value!r}", dimension)
    except UnitError as error:
        return error.advice
    return ""


@dataclass(frozen=True, slots=True)
class PlainOrPercent:
    """Marks a float that YAML may write as a number or, such as a PUE, as per cent: 1.4 or 140 %."""

    def parse(self, value: object) -> float:
        """The number, or a refusal that shows both ways to write it."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if math.isfinite(value):
                return float(value)
            raise refuse("a finite number", value)
        try:
            return parse_quantity(value, "ratio") if isinstance(value, str) else self._refused(value)
        except UnitError as error:
            raise refuse("a number such as 1.4 or 140 %", value, None, error.advice) from None

    def _refused(self, value: object) -> float:
        raise refuse("a number such as 1.4 or 140 %", value)

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return {"type": ["number", "string"], "description": "a number, or per cent such as 140 %"}


PlainRatio = Annotated[float, PlainOrPercent()]
Seconds = Annotated[float, Quantity("s")]
Watts = Annotated[float, Quantity("w")]
Bytes = Annotated[float, Quantity("bytes")]
BytesPerSecond = Annotated[float, Quantity("bytes_per_s")]
OpsPerSecond = Annotated[float, Quantity("ops_per_s")]
Hertz = Annotated[float, Quantity("hz")]
PerSecond = Annotated[float, Quantity("per_s")]
PixelsPerSecond = Annotated[float, Quantity("px_per_s")]
Celsius = Annotated[float, Quantity("c", signed=True)]
Kelvin = Annotated[float, Quantity("k")]
KelvinPerWatt = Annotated[float, Quantity("k_per_w")]
WattPerKelvin = Annotated[float, Quantity("w_per_k")]
Kilograms = Annotated[float, Quantity("kg")]
JoulePerKelvin = Annotated[float, Quantity("j_per_k")]
CubicMetrePerSecond = Annotated[float, Quantity("m3_per_s")]
Ratio = Annotated[float, Quantity("ratio")]
Pascals = Annotated[float, Quantity("pa")]
SquareMetres = Annotated[float, Quantity("m2")]
WattPerSquareMetre = Annotated[float, Quantity("w_per_m2")]
WattPerSquareMetreKelvin = Annotated[float, Quantity("w_per_m2_k")]
Metres = Annotated[float, Quantity("m")]
KilogramPerJoule = Annotated[float, Quantity("kg_per_j")]


class Money(StrictModel):
    """An amount in the currency it was quoted in; never added across currencies without a stated rate."""

    amount: float
    currency: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, dict):
            return value
        match = _AMOUNT.match(value) if isinstance(value, str) else None
        if match:
            amount = float(re.sub("[_,]", "", match["after"] or match["before"]))
            return {"amount": amount, "currency": (match["code"] or match["code_first"]).upper()}
        expected = "an amount of zero or more with a currency code, such as '249 USD'"
        raise refuse(expected, value, "1 USD", _currency_meant(value))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return {"type": "string", "description": "an amount with a currency code, such as 249 USD"}


_AMOUNT = re.compile(
    r"^\s*(?:(?P<before>[\d_]*\.?\d+(?:[eE][-+]?\d+)?|[\d_]+\.|\d{1,3}(?:,\d{3})+(?:\.\d+)?)\s*(?P<code>[A-Za-z]{3})"
    r"|(?P<code_first>[A-Za-z]{3})\s*(?P<after>[\d_]*\.?\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?))\s*$"
)
"""`249 USD`, `249 usd`, `USD 249` and `1,200 USD`; a thousands comma has three digits behind it."""

_SIGNS = {"$": ("USD",), "€": ("EUR",), "£": ("GBP",), "¥": ("CNY", "JPY")}


def _currency_meant(value: object) -> str:
    """What an amount with a sign, or with no currency at all, may mean."""
    text = str(value).strip()
    number = re.sub(r"[^\d.,_]", "", text)
    if not number or "-" in text:
        return ""
    codes = next((codes for sign, codes in _SIGNS.items() if sign in text), ("USD", "EUR"))
    return did_you_mean(f"{number} {code}" for code in codes)


def parse_money(text: str, where: str) -> Money:
    """An amount given as text outside a file, such as an option of the command line."""
    try:
        return Money.model_validate(text)
    except ValidationError as error:
        found = error.errors()[0]
        advice = str(found.get("ctx", {}).get("advice", ""))
        raise InputError(where, [Problem("value", found["msg"], repr(text), advice)]) from None


class EnergyPrice(StrictModel):
    """A price of energy, such as '0.19 USD/kWh', kept per joule."""

    amount_per_joule: float
    currency: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, str) and "/" in value:
            amount, _, energy = value.rpartition("/")
            unit = unit_named(energy.strip(), "j")
            if unit:
                factor = UNITS["j"][unit]
                money = Money.model_validate(amount)
                return {"amount_per_joule": money.amount / factor, "currency": money.currency}
        raise refuse("a price of energy such as '0.19 USD/kWh'", value, "1 USD/kWh")


class Origin(StrictModel):
    """Where one number comes from; a derived one shows its formula, an assumed one its reason."""

    source: str
    status: Status = Field(strict=False)
    confidence: str | None = None
    formula: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.status is Status.DERIVED and not self.formula:
            raise refuse("a formula beside a number with status derived", None)
        if self.status is Status.ASSUMED and not self.note:
            raise refuse("a note beside a number with status assumed, saying why it is plausible", None)
        return self


T = TypeVar("T")


class Sourced(Origin, Generic[T]):
    """A number with its origin beside it."""

    value: T

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`Sourced_hz` for a number in hertz, `Sourced_int` for a count."""
        dimensions = [mark.dimension for mark in get_args(params[0]) if isinstance(mark, Quantity)]
        return f"Sourced_{dimensions[0] if dimensions else getattr(params[0], '__name__', 'value')}"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """The number alone, or with as much of its origin as the group around it does not give."""
        whole = handler.resolve_ref_schema(handler(schema))
        number = whole["properties"]["value"]
        with_origin = {**whole, "required": ["value"]}
        return {"title": with_origin.pop("title"), "anyOf": [number, with_origin]}


ORIGIN_KEYS = tuple(Origin.model_fields)
"""Keys that say where a number comes from; a group of numbers may carry them once for all."""


class SourcedBlock(StrictModel):
    """A group of numbers; `source`, `status` ... given once for the group hold for each bare number in it.

    Mappings inside the group (one number for each mode, say) may carry the same keys for their own numbers.
    """

    source: str | None = None
    status: Status | None = Field(default=None, strict=False)
    confidence: str | None = None
    formula: str | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        shared = {key: value[key] for key in ORIGIN_KEYS if value.get(key) is not None}
        filled = dict(value)
        for name, info in cls.model_fields.items():
            key = info.alias or name
            if key in filled and _holds_sourced(info.annotation):
                filled[key] = _with_origin(filled[key], shared)
        return filled

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """The fields; mappings to numbers may hold the origin of their numbers too."""
        written = handler(schema)
        keys = handler.resolve_ref_schema(written)["properties"]
        origin = {key: keys[key] for key in ORIGIN_KEYS}
        for name, info in cls.model_fields.items():
            if _holds_sourced(info.annotation):
                _admit_origin(keys[info.alias or name], origin)
        return written


def _admit_origin(written: dict[str, Any], origin: dict[str, object]) -> None:
    """Beside the names that a mapping to numbers has, at any depth."""
    if isinstance(inner := written.get("additionalProperties"), dict):
        written["properties"] = origin
        if names := written.get("propertyNames"):
            written["propertyNames"] = {"anyOf": [names, {"enum": list(ORIGIN_KEYS)}]}
        _admit_origin(inner, origin)


def _holds_sourced(annotation: object) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, Sourced)
    if get_origin(annotation) is tuple:
        return False
    return any(_holds_sourced(argument) for argument in get_args(annotation))


def _with_origin(value: object, shared: dict[str, object]) -> object:
    """The value with the group's origin beside each number that has none of its own.

    A group inside the group may give an origin too: a new source or status replaces the outer origin
    whole, a formula or note alone is added to it.
    """
    if isinstance(value, list):
        return [_with_origin(item, shared) for item in value]
    if not isinstance(value, dict):
        return value if value is None else {**shared, "value": value}
    own = {key: value[key] for key in ORIGIN_KEYS if key in value}
    origin = own if "source" in own or "status" in own else {**shared, **own}
    if "value" in value:
        return {**origin, **value}
    return {key: _with_origin(item, origin) for key, item in value.items() if key not in own}


@dataclass(frozen=True, slots=True)
class Entry:
    """One sourced number of a file: the path of its YAML keys, its dimension (none for counts), itself."""

    path: tuple[str | int, ...]
    dimension: str | None
    number: Sourced[Any]


def numbers_in(
    value: object, path: tuple[str | int, ...] = (), dimension: str | None = None
) -> Iterator[Entry]:
    """Every sourced number inside a model, in the order of the fields."""
    if isinstance(value, Sourced):
        yield Entry(path, dimension, value)
    elif isinstance(value, StrictModel):
        for name, info in type(value).model_fields.items():
            if name not in value.repeats():
                key = info.alias or name
                yield from numbers_in(getattr(value, name), (*path, key), dimension_of(name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(item, (*path, str(key)), dimension)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from numbers_in(item, (*path, i), dimension)


def source_conflicts(model: StrictModel, known: Collection[str]) -> Iterator[Conflict]:
    """The numbers and groups of numbers whose source is not among the documents that the file lists."""
    advice = "add it under `sources` or correct the name"
    for path, source in _group_sources(model, ()):
        if source not in known:
            expected = f"one of the sources {', '.join(known)}"
            yield Conflict((*path, "source"), expected, f"{source!r}", advice)
    for entry in numbers_in(model):
        if entry.number.source not in known:
            expected = f"one of the sources {', '.join(known)}"
            yield Conflict(entry.path, expected, f"{entry.number.source!r}", advice)


def _group_sources(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Sources given for whole groups, which no number need have taken."""
    if isinstance(value, StrictModel) and not isinstance(value, Sourced):
        source = getattr(value, "source", None)
        if isinstance(source, str):
            yield path, source
        for name, info in type(value).model_fields.items():
            if name not in value.repeats():
                yield from _group_sources(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _group_sources(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _group_sources(item, (*path, i))
