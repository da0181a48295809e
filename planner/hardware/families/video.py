"""Whether decoders and encoders of a part are those that chips of its family have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.schema.hardware.checks.families import Family, FamilyUnits
from planner.schema.hardware.video import VideoEngine, VideoUnits
from planner.schema.reading.strict import Conflict


def units_conflicts(family: Family, units: VideoUnits, path: tuple[str, ...]) -> Iterator[Conflict]:
    """More units than the largest chip has, codecs that none knows, an encoder where there is none."""
    if family.decoders is not None:
        yield from _side(family, family.decoders, units.decoders, (*path, "decoders"))
    if family.no_encoder and units.encoders:
        expected = f"`no_encoder`: chips of {family.name} have none"
        yield Conflict((*path, "encoders"), expected, ", ".join(units.encoders), "say so with `no_encoder`")
    elif family.encoders is not None:
        yield from _side(family, family.encoders, units.encoders, (*path, "encoders"))


def _side(
    family: Family, allowed: FamilyUnits, units: Mapping[str, VideoEngine], path: tuple[str, ...]
) -> Iterator[Conflict]:
    for name, unit in units.items():
        if allowed.most is not None and unit.count.value > allowed.most and _is_video(unit):
            expected = f"at most {allowed.most}, as on the largest chip of {family.name}"
            yield Conflict((*path, name, "count"), expected, str(unit.count.value), of_values=True)
        for codec in unit.rates_px_per_s:
            if codec not in allowed.codecs:
                expected = f"one of {', '.join(allowed.codecs)}, the codecs of {family.name}"
                yield Conflict((*path, name, "rates", codec), expected, codec, "remove it")


def _is_video(unit: VideoEngine) -> bool:
    """Units of still images are counted apart by makers, and there may be more of them."""
    return any(codec != "mjpeg" for codec in unit.rates_px_per_s)
