"""The checks of the whole database, and that each of them can fail."""

import json
from pathlib import Path

import pytest

from planner.data_files import database_dir
from planner.errors import Problem
from planner.hardware.catalog import device_ids, engine_ids, read_device, read_engine
from planner.hardware.database_check import check_database, check_device_file, device_json_schema
from planner.hardware.plausibility import heat_warnings, plausibility_conflicts
from planner.hardware.surroundings import cooler_kinds
from planner.plan.options.coolers import cooled
from planner.provenance import Status
from planner.schema.scenario.cooler import OwnCooler
from planner.wording.message import key_of

ORIN = (database_dir() / "devices" / "jetson-agx-orin-64.yaml").read_text()


def complaints_after(tmp_path: Path, old: str, new: str) -> tuple[Problem, ...]:
    """What the checks say after one replacement in the file of AGX Orin."""
    assert ORIN.count(old) >= 1
    path = tmp_path / "jetson-agx-orin-64.yaml"
    path.write_text(ORIN.replace(old, new, 1))
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}
    problems = check_device_file(path, engines).problems
    assert all(problem.line is not None for problem in problems)
    return problems


def problems_after(tmp_path: Path, old: str, new: str) -> list[str]:
    """Where the checks complain after one replacement."""
    return [problem.where for problem in complaints_after(tmp_path, old, new)]


def test_the_shipped_database_has_no_problem() -> None:
    result = check_database()

    assert [str(problem) for problem in result.problems] == []
    assert result.files >= 16
    assert result.numbers > 500


def test_the_shipped_schema_is_that_of_this_version() -> None:
    shipped = json.loads((database_dir() / "schema" / "device.json").read_text())

    assert shipped == device_json_schema()


