"""A part under one of its coolers, or under one given by numbers; what a scenario may say of them."""

from __future__ import annotations

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import match_devices, read_device, shipped_devices
from planner.plan.options.coolers import cooled, odd_cooler, resistance_band, rise_band
from planner.plan.rack.heat import thermal_of_part
from planner.plan.record.options import cooler_record
from planner.plan.scenario.file import read_scenario
from planner.provenance import Status
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.cooler import OwnCooler

PI, NANO = "raspberry-pi-5", "jetson-orin-nano-8"


def own(text: str) -> OwnCooler:
    return validate(parse_document(text, "cooler.yaml"), OwnCooler)


def test_every_part_lists_its_coolers_and_forty_are_known():
    """A part is known where one of its coolers has a resistance that is not assumed."""
    parts = shipped_devices()
    assert all(part.thermal.in_use.id == part.thermal.cooler for part in parts)
    known = [
        part.id
        for part in parts
        if any(item.resistance_k_per_w.status is not Status.ASSUMED for item in part.thermal.coolers)
    ]
    assert len(known) >= 40


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("passive", "passive"),
        ("passive_sink", "passive"),
        ("Passive sink", "passive"),
        ("active", "active"),
        ("bare", "bare"),
    ],
)
def test_a_cooler_is_named_by_its_id_or_its_kind(asked, found):
    part = cooled(read_device(PI), asked)
    assert part.thermal.cooler == found
    assert part.thermal.resistance_k_per_w == part.thermal.in_use.resistance_k_per_w
    assert (part.thermal.fan is not None) == (found == "active")


def test_a_kit_with_a_fan_is_an_active_cooler():
    assert cooled(read_device(NANO), "active").thermal.cooler == "kit"


def test_a_cooler_that_a_part_lacks_is_refused_with_those_it_has():
    with pytest.raises(UnknownIdError, match=r"cooler of coral-edgetpu-usb .* known: case"):
        cooled(read_device("coral-edgetpu-usb"), "active")


def test_true_coolers_of_own_parts_are_taken():
    """2.92 K/W of an Orin Nano and 5.46 K/W of a passive Raspberry Pi 5."""
    for part, resistance in ((NANO, 2.92), (PI, 5.46)):
        device = cooled(read_device(part), own(f"resistance: {resistance} K/W\nstatus: measured\n"))
        record = cooler_record(device)
        assert (record["id"], record["status"]) == ("stated", "measured")
        assert record["resistance_k_per_w"] == resistance
        assert record["low_k_per_w"] == pytest.approx(0.92 * resistance)


def test_a_reading_is_a_resistance():
    """(81 - 24) K / 25 W = 2.28 K/W, measured."""
    asked = own("measured: {power: 25 W, temperature: 81 degC, ambient: 24 degC}\ntime_constant: 228 s\n")
    device = cooled(read_device(NANO), asked)
    thermal = device.thermal
    assert thermal.resistance_k_per_w.value == pytest.approx(2.28)
    assert thermal.resistance_k_per_w.status is Status.MEASURED
    # The sink: 228 s over 90 % of it; the die of a module: 8 s over 10 %.
    by_hand = 228.0 / (0.9 * 2.28) + 8.0 / (0.1 * 2.28)
    assert thermal.heat_capacity_j_per_k.value == pytest.approx(by_hand)
    sink = thermal_of_part(device).nodes[1]
    assert sink.heat_capacity_j_per_k * sink.resistance_k_per_w == pytest.approx(228.0)


def test_a_mass_is_a_heat_capacity():
    """300 g of aluminium at 897 J/(kg K) and of copper at 385, over 90 % of 3 K/W, a die of 8 s over 10 %;
    worked out, it has the narrower band of the time to throttle."""
    for metal, sink_j_per_k in (("aluminium", 269.1), ("copper", 115.5)):
        device = cooled(read_device(NANO), own(f"resistance: 3 K/W\nmass: 300 g\nmetal: {metal}\n"))
        die, sink = thermal_of_part(device).nodes
        assert sink.heat_capacity_j_per_k == pytest.approx(sink_j_per_k)
        assert sink.heat_capacity_j_per_k * sink.resistance_k_per_w == pytest.approx(2.7 * sink_j_per_k)
        assert die.heat_capacity_j_per_k == pytest.approx(8.0 / 0.3)
        assert rise_band(device.thermal) == pytest.approx((0.7, 1.5))
    by_time = cooled(read_device(NANO), own("resistance: 3 K/W\ntime_constant: 300 s\n"))
    assert rise_band(by_time.thermal) == pytest.approx((0.34, 2.95))


