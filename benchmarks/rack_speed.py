"""How fast the rack is simulated: frames a second of both engines on the same rack in one run, and memory.

The rack serves cameras at 15 frames a second in batches of up to eight, shortest queue first, with heat at
one second and throttling. Times are processor seconds of one core with the compiled code already loaded;
frames are all that were drawn. Run: .venv/bin/python benchmarks/rack_speed.py [case ...], the cases being
ratio, variation (service times that scatter, against constant ones),
heat (stores, fan, leakage and rows, against one store),
chain (frames through four steps, against one network),
hour, wide (1,000 devices), scale (10,000 against 64), epochs (what closing one costs), year, day and
trace (of more than a gigabyte); `all` is all of them, all but the last two unless said. Each runs in a
process of its own and ends with the most memory that it held.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from planner.chain.description import Chains, ChainStream, ChainUnit, ItemCount, Visit
from planner.chain.simulation.racked import ChainedRun
from planner.latency.band import Band
from planner.provenance import Provenance
from planner.rack.compiled import ahead
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.latencies import in_bins
from planner.rack.counts.tally import RunTally, tally_records
from planner.rack.description.device import Leakage
from planner.rack.description.heat_path import ClockCap, DeviceFan, HeatNode
from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service, Thermal
from planner.rack.description.streams import DayProfile, StreamGroup
from planner.rack.description.variation import varying
from planner.rack.reference import engine as simpy_engine
from planner.rack.studies.year import simulate_year

HOUR_S = 3600.0
_LONG = ("day", "trace")
_TRACE_ROWS = 50_000_000
_ROUNDS = 21


def rack(devices: int, cameras: int, duration_s: float) -> Rack:
    """About 85 % busy, and hot enough that some devices throttle."""
    table = tuple(0.008 + 0.003 * size for size in range(1, 9))
    thermal = Thermal(
        resistance_k_per_w=1.2,
        heat_capacity_j_per_k=50.0,
        throttle_c=85.0,
        hysteresis_k=5.0,
        shutdown_c=110.0,
        throttled_clock=0.7,
    )
    return Rack(
        device=RackDevice("box", 5.0, (Service("net", table, clocked_share=0.5, busy_w=55.0),), thermal),
        count=devices,
        streams=(StreamGroup("cameras", cameras, 15.0, "net", slo_s=0.1, jitter_s=0.003),),
        batching=Batching(8, 0.008),
        dispatch="shortest_queue",
        air=Air(25.0, 0.014 * devices, recirculation=0.2),
        fan_w=12.0,
        duration_s=duration_s,
        warmup_s=10.0,
        replications=2,
    )


def timed(what: Rack) -> tuple[RunTally, float]:
    """One replication of the compiled engine and its processor seconds, after the rubbish is cleared away."""
    gc.collect()
    start_s = time.process_time()
    run = compiled_engine.run_replication(what, 0)
    return run, time.process_time() - start_s


def drawn(run: RunTally) -> float:
    """Frames of a run."""
    return run.accounts["conservation"][0]


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def tell(name: str, what: Rack, run: RunTally, took_s: float) -> None:
    """One line of the table."""
    sums = run.epochs.accounts
    device_s = sums.length_s * what.count
    print(
        f"{name:8} {what.count:5} devices {what.duration_s:7.0f} s {drawn(run) / 1e6:8.2f} M frames "
        f"{took_s:8.2f} s {drawn(run) / took_s / 1e6:6.2f} M frames/s, "
        f"{run.batched / run.batches:.2f} a batch, "
        f"busy {sums.busy_s / device_s:.0%}, throttled {sums.throttled_s / device_s:.0%}, "
        f"peak memory {peak_bytes() / 1e6:.0f} MB"
    )


def ratio() -> None:
    """Both engines in turn, three times over, after checking that they answer alike."""
    what = rack(64, 500, 60.0)
    ratios = []
    for _ in range(3):
        fast, fast_s = timed(what)
        gc.collect()
        start_s = time.process_time()
        records = simpy_engine.run_replication(what, 0)
        slow_s = time.process_time() - start_s
        slow = tally_records(what, records)
        same = fast.streams[0].latencies.counts == in_bins(slow.streams[0].latencies.weights()[0]).counts
        if not (same.all() and fast.epochs.series.tobytes() == slow.epochs.series.tobytes()):
            raise SystemExit("the engines differ")
        ratios.append(slow_s / fast_s)
        tell("compiled", what, fast, fast_s)
        tell("simpy", what, slow, slow_s)
    print(f"ratio    {np.median(ratios):.1f} (of three: {', '.join(f'{value:.1f}' for value in ratios)})")


def chain() -> None:
    """Frames through decode, resize, the same detector and a classifier of 2.5 objects, against the detector.

    In turn, three times: the chain's frames alone, drawn and moved, and with the rack's own run for its heat.
    """
    units = tuple(
        ChainUnit(name, role, name, servers, Provenance.DATASHEET)
        for name, role, servers in (("dec", "decoder", 1), ("vic", "scaler", 1), ("box", "accelerator", 1))
    )

    def visit(kind: str, unit: str, times: tuple[float, ...], after: int | None, **more: object) -> Visit:
        return Visit(kind, kind, unit, tuple(Band(t, t, t) for t in times), after, **more)

    table = tuple(0.004 + 0.0015 * size for size in range(1, 9))
    visits = (
        visit("decode", "dec", (0.003,), None),
        visit("convert", "vic", (0.002,), 0),
        visit("network", "box", table, 1, network="net"),
        visit("network", "box", tuple(t / 10 for t in table), 2, network="next", items=ItemCount(2.5)),
    )
    what = rack(64, 500, 60.0)
    chained = ChainedRun(Chains(units, (ChainStream("cameras", 500, 15.0, visits, 0.1),)), "mid")
    chained(rack(64, 500, 11.0), "compiled", 0)
    ratios = []
    for _ in range(3):
        fast, fast_s = timed(what)
        gc.collect()
        start_s = time.process_time()
        run = chained(what, "compiled", 0)
        both_s = time.process_time() - start_s
        tell("single", what, fast, fast_s)
        tell("chain", what, run, both_s)
        ratios.append((fast_s / (both_s - fast_s), fast_s / both_s))
    alone, whole = np.median(ratios, axis=0)
    print(
        f"a chain of four steps: {alone:.2f} of the frames a second of one network, {whole:.2f} with its heat"
    )


def one(name: str, what: Rack) -> None:
    """One replication of a rack."""
    tell(name, what, *timed(what))


def scale() -> None:
    """What a frame costs with 10,000 devices and 80,000 cameras against 64 devices, in turn, three times."""
    ratios = []
    for _ in range(3):
        small, large = rack(64, 500, 600.0), rack(10_000, 80_000, 20.0)
        small_run, small_s = timed(small)
        large_run, large_s = timed(large)
        tell("64", small, small_run, small_s)
        tell("scale", large, large_run, large_s)
        ratios.append((large_s / drawn(large_run)) / (small_s / drawn(small_run)))
    print(f"a frame costs {np.median(ratios):.2f} times as much with 10,000 devices "
          f"(of three: {', '.join(f'{value:.2f}' for value in ratios)})")  # fmt: skip


def epochs() -> None:
    """What it costs to close an epoch of a small cool rack: run ahead, and each awaited by the next."""
    cool = rack(4, 26, 1200.0)
    thermal = replace(cool.device.thermal, throttle_c=109.0)
    cool = replace(cool, device=replace(cool.device, thermal=thermal))
    # The same requests with a twentieth of the epochs: the difference is what the others cost.
    few = replace(cool, epoch_s=20.0, warmup_s=20.0)
    more = cool.epochs - few.epochs
    costs = []
    for _ in range(3):
        in_blocks_s, few_s = timed(cool)[1], timed(few)[1]
        with mock.patch.object(ahead, "_MOST_EPOCHS", 1):
            one_by_one_s = timed(cool)[1]
        costs.append(((in_blocks_s - few_s) / more * 1e6, (one_by_one_s - few_s) / more * 1e6))
    own, awaited = (float(np.median(column)) for column in zip(*costs, strict=True))
    print(f"epochs   {own:.0f} us each, {awaited:.0f} us where each is awaited, {own / awaited:.2f} of it")


def variation() -> None:
    """Frames a second with service times that scatter, over those with constant ones, in 21 rounds.

    Both run in each round, by turns first and second: what else runs on the machine hits both alike, and the
    middle of the rounds' ratios leaves out the round that it interrupts.
    """
    process = varying(
        0.15, next_one=0.6, over_ten=0.3, over_hundred=0.1, outlier_share=0.005, outlier_ratio=3
    )
    constant = rack(64, 500, 60.0)
    varied = tuple(replace(service, variation=process) for service in constant.device.services)
    cases = {
        "constant": constant,
        "varied": replace(constant, device=replace(constant.device, services=varied)),
    }
    ratios = []
    for turn in range(_ROUNDS):
        per_s = {}
        for name in sorted(cases, reverse=turn % 2 == 1):
            run, took_s = timed(cases[name])
            per_s[name] = drawn(run) / took_s
            if turn < 1:
                tell(name, cases[name], run, took_s)
        ratios.append(per_s["varied"] / per_s["constant"])
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    print(
        f"varied   {middle:.3f} of the frames a second of constant service (half of {_ROUNDS} rounds "
        f"{low:.3f} to {high:.3f})"
    )


def heat() -> None:
    """Frames a second with two stores, a fan, caps, leakage and rows of four, against one store, in turn."""
    plain = rack(64, 500, 120.0)
    thermal = plain.device.thermal
    parted = replace(
        thermal,
        nodes=(HeatNode(12.0, 0.4), HeatNode(38.0, 0.8)),
        fan=DeviceFan((50.0, 65.0, 80.0), (0.2, 0.4, 0.7, 1.0), 4.0, 1.5),
        caps=(ClockCap(84.0, 0.85),),
        leakage=Leakage(0.5, 60.0, 0.02),
    )
    cooled = replace(plain, device=replace(plain.device, thermal=parted))
    cases = {"fan": cooled, "rows": replace(cooled, air=replace(cooled.air, in_row=4))}
    ratios: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(5):
        run, took_s = timed(plain)
        plain_per_s = drawn(run) / took_s
        for name, what in cases.items():
            run, took_s = timed(what)
            ratios[name].append(drawn(run) / took_s / plain_per_s)
    for name, found in ratios.items():
        print(f"{name:8} {np.median(found):.3f} of the frames a second of one store "
              f"(of five: {', '.join(f'{value:.3f}' for value in found)})")  # fmt: skip


def year() -> None:
    """A year of one rack whose load follows the day, from windows of its hours."""
    day = DayProfile(
        (0.25,) * 6 + (0.6, 0.8, 0.95, 1.0, 1.0, 0.95, 0.9, 0.95, 1.0, 1.0, 0.95, 0.8) + (0.5,) * 6
    )
    what = rack(64, 500, 24 * HOUR_S)
    what = replace(what, streams=(replace(what.streams[0], profile=day),))
    start_s = time.process_time()
    result = simulate_year(what)
    took_s = time.process_time() - start_s
    print(f"year     {took_s:.1f} s for {result.windows} windows of {result.window_s:g} s")
    print(f"         energy {result.energy_j.mean / 3.6e9:.4f} MWh, 95 % interval "
          f"{result.energy_j.low / 3.6e9:.4f} to {result.energy_j.high / 3.6e9:.4f}")  # fmt: skip
    for name, p99 in result.p99_s.items():
        print(f"         {name}: p99 {p99.mean * 1e3:.2f} ms, 95 % interval {p99.low * 1e3:.2f} to "
              f"{p99.high * 1e3:.2f}")  # fmt: skip
    print(f"         peak memory {peak_bytes() / 1e6:.0f} MB")


def trace() -> None:
    """A trace of 50 million rows, replayed from a file that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.csv"
        with file.open("w") as out:
            out.write("time_s,camera,note\n")
            for first in range(0, _TRACE_ROWS, 10_000):
                out.writelines(f"{row * 0.01:.6f},{row % 64},frame\n" for row in range(first, first + 10_000))
        replayed = StreamGroup("cameras", 1, 100.0, "net", 0.1, arrivals="trace", trace=str(file))
        print(f"trace    {file.stat().st_size / 1e9:.2f} GB")
        one("trace", replace(rack(2, 1, _TRACE_ROWS * 0.01), streams=(replayed,)))


CASES = {
    "ratio": ratio,
    "variation": variation,
    "heat": heat,
    "chain": chain,
    "hour": lambda: one("hour", rack(64, 500, HOUR_S)),
    "wide": lambda: one("wide", rack(1000, 8000, 60.0)),
    "scale": scale,
    "epochs": epochs,
    "year": year,
    "day": lambda: one("day", rack(64, 500, 24 * HOUR_S)),
    "trace": trace,
}


def main() -> None:
    """Run the case named; several, each in a process of its own."""
    names = sys.argv[1:] or [name for name in CASES if name not in _LONG]
    if names == ["all"]:
        names = list(CASES)
    if len(names) == 1:
        compiled_engine.run_replication(rack(2, 4, 20.0), 0)
        CASES[names[0]]()
        return
    for name in names:
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