def test_the_unchanged_part_has_no_problem(tmp_path: Path) -> None:
    assert problems_after(tmp_path, "id: jetson-agx-orin-64", "id: jetson-agx-orin-64") == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("MAXN: 85.197 TOPS", "MAXN: 90 TOPS", "units.gpu.peaks.int8.MAXN"),
        ("{value: 170 TOPS", "{value: 275 TOPS", "units.gpu.sparse_peaks.int8.MAXN"),
        ("int8: {MAXN: 48.7 TOPS}", "int8: {MAXN: 99 TOPS}", "units.gpu.ceilings.int8.MAXN"),
        ("engines: [tensorrt, onnxruntime]", "engines: [tensorflow]", "units.gpu.engines"),
        ("engines: [tensorrt, onnxruntime]", "engines: [ncnn]", "units.gpu.engines"),
        ("    MAXN: 204.8 GB/s", "    MAXN: 160 GB/s", "memory.ceilings.MAXN"),
        ("\nunits:\n", "  unused: {title: Nothing uses this}\n\nunits:\n", "sources.unused"),
    ],
)
def test_each_check_can_fail(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert where in problems_after(tmp_path, old, new)


def test_a_mode_with_more_power_is_no_slower(tmp_path: Path) -> None:
    found = problems_after(tmp_path, "    50W: 204.8 GB/s", "    50W: 100 GB/s")

    assert set(found) == {"memory.bandwidth.50W"}


@pytest.mark.parametrize(
    ("resistance", "complaints"),
    [("1.4 K/W", 0), ("2.9 K/W", 0), ("15 K/W", 2), ("0.01 K/W", 2)],
)
def test_only_what_no_cooler_does_is_refused(tmp_path: Path, resistance: str, complaints: int) -> None:
    """A passive cooler that throttles is a cooler; one that does not let the part idle, or that keeps 60 W
    within a kelvin of the air, is a mistake, and its time constant shows it too."""
    found = problems_after(tmp_path, "value: 1.8 K/W", f"value: {resistance}")

    assert len(found) == complaints


def test_a_hot_part_is_warned_of(tmp_path: Path) -> None:
    """At its limit in air of 35 degC, just below its throttle and just above it."""
    device = read_device("jetson-agx-orin-64")
    limit_w = next(mode for mode in device.modes if mode.default).power_limit_w.value
    resistance = (device.thermal.throttle_c.value - 35.0) / limit_w
    cool = cooled(device, OwnCooler.model_validate({"resistance": f"{0.99 * resistance} K/W"}))
    hot = cooled(device, OwnCooler.model_validate({"resistance": f"{1.01 * resistance} K/W"}))

    assert list(heat_warnings(cool)) == []
    assert [key_of(text) for text in heat_warnings(hot)] == ["warning.throttles"]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("headline: 275 TOPS", "headline: 170 TOPS", "label.headline"),
        ("  units: {gpu: 1, dla: 2}", "  units: {gpu: 1, dla: 1}", "label.headline"),
        ("  width_bits: 256", "  width_bits: 128", "memory.bandwidth.MAXN"),
        ("    50W: 3200 MHz", "    50W: 2133 MHz", "memory.bandwidth.50W"),
        ("int8: {MAXN: 48.7 TOPS}", "int8: {MAXN: 4.87 TOPS}", "units.gpu.ceilings.int8.MAXN"),
        ("cuda_cores: 2048", "cuda_cores: 1792", "units.gpu.ops_per_clock.fp32"),
        ("tpcs: 8}", "tpcs: 7}", "units.gpu.active"),
        ("cores: 12}", "cores: 16}", "units.cpu.active"),
        ("MAXN: 5.3248 TOPS", "MAXN: 53.248 TOPS", "units.gpu.peaks.tf32.MAXN"),
        ("year: {value: 2023", "year: {value: 2032", "year"),
        ("capacity: 64 GB", "capacity: 640 GB", "memory.capacity"),
        ("capacity: 64 GB", "capacity: 64 MB", "memory.capacity"),
        ("      value: 6 W\n", "      value: 0.6 W\n", "modes[3].idle"),
        ("value: 50 %", "value: 5 %", "thermal.throttled_clock"),
        ("tensor_cores: 64,", "tensor_cores: 640,", "units.gpu.parts.tensor_cores"),
        ("cuda_cores: 2048,", "cuda_cores: 2048, rt_cores: 0.5,", "units.gpu.parts.rt_cores"),
        ("[tensorrt, onnxruntime]", "[tensorrt, onnxruntime, tensorrt]", "units.gpu.engines"),
    ],
)
def test_numbers_that_contradict_each_other_are_named_with_their_line(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    assert where in problems_after(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("  mode: MAXN\n  units", "  mode: TURBO\n  units", "label.mode"),
        ("  units: {gpu: 1, dla: 2}", "  units: {gpu: 1, npu: 2}", "label.units.npu"),
        ("  units: {gpu: 1, dla: 2}", "  units: {gpu: 1, dla: 3}", "label.units.dla"),
        ("  units: {gpu: 1, dla: 2}", "  units: {cpu: 1}", "label.units.cpu"),
        ("    15W: 2133 MHz", "    TURBO: 2133 MHz", "memory.clocks.TURBO"),
    ],
)
def test_a_label_that_names_what_is_not_there_is_refused(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    assert where in problems_after(tmp_path, old, new)


def test_a_slot_carries_what_its_generation_and_width_give(tmp_path: Path) -> None:
    """PCI Express 4.0 x16: 16 GT/s x 16 lanes x 128/130 / 8 = 31.5 GB/s, 32 without the line code."""
    text = (database_dir() / "devices" / "atlas-300i-pro.yaml").read_text()
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}
    path = tmp_path / "atlas-300i-pro.yaml"
    for value, complaints in (("31.5 GB/s", 0), ("32 GB/s", 0), ("63 GB/s", 1), ("15.75 GB/s", 1)):
        path.write_text(text.replace("value: 31.5 GB/s", f"value: {value}"))
        assert len(check_device_file(path, engines).problems) == complaints


def test_modes_of_one_unit_do_the_same_in_a_clock(tmp_path: Path) -> None:
    """Where nothing is known of a clock's work, peaks still go with the clock."""
    text = (database_dir() / "devices" / "jetson-agx-xavier-32.yaml").read_text()
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}
    path = tmp_path / "jetson-agx-xavier-32.yaml"
    path.write_text(text.replace("      15W: 750 MHz", "      15W: 1050 MHz", 1))

    problems = check_device_file(path, engines).problems
    assert {problem.where for problem in problems} == {"units.dla.peaks.int8.15W", "units.dla.peaks.fp16.15W"}
    assert all(problem.line for problem in problems)


