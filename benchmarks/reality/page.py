"""The page: every case measured and simulated, and what of the targets is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.reality.cases import DESIGN, SCORED

INTRODUCTION = Path(__file__).resolve().parent / "introduction.md"
PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "reality.svg"
PROMISES_S = (0.02, 0.05, 0.1, 0.2, 0.3)
SIDES = {
    "replayed": "its times in order",
    "process": "its process",
    "planned": "planned, first",
    "replanned": "planned anew",
    "loop": "benchmark loop",
}
_NEAR = 0.1
_DROPS_LEAST = 5

Record = Mapping[str, Any]


def sides_of(record: Record) -> dict[str, Any]:
    """The sides of a case by name."""
    return {side["side"]: side for side in record["sides"]}


@dataclass(frozen=True, slots=True)
class Pair:
    """One stream of one case: the side's quantile beside the measured one, and the use of the servers."""

    case: str
    stream: str
    use: float
    measured_s: float
    said_s: float
    low_s: float | None
    high_s: float | None

    @property
    def ratio(self) -> float:
        """Simulated over measured."""
        return self.said_s / self.measured_s


def pairs(records: list[Record], side: str, share: float) -> list[Pair]:
    """Every stream with answers on both sides."""
    found = []
    for record in records:
        sides = sides_of(record)
        if side not in sides:
            continue
        use = sides["measured"]["utilisation"]
        for real, said in zip(sides["measured"]["streams"], sides[side]["streams"], strict=True):
            one, other = _at(real, share), _at(said, share)
            if one["value_s"] is not None and other["value_s"] is not None:
                found.append(
                    Pair(
                        record["scenario"],
                        real["name"],
                        use,
                        one["value_s"],
                        other["value_s"],
                        other["low_s"],
                        other["high_s"],
                    )
                )
    return found


def page(journal: Mapping[str, Record], second: Mapping[str, Record] | None = None) -> str:
    """All of it; `second` is the journal of a sitting for which the model of a plan was not changed again."""
    records = list(journal.values())
    lines = [INTRODUCTION.read_text(encoding="utf-8").rstrip(), ""]
    if not records:
        return "\n".join([*lines, "No case has been run yet.", ""])
    if PICTURE.exists():
        lines += [f"![Distribution functions, measured and simulated](images/{PICTURE.name})", ""]
    lines += [*_machine(records), *_targets(records), *_cases(records), *_services(records)]
    if second:
        lines += _second_sitting(list(second.values()))
    return "\n".join(lines).rstrip() + "\n"


def _second_sitting(records: list[Record]) -> Iterator[str]:
    title, _, machine, *_ = _machine(records)
    yield "## Second sitting"
    yield ""
    yield (
        "Every case again, after a minute of kernels and one of serving in the same sitting, on the model as "
        "it is: nobody had seen a run of this sitting when it was planned, and nothing was changed since."
    )
    yield ""
    yield f"{title.removeprefix('## ')}: {machine}"
    yield ""
    yield from _table_of_targets(records, {"planned": ("planned", records)})
    yield ""


def _machine(records: list[Record]) -> Iterator[str]:
    first, noisy = records[0], [record for record in records if record["noise"]["noisy"]]
    lost = sorted(record["noise"]["lost"] for record in records)
    lengths = [record["duration_s"] for record in records]
    yield "## Machine"
    yield ""
    yield (
        f"{first['engine']} {first['engine_version']}, {first['precision']}; {len(records)} cases of "
        f"{_lengths(lengths)} s between {min(r['at'] for r in records)} and "
        f"{max(r['at'] for r in records)}. "
        f"An empty loop before each case lost {lost[len(lost) // 2]:.1%} of its time in the middle and "
        f"{lost[-1]:.1%} at most; measured on a noisy machine: {len(noisy) or 'none'}"
        + (f" ({', '.join(record['scenario'] for record in noisy)})." if noisy else ".")
    )
    yield ""