def test_a_resistance_from_unknown_coolers_has_the_spread_of_an_assumed_one():
    """5.6 K/W of runs whose cooler nobody states: 65 to 140 % of it; a case that is named keeps its range."""
    part = read_device("raspberry-pi-4b")
    band = resistance_band(cooled(part, "passive").thermal)
    assert (band.low_k_per_w, band.high_k_per_w) == pytest.approx((0.65 * 5.6, 1.4 * 5.6))
    case = resistance_band(cooled(part, "case").thermal)
    assert (case.low_k_per_w, case.high_k_per_w) == (3.4, 5.2)


def test_an_assumed_resistance_has_the_wider_range():
    device = read_device(NANO)
    assumed = resistance_band(cooled(device, own("resistance: 2 K/W\n")).thermal)
    measured = resistance_band(cooled(device, own("resistance: 2 K/W\nstatus: measured\n")).thermal)
    stated = resistance_band(
        cooled(device, own("resistance: 2 K/W\nrange: {low: 1.9 K/W, high: 2.2 K/W}\n")).thermal
    )
    assert assumed.low_k_per_w < measured.low_k_per_w < 2.0 < measured.high_k_per_w < assumed.high_k_per_w
    assert (stated.low_k_per_w, stated.high_k_per_w) == (1.9, 2.2)


