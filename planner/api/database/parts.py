"""Parts: those of the database, those that a user adds, and what the database holds of each.

Nothing heavy is imported before a function needs it; reading a part needs pydantic and yaml alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.hardware.catalog import PartFile
    from planner.hardware.database_check import DatabaseCheck
    from planner.hardware.datasheet import DatasheetNumber
    from planner.hardware.link.links import BusLink
    from planner.hardware.listing import Listing
    from planner.schema.hardware.device import Device, Precision, UnitKind
    from planner.schema.hardware.video import VideoUnits
    from planner.schema.reading.quantity import Money


def read_device(device: str | Path) -> Device:
    """A part of the database by id, or from a YAML file of one's own; numbers are in SI.

    Raises `UnknownIdError` with the nearest ids, or `InputError` with every problem of the file.

    >>> read_device("t4").id
    't4'
    """
    from planner.hardware import catalog

    if isinstance(device, Path) or device.endswith((".yaml", ".yml")):
        return catalog.read_device_file(Path(device))
    return catalog.read_device(device)


def device_ids() -> tuple[str, ...]:
    """Ids of all parts, shipped and own, sorted.

    >>> "t4" in device_ids()
    True
    """
    from planner.hardware import catalog

    return catalog.device_ids()


def part_file(device_id: str) -> PartFile:
    """The file of a part, and whether it is shipped, an own part, or one in place of a shipped part.

    Raises `UnknownIdError` with the nearest ids.

    >>> part_file("t4").origin
    'shipped'
    """
    from planner.hardware import catalog

    return catalog.part_file(device_id)


def own_parts(*folders: str | Path) -> AbstractContextManager[None]:
    """Inside the `with`, parts in these folders add to the database and override it, as with `--hardware`.

    Parts are read where one is asked for; a folder without files of parts is an `InputError` then.

    >>> folder = Path("my-parts")
    >>> folder.mkdir()
    >>> text = part_file("t4").path.read_text()
    >>> written = (folder / "my-card.yaml").write_text(text.replace("id: t4", "id: my-card"))
    >>> with own_parts(folder):
    ...     read_device("my-card").id
    'my-card'
    """
    from planner.data_files import own_parts_from

    return own_parts_from(tuple(Path(folder) for folder in folders))


def own_part_notes(device_ids: Collection[str] | None = None) -> tuple[str, ...]:
    """What an answer about these parts (all, where None) should say: which of them are a user's own.

    >>> own_part_notes(["t4"])
    ()
    """
    from planner.hardware.catalog import part_files

    if device_ids is not None and not device_ids:
        return ()
    files = part_files()
    chosen = files if device_ids is None else {name: files[name] for name in device_ids if name in files}
    own = [file for file in chosen.values() if file.note is not None]
    return (*(file.note for file in own if file.note), *_heat_warnings([file.id for file in own]))


def _heat_warnings(device_ids: Collection[str]) -> Iterator[str]:
    """Of one's own parts that are hot at their limit; those that cannot be read are refused elsewhere."""
    from planner.errors import InputError
    from planner.hardware.catalog import read_device as read
    from planner.hardware.plausibility import heat_warnings

    for device_id in device_ids:
        try:
            device = read(device_id)
        except InputError:
            continue
        yield from heat_warnings(device)


def precision_named(text: str | None) -> Precision | None:
    """A precision by its name, whatever the case; None stays None. `UnknownIdError` with the nearest names.

    >>> precision_named("INT8").value
    'int8'
    """
    from planner.errors import UnknownIdError
    from planner.schema.hardware.device import Precision

    if text is None:
        return None
    try:
        return Precision(text.lower())
    except ValueError:
        raise UnknownIdError("precision", text, list(Precision)) from None