def _lengths(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _targets(records: list[Record]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    halves = {
        SIDES["planned"]: ("planned", records),
        "planned anew, scored half": ("replanned", [r for r in records if r["scenario"] in SCORED]),
        "planned anew, half for design": ("replanned", [r for r in records if r["scenario"] in DESIGN]),
        "planned anew, all": ("replanned", records),
    }
    yield from _table_of_targets(records, halves)
    yield ""
    promises = ", ".join(f"{promise * 1e3:g}" for promise in PROMISES_S)
    yield (
        f"Verdicts are those for promises of {promises} ms on p99: kept where the whole interval is below "
        "the promise, broken where all of it is above, else UNDECIDED, right only where the measured "
        "p99 lies within 10 % of the promise. A loop has no interval. Drops are compared where five or more "
        "requests were lost."
    )
    yield ""


def _table_of_targets(
    records: list[Record], planned: Mapping[str, tuple[str, list[Record]]]
) -> Iterator[str]:
    yield "| target | asked | reached |"
    yield "|---|---|---|"
    for side in ("replayed", "process"):
        name = SIDES[side]
        yield _within(f"p50, {name}, use to 0.75", pairs(records, side, 0.5), 0.0, 0.75, 0.05)
        yield _within(f"p99, {name}, use to 0.75", pairs(records, side, 0.99), 0.0, 0.75, 0.10)
        yield _within(f"p99, {name}, use of 0.75 to 0.95", pairs(records, side, 0.99), 0.75, 0.95, 0.25)
        yield _held(f"p99 in the interval, {name}", pairs(records, side, 0.99), "")
        yield _dropped(f"drops, {name}", records, side)
    plans = {name: pairs(own, side, 0.99) for name, (side, own) in planned.items()}
    for name, found in plans.items():
        yield _within(f"p99, {name}, use below 0.7", found, 0.0, 0.7, 0.30, factor=True)
    for name, found in plans.items():
        yield _held(f"p99 in the printed interval, {name}", found, "85 to 95 %")
        yield f"| width of that interval, {name} |  | {_width(found)} |"
    for side in ("process", "loop"):
        yield _verdicts(f"verdicts, {SIDES[side]}", pairs(records, side, 0.99), "")
    for name, found in plans.items():
        yield _verdicts(f"verdicts, {name}", found, "95 %")


def _within(
    what: str, found: list[Pair], low: float, high: float, share: float, *, factor: bool = False
) -> str:
    own = [pair for pair in found if low <= pair.use < high]
    asked = f"within {1 + share:g} times" if factor else f"within {share:.0%}"
    if not own:
        return f"| {what} | {asked} | no case |"
    right = [pair for pair in own if 1 / (1 + share) <= pair.ratio <= 1 + share]
    if not factor:
        right = [pair for pair in own if abs(pair.ratio - 1) <= share]
    worst = max(own, key=lambda pair: max(pair.ratio, 1 / pair.ratio))
    missed = f"; worst {worst.ratio:.2f} ({worst.case})"
    return f"| {what} | {asked} | {len(right)} of {len(own)}{missed} |"


def _held(what: str, found: list[Pair], asked: str) -> str:
    own = [pair for pair in found if pair.low_s is not None and pair.high_s is not None]
    if not own:
        return f"| {what} | {asked} | no interval |"
    held = sum(pair.low_s <= pair.measured_s <= pair.high_s for pair in own if pair.low_s and pair.high_s)
    return f"| {what} | {asked} | {held} of {len(own)} ({held / len(own):.0%}) |"


def _width(found: list[Pair]) -> str:
    """High end over low end, in the middle of the cases."""
    ratios = sorted(pair.high_s / pair.low_s for pair in found if pair.low_s and pair.high_s)
    return f"high over low end {ratios[len(ratios) // 2]:.1f} in the middle" if ratios else "no interval"


def _dropped(what: str, records: list[Record], side: str) -> str:
    ratios = []
    for record in records:
        sides = sides_of(record)
        if side not in sides:
            continue
        for real, said in zip(sides["measured"]["streams"], sides[side]["streams"], strict=True):
            if real["dropped"] >= _DROPS_LEAST:
                ratios.append((said["dropped"] / real["dropped"], record["scenario"]))
    if not ratios:
        return f"| {what} | within 10 % | nothing was lost |"
    right = sum(abs(ratio - 1) <= 0.1 for ratio, _ in ratios)
    worst = max(ratios, key=lambda item: abs(item[0] - 1))
    return f"| {what} | within 10 % | {right} of {len(ratios)}; worst {worst[0]:.2f} ({worst[1]}) |"


def _verdicts(what: str, found: list[Pair], asked: str) -> str:
    right = wrong = open_ones = 0
    for pair in found:
        for promise_s in PROMISES_S:
            low_s = pair.said_s if pair.low_s is None else pair.low_s
            high_s = pair.said_s if pair.high_s is None else pair.high_s
            if high_s < promise_s or low_s > promise_s:
                correct = (high_s < promise_s) == (pair.measured_s < promise_s)
                right, wrong = right + correct, wrong + (not correct)
            else:
                near = abs(pair.measured_s / promise_s - 1) <= _NEAR
                right, open_ones = right + near, open_ones + (not near)
    total = right + wrong + open_ones
    if not total:
        return f"| {what} | {asked} | no case |"
    reached = f"{right} of {total} ({right / total:.0%}); {wrong} wrong, {open_ones} undecided"
    return f"| {what} | {asked} | {reached} |"


def _cases(records: list[Record]) -> Iterator[str]:
    yield "## Cases"
    yield ""
    yield "Milliseconds, p50 / p99; in brackets the interval of p99."
    yield ""
    yield f"| case | use | lost | measured | {' | '.join(SIDES.values())} |"
    yield "|---|---|---|---" + "|---" * len(SIDES) + "|"
    for record in records:
        sides = sides_of(record)
        for number, real in enumerate(sides["measured"]["streams"]):
            several = len(sides["measured"]["streams"]) > 1
            name = f"{record['title']}: {real['name']}" if several else record["title"]
            lost = f"{real['dropped'] / real['requests']:.1%}" if real["dropped"] else "-"
            if real["dropped"]:
                replayed = sides["replayed"]["streams"][number]
                lost += f" ({replayed['dropped'] / max(1, replayed['requests']):.1%})"
            cells = [_cell(sides[side]["streams"][number]) if side in sides else "-" for side in SIDES]
            use = sides["measured"]["utilisation"]
            yield f"| {name} | {use:.2f} | {lost} | {_cell(real)} | {' | '.join(cells)} |"
    yield ""
    yield "Lost: measured, and in brackets with its times in order."
    yield ""


def _services(records: list[Record]) -> Iterator[str]:
    yield "## Service in a server"
    yield ""
    yield "| case | over a loop | scatter | correlation over 1, 10, 100 | of two units at once | outliers |"
    yield "|---|---|---|---|---|---|"
    for record in records:
        process = record["variation"]
        if process is None:
            continue
        memory = ", ".join(f"{process[key]:.2f}" for key in ("next", "over_ten", "over_hundred"))
        together = record.get("together")
        outliers = f"{process['outliers']:.1%} take {process['outlier_factor']:.1f} times as long"
        yield (
            f"| {record['title']}, {record['use_asked']:.2f} | {record['serving_factor']:.2f} "
            f"| {process['cv']:.0%} "
            f"| {memory} | {'-' if together is None else f'{together:.2f}'} "
            f"| {outliers if process['outliers'] else '-'} |"
        )
    yield ""


def _at(stream: Mapping[str, Any], share: float) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(item for item in stream["latency"] if item["share"] == share)
    return found


def _cell(stream: Mapping[str, Any]) -> str:
    half, tail = _at(stream, 0.5), _at(stream, 0.99)
    if half["value_s"] is None:
        return "-"
    text = f"{half['value_s'] * 1e3:.1f} / {tail['value_s'] * 1e3:.1f}"
    if tail["low_s"] is not None:
        text += f" ({tail['low_s'] * 1e3:.0f}-{tail['high_s'] * 1e3:.0f})"
    return text