@pytest.mark.parametrize(
    ("technology", "bandwidth", "wrong"),
    [
        ("LPDDR4X-3200, 128 bit", "51.2 GB/s", 0),
        ("LPDDR4X-3200, 128 bit", "512 GB/s", 1),
        ("LPDDR4X-3200, 128 bit for each chip", "102.4 GB/s", 0),
        ("DDR4-3200, two channels", "51.2 GB/s", 0),
        ("DDR4-3200, two channels", "25.6 GB/s", 1),
        ("LPDDR4X", "512 GB/s", 0),
    ],
)
def test_the_grade_of_a_memory_gives_its_bandwidth(
    tmp_path: Path, technology: str, bandwidth: str, wrong: int
) -> None:
    """JEDEC names a grade by its transfers: 3200 MT/s x 128 bit / 8 = 51.2 GB/s; a DDR channel has 64 bit."""
    text = (database_dir() / "devices" / "atlas-200-dk.yaml").read_text()
    start, end = text.index("  width_bits:"), text.index("  shared: true")
    text = text[:start] + text[end:]
    text = text.replace("LPDDR4X-3200, 128 bit (8 GB variant)", technology).replace("51.2 GB/s", bandwidth)
    path = tmp_path / "atlas-200-dk.yaml"
    path.write_text(text)
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}

    problems = check_device_file(path, engines).problems
    assert len(problems) == wrong


def test_a_source_of_a_group_that_no_number_takes_is_still_looked_up(tmp_path: Path) -> None:
    text = (database_dir() / "devices" / "jetson-orin-nano-8.yaml").read_text()
    path = tmp_path / "jetson-orin-nano-8.yaml"
    path.write_text(text.replace("thermal:\n  source: judgement", "thermal:\n  source: hearsay", 1))
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}

    problems = check_device_file(path, engines).problems
    assert "thermal.source" in {problem.where for problem in problems}
    assert all(problem.line for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("{value: 80 degC, source: linux_trips", "{value: 800 degC, source: linux_trips", "trips"),
        ("hysteresis: {value: 4 K", "hysteresis: {value: 40 K", "hysteresis"),
        ("speeds: [22 %", "speeds: [2 %", "speeds"),
        ("rated: 1.5 W", "rated: 30 W", "rated"),
        ("rated: 1.5 W", "rated: 0.15 W", "rated"),
        ("hysteresis: {value: 4 K", "hysteresis: {value: 0.4 K", "hysteresis"),
        ("high: 1.3 K/W", "high: 13 K/W", "range"),
    ],
)
def test_a_fan_or_range_that_no_cooler_has_is_asked_about(tmp_path: Path, old: str, new: str, where: str):
    """Fans of kits draw 2 to 9 % of their part's limit, and published resistances are within 2.6 times."""
    found = problems_after(tmp_path, old, new)
    assert any(where in path and "coolers[0]" in path for path in found), found


@pytest.mark.parametrize("times", [0.1, 10.0])
def test_a_slip_of_an_assumed_heat_capacity_is_found(times: float) -> None:
    """Ten times off, a sink of 300 s would take 30 s or an hour: no published one of its kind does."""
    part = read_device("rk3588")
    assert not list(plausibility_conflicts(part))
    wrong = part.thermal.coolers[0]
    number = wrong.heat_capacity_j_per_k
    slipped = wrong.model_copy(
        update={"heat_capacity_j_per_k": number.model_copy(update={"value": times * number.value})}
    )
    coolers = [slipped, *part.thermal.coolers[1:]]
    thermal = part.thermal.model_copy(update={"coolers": coolers})
    found = list(plausibility_conflicts(part.model_copy(update={"thermal": thermal})))
    assert [conflict.path for conflict in found] == [("thermal", "coolers", 0, "heat_capacity")]


def test_assumed_heat_capacities_are_those_of_their_kind() -> None:
    """C = sink's time / R of the sink + die's time / R of the die, to three digits as written."""
    for device in map(read_device, device_ids()):
        for cooler in device.thermal.coolers:
            kind = cooler_kinds().kinds[cooler.kind]
            divided = kind.divided(device.form)
            if cooler.heat_capacity_j_per_k.status is not Status.ASSUMED or not (
                divided and kind.sink_time_s
            ):
                continue
            by_kind = divided.heat_capacity_j_per_k(kind.sink_time_s.value, cooler.resistance_k_per_w.value)
            found = cooler.heat_capacity_j_per_k.value
            assert found == pytest.approx(by_kind, rel=0.006), (device.id, cooler.id)