def list_devices(
    *,
    vendor: str | None = None,
    kind: UnitKind | None = None,
    precision: str | None = None,
    max_power_w: float | None = None,
    max_price: Money | None = None,
    min_memory_bytes: float | None = None,
    sort: str = "id",
) -> Listing:
    """Parts that match, one row each, with the dense peak of one unit in one power mode.

    `vendor` is a shell pattern, `kind` a kind of compute unit. Parts have a mode within `max_power_w`, which
    is then the one shown, and a price in the currency of `max_price`. Rows are in SI and name their `origin`
    (shipped, own or override). `sort` is id, vendor, year, peak, bandwidth, memory, power or price. Raises
    `UnknownIdError` for an unknown precision or key.

    >>> [row["id"] for row in list_devices(kind="npu", max_power_w=12).rows][:2]
    ['am68a', 'amlogic-a311d']
    """
    from planner.errors import UnknownIdError
    from planner.hardware.catalog import part_files
    from planner.hardware.catalog import read_device as read
    from planner.hardware.listing import SORT_KEYS, Filter, Listing, list_parts

    if sort not in SORT_KEYS:
        raise UnknownIdError("sort key", sort, list(SORT_KEYS))
    files = part_files()
    wanted = Filter(
        vendor=vendor,
        kind=kind,
        precision=precision_named(precision),
        max_power_w=max_power_w,
        max_price=max_price,
        min_memory_bytes=min_memory_bytes,
    )
    found = list_parts([read(device_id) for device_id in files], wanted, sort)
    return Listing(tuple({**row, "origin": files[row["id"]].origin} for row in found.rows), found.remarks)


def device_numbers(device: Device) -> tuple[DatasheetNumber, ...]:
    """Every number of a part in SI, with its unit, source and status, in the order of its file.

    >>> device_numbers(read_device("t4"))[0].status
    'vendor'
    """
    from planner.hardware.datasheet import figures

    return figures(device)


def device_label(device: Device) -> str | None:
    """What the maker's headline figure means in dense operations per second; None without a headline.

    >>> device_label(read_device("t4")).startswith("130 TOPS")
    True
    """
    from planner.hardware.label import label_sentence

    return label_sentence(device)


def device_links(device: Device) -> tuple[BusLink, ...]:
    """Links that a part can have to its host, the one it is delivered with first; none for a computer.

    >>> [link.id for link in device_links(read_device("coral-edgetpu-usb"))]
    ['usb3', 'usb2']
    """
    from planner.hardware.link.of_part import links_of

    return links_of(device)


def device_video(device: Device) -> VideoUnits | None:
    """Decoders, encoders and scalers of a part; None where nothing is known of them.

    >>> list(device_video(read_device("jetson-orin-nano-8")).decoders)
    ['nvdec', 'nvjpg']
    """
    from planner.hardware.video.units import video_of

    return video_of(device)


def check_database(*, shipped_only: bool = False) -> DatabaseCheck:
    """Check units, sources, physics and ids of every part and engine; all problems at once.

    A user's own parts are checked too, unless `shipped_only`.

    >>> check_database(shipped_only=True).problems
    ()
    """
    from planner.hardware import database_check

    return database_check.check_database(shipped_only=shipped_only)


def device_schema() -> dict[str, Any]:
    """The JSON Schema of a device file, for completion in an editor.

    >>> device_schema()["type"]
    'object'
    """
    from planner.hardware.database_check import device_json_schema

    return device_json_schema()


def device_template(device_id: str = "my-part") -> str:
    """The text of an empty device file, every key with what belongs there.

    Raises `InputError` for an id that would be no name of a file, or more than one line of it.

    >>> "id: my-part" in device_template()
    True
    """
    from planner.data_files import database_dir

    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", device_id) is None:
        expected = "up to 100 letters, digits, `.`, `_` and `-`"
        raise InputError("template", [Problem("id", expected, repr(device_id)[:80])])
    path = database_dir() / "schema"
    text = (path / "device-template.yaml").read_text(encoding="utf-8")
    heading = f"# yaml-language-server: $schema={path / 'device.json'}\n"
    return heading + text.replace("id: my-part", f"id: {device_id}", 1)


def write_devices_page(path: str | Path) -> list[Path]:
    """All shipped parts on one page, as FILE.md with a drawing beside it or as FILE.html; the files written.

    Raises `InputError` for another ending and `OutputError` where the file cannot be written.

    >>> write_devices_page("devices.html")
    [PosixPath('devices.html')]
    """
    from planner.report import devices_page

    return devices_page.write_devices_page(Path(path))


def precision_names() -> tuple[str, ...]:
    """Number formats that parts compute in.

    >>> "int8" in precision_names()
    True
    """
    from planner.schema.hardware.device import Precision

    return tuple(precision.value for precision in Precision)