def test_a_cooler_divides_into_die_and_sink():
    """The die's own time constant is 8 s, and both stores add up to the whole."""
    part = cooled(read_device(PI), "passive")
    die, sink = thermal_of_part(part).nodes
    assert die.resistance_k_per_w == pytest.approx(0.5 * 5.2)
    assert die.heat_capacity_j_per_k * die.resistance_k_per_w == pytest.approx(8.0)
    assert die.resistance_k_per_w + sink.resistance_k_per_w == pytest.approx(5.2)
    whole = part.thermal.heat_capacity_j_per_k.value
    assert die.heat_capacity_j_per_k + sink.heat_capacity_j_per_k == pytest.approx(whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time_constant: 250 s\n", "either `resistance: 3.2 K/W` or `measured"),
        ("resistance: 3.2 W\n", "resistance"),
        ("resistance: 3.2\n", "a number with its unit"),
        ("resistance: 0 K/W\n", "greater than 0"),
        ("resistance: 2 K/W\nfan: {trips: [50 degC], speeds: [30 %, 100 %], hysteresis: 3 K}\n", "rated"),
        (
            "resistance: 2 K/W\n"
            "fan: {trips: [50 degC, 60 degC], speeds: [30 %, 100 %, 60 %], hysteresis: 3 K, rated: 1 W}\n",
            "speeds that rise from trip to trip",
        ),
        ("measured: {power: 25 W, temperature: 20 degC, ambient: 24 degC}\n", "above the ambient"),
        ("measured: {temperature: 80 degC, ambient: 24 degC}\n", "power"),
        ("resistance: 2 K/W\nrange: {low: 3 K/W, high: 4 K/W}\n", "a range around 2 K/W"),
        (
            "resistance: 2 K/W\nmass: 150 g\ntime_constant: 9 s\n",
            "one of `mass`, `time_constant` and `stores`",
        ),
        ("resistance: 2 K/W\nmass: 150 mm\n", "mass"),
        ("resistance: 2 K/W\nmass: 0 g\n", "greater than 0"),
        ("resistance: 2 K/W\nmass: 150 g\nmetal: wood\n", "aluminium"),
        ("resistance: 2 K/W\ntime_constant: 9 s\nstores: []\nfins: 12\n", "unknown key 'fins'"),
    ],
)
def test_a_cooler_that_does_not_fit_is_refused(text, said):
    with pytest.raises(InputError) as refused:
        own(text)
    assert said in str(refused.value)
    assert "\n  - " not in str(refused.value).partition("\n  - ")[2]


def scenario(tmp_path, *edits: tuple[str, str], extra: str = ""):
    """The inspection line as a file of its own, edited."""
    text = (scenarios_dir() / "line-inspection.yaml").read_text() + extra
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "line.yaml"
    path.write_text(text)
    return read_scenario(path).scenario


COOLERS = "".join(
    ["  coolers:\n"]
    + [
        f"    {part}: {cooler}\n"
        for part, cooler in (
            ("jetson-nano-4", "kit"),
            ("jetson-agx-xavier-32", "kit"),
            ("jetson-orin-nano-8", "kit"),
            ("jetson-agx-orin-64", "kit"),
            ("atlas-200-dk", "kit"),
            ("atlas-300i-pro", "server"),
            ("raspberry-pi-5", "active"),
            ("xeon-8380", "server"),
        )
    ]
)


def test_a_scenario_states_coolers_and_names_each_part_that_lacks_one(tmp_path):
    found = scenario(
        tmp_path,
        (COOLERS, f"  coolers: {{atlas-300i-pro: server, xeon-8380: server, {PI}: bare}}\n"),
        extra="cooler: passive\n",
    )
    assert (found.cooler_of(PI), found.cooler_of(NANO)) == ("bare", "passive")
    with pytest.raises(InputError) as refused:
        scenario(tmp_path, (COOLERS, ""), extra="cooler: active\n")
    text = str(refused.value)
    assert "a cooler of atlas-300i-pro" in text
    assert "xeon-8380 has server" in text
    assert "line " in text
    assert "\n  - " not in text, "one cooler that several lack is one problem"


@pytest.mark.parametrize("text", ["3.2 K/W", "{resistance: 3.2 K/W}"])
def test_a_resistance_alone_is_a_cooler(tmp_path, text):
    asked = scenario(tmp_path, (COOLERS, ""), extra=f"cooler: {text}\n").cooler_of(PI)
    assert isinstance(asked, OwnCooler)
    assert asked.resistance_k_per_w == 3.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.2 W/K", "did you mean 3.2 K/W?"),
        ("3.2", "a number with its unit"),
        ("{resistance: 3.2 W/K}", "did you mean 3.2 K/W?"),
        ("{resistance: 3 K/W, fan: {trips: [60 degC, 50 degC], speeds: [20 %, 50 %, 100 %],"
         " hysteresis: 3 K, rated: 1 W}}", "trips that rise, got '60 degC, 50 degC'"),
        ("{resistance: 3 K/W, fan: {trips: [60 degC], speeds: [20 %, 100 %], hysteresis: 3 K}}", "'rated'"),
        ("[passive]", "a mapping of keys to values"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_cooler_is_said_once(tmp_path, text, said):
    """By name and by numbers are two ways to write one: a mistake in one is not compared with the other."""
    with pytest.raises(InputError) as refused:
        scenario(tmp_path, (COOLERS, ""), extra=f"cooler: {text}\n")
    assert said in str(refused.value)
    assert "problems" not in str(refused.value)


@pytest.mark.parametrize(
    ("edit", "extra", "said"),
    [
        (("raspberry-pi-5: active", "raspberry-pi-5: water"), "", "raspberry-pi-5 has active, passive, bare"),
        (("raspberry-pi-5: active", "raspberry-pi-55: active"), "", "a part"),
        (("xeon-8380: server", "xeon-8380: server"), "cooler: passive\n", "none is left"),
        (("raspberry-pi-5: active", "raspberry-pi-5: {resistance: 3 W/K}"), "", "K/W"),
    ],
)
def test_coolers_of_a_scenario_that_cannot_be_are_refused(tmp_path, edit, extra, said):
    with pytest.raises(InputError, match=r"problem|line") as refused:
        scenario(tmp_path, edit, extra=extra)
    assert said in str(refused.value)


def test_shipped_scenarios_state_the_coolers_of_their_parts():
    """By name or, of a device given by numbers, as its resistance."""
    files = sorted(scenarios_dir().glob("*.yaml"))
    assert files
    for file in files:
        found = read_scenario(file).scenario
        if found.deployment is not None and found.deployment.synthetic is not None:
            continue
        parts = match_devices(found.candidates.devices)
        unnamed = [part for part in parts if found.cooler_of(part) is None]
        assert not unnamed, f"{file.name}: {unnamed}"


@pytest.mark.parametrize(
    ("resistance", "said"),
    [
        ("3200 K/W", "raspberry-pi-5: 3200 K/W are 400 times what it has under no cooler (8 K/W)"),
        ("0.03 K/W", "raspberry-pi-5: 0.03 K/W are 1/100 of what it has under an active cooler (3 K/W)"),
    ],
)
def test_a_resistance_far_from_the_parts_own_is_asked_about_and_taken(resistance, said):
    """Physics allows it, so that it is no mistake; four times what the part has is asked about."""
    part, asked = read_device(PI), own(f"resistance: {resistance}\n")
    found = odd_cooler(part, asked)
    assert found is not None
    assert str(found).startswith(said)
    assert odd_cooler(part, own("resistance: 5.46 K/W\n")) is None
    assert odd_cooler(part, "passive") is None
