"""A short question and the template as a scenario: its text, and each default that was taken."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planner.data_files import allow_files_outside
from planner.plan.scenario.file import ScenarioFile, scenario_of
from planner.plan.short.question import ShortQuestion, objects_of, site_of, usual_site, video_of
from planner.plan.short.template import template
from planner.schema.reading.yaml_file import parse_document, write_document
from planner.schema.scenario.template import Taken
from planner.units import format_quantity, parse_quantity

_DIGITS = 12
"""Of quantities in the file: enough that they are read back as they were asked."""
_ROUNDING = 1e-9
"""A product a rounding below a whole number counts as that number."""
Plain = object


@dataclass(frozen=True, slots=True)
class TakenDefault:
    """A value of the scenario that nobody asked for: its key, as it is written there, and why."""

    key: str
    value: object
    why: str


@dataclass(frozen=True, slots=True)
class WrittenScenario:
    """The scenario of a short question: its text, read back, and the defaults in it."""

    source: ScenarioFile
    text: str
    defaults: tuple[TakenDefault, ...]


def write_scenario(question: ShortQuestion, path: Path | None = None) -> WrittenScenario:
    """The scenario of a whole question, as the file at `path` would have it; nothing is written yet."""
    name, folder = (path.name, path.parent) if path is not None else ("plan.yaml", Path())
    writing = _Writing(question, folder)
    document = writing.document(Path(name).stem, _model_from(question.model, folder))
    decoded = (
        "The frames reach the rack decoded; decoding and the link from camera to rack are not in the plan."
    )
    document["notes"] = [
        *([decoded] if question.video is None else []),
        *(_note(item) for item in writing.defaults),
    ]
    text = write_document(document)
    with allow_files_outside():  # whoever asks names the network
        source = scenario_of(parse_document(text, name), folder)
    return WrittenScenario(source, text, tuple(writing.defaults))


def _note(item: TakenDefault) -> str:
    """A default as a note of the scenario; whole blocks are in the file already."""
    value = "" if isinstance(item.value, dict | list) else f" {shown(item.value)}:"
    return f"Default: {item.key}:{value} {item.why}."


def _model_from(model: str, folder: Path) -> str:
    """The network as a scenario in this folder names it."""
    if model.startswith("zoo:"):
        return model
    try:
        return Path(os.path.relpath(Path(model).resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(Path(model).resolve())


def shown(value: object) -> str:
    """A value of a scenario in one line."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {shown(item)}" for key, item in value.items())
    return str(value)


@dataclass(slots=True)
class _Writing:
    """One scenario in the making, which keeps note of each default as it is taken."""

    question: ShortQuestion
    folder: Path
    """Of the scenario, from which its files are named."""
    defaults: list[TakenDefault] = field(default_factory=list)

    def document(self, name: str, model: str) -> dict[str, Plain]:
        """All blocks; texts that people read are in English, as in any scenario of one's own."""
        asked = self.question
        cameras, fps = asked.cameras or 0, asked.fps_per_s or 0.0
        stream = self._stream(model, cameras, fps)
        slo = stream["slo"]
        within = f"{slo['quantile']} of the frames within {slo['latency']}" if isinstance(slo, dict) else ""
        many = "camera sends" if cameras == 1 else "cameras send"
        sent = f"{fps:g} frames a second{self._sent()} to {model}{self._then()}"
        blocks = {
            "streams": [stream],
            "candidates": self._candidates(),
            "site": self._site(),
            "money": self._money(),
            "planning": self._block("planning", self._planning(), template().planning),
            "simulation": self._block("simulation", {}, self._simulation()),
        }
        return {
            "schema": 1,
            "id": name,
            "title": f"{cameras} {'camera' if cameras == 1 else 'cameras'} at {fps:g} frames a second",
            "question": f"{cameras} {many} {sent}; {within}. Which part, how many, and will it hold?",
            "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
            **blocks,
        }

    def _sent(self) -> str:
        video = None if self.question.video is None else video_of(self.question.video)
        return "" if video is None else f" of {video}"

    def _then(self) -> str:
        """The networks behind the first one, with their objects."""
        found = [item for text in self.question.then if (item := objects_of(text)) is not None]
        return "".join(f", then {mean:g} objects of each to {name}" for name, mean in found)

    def _stream(self, model: str, cameras: int, fps: float) -> dict[str, Plain]:
        asked, taken = self.question, template().stream
        if asked.latency_s is None:
            latency = str(self._take("streams[0].slo.latency", taken["latency"]))
        else:
            latency = format_quantity(asked.latency_s, "s", _DIGITS)
        if asked.quantile_ratio is None:
            quantile = str(self._take("streams[0].slo.quantile", taken["quantile"]))
        else:
            quantile = f"{asked.quantile_ratio * 100:.{_DIGITS}g} %"
        return {
            "name": "cameras",
            "count": cameras,
            "model": model,
            "arrivals": self._take("streams[0].arrivals", taken["arrivals"]),
            "rate": f"{fps:.{_DIGITS}g} FPS",
            "jitter": self._take("streams[0].jitter", taken["jitter"]),
            "slo": {"latency": latency, "quantile": quantile},
            **self._chain(model),
        }

    def _chain(self, model: str) -> dict[str, Plain]:
        """What cameras send, and the networks that look at the objects of a frame."""
        asked = self.question
        video = None if asked.video is None else video_of(asked.video)
        found: dict[str, Plain] = {} if video is None else {"video": video}
        behind = [item for text in asked.then if (item := objects_of(text)) is not None]
        if behind:
            before: list[Plain] = [] if video is None else ["decode", "convert"]
            steps = [{"network": _model_from(name, self.folder), "per_item": mean} for name, mean in behind]
            found["chain"] = [*before, {"network": model}, *steps]
        return found

    def _candidates(self) -> dict[str, Plain]:
        devices = list(self.question.devices)
        if not devices:
            chosen = template().devices
            devices = [item.device for item in chosen]
            why = "across the classes of price: " + "; ".join(f"{item.device} {item.why}" for item in chosen)
            self.defaults.append(TakenDefault("candidates.devices", devices, why))
        return self._block("candidates", {"devices": devices}, template().candidates)

    def _site(self) -> dict[str, Plain]:
        asked, sites = self.question, template().sites
        kind, supply_c = site_of(asked.site or usual_site(asked.cameras or 0))
        if asked.site is None:
            others = ", ".join(name for name in sites if name != kind)
            why = f"{sites[kind].title}; the other kinds are {others}"
            self.defaults.append(TakenDefault("site", kind, why))
        given: dict[str, Plain] = {}
        if supply_c is not None:
            given["supply"] = f"{supply_c:.{_DIGITS}g} degC"
        if asked.max_power_w is not None:
            given["power_limit"] = format_quantity(asked.max_power_w, "w", _DIGITS)
        return self._block("site", given, sites[kind].settings)

    def _money(self) -> dict[str, Plain]:
        budget, currencies = self.question.budget, template().currencies
        if budget is None:
            block = self._block("money", {}, template().money)
            currency = str(block["currency"])
        else:
            currency = budget.currency
            given: dict[str, Plain] = {
                "currency": currency,
                "budget": f"{budget.amount:.{_DIGITS}g} {currency}",
            }
            electricity = self._in_currency(template().money["electricity"], currency)
            block = self._block("money", given, {**template().money, "electricity": electricity})
        own = currencies.value[currency]
        rates = {name: round(rate / own, 6) for name, rate in currencies.value.items() if name != currency}
        self.defaults.append(TakenDefault("money.exchange_rates", rates, currencies.why))
        return {**block, "exchange_rates": rates}

    def _in_currency(self, price: Taken, currency: str) -> Taken:
        """A price of energy in another currency, at the template's rate."""
        amount, _, rest = str(price.value).partition(" ")
        own, _, per = rest.partition("/")
        rates = template().currencies.value
        return price.model_copy(
            update={"value": f"{float(amount) * rates[own] / rates[currency]:.4g} {currency}/{per}"}
        )

    def _simulation(self) -> Mapping[str, Taken]:
        chained = self.question.video is not None or self.question.then
        return {**template().simulation, **(template().simulation_of_chains if chained else {})}

    def _planning(self) -> dict[str, Plain]:
        return {} if self.question.spares is None else {"spares": self.question.spares}

    def _block(
        self, block: str, given: Mapping[str, Plain], settings: Mapping[str, Taken]
    ) -> dict[str, Plain]:
        """A block of the scenario: what was asked, and the template's values for the rest."""
        rest = {
            key: self._take(f"{block}.{key}", taken) for key, taken in settings.items() if key not in given
        }
        return {**given, **rest}

    def _take(self, key: str, taken: Taken) -> object:
        """A value of the template, noted; a share is taken of what was asked."""
        value: object = taken.value
        if taken.share_of is not None:
            share = parse_quantity(str(taken.value), "ratio")
            found_s = share * self._whole_s(taken.share_of)
            value = format_quantity(min(found_s, taken.most_s or found_s), "s", 3)
        if taken.most_of is not None:
            value = min(int(str(taken.value)), self._frames_within_latency())
        self.defaults.append(TakenDefault(key, value, taken.why))
        return value

    def _frames_within_latency(self) -> int:
        """Whole frames of all cameras that come within the latency, one at least.

        Whoever waits for more of them is late: the first frame of such a batch has waited all its time.
        """
        per_s = (self.question.cameras or 0) * (self.question.fps_per_s or 0.0)
        return max(1, int(per_s * self._whole_s("latency") * (1 + _ROUNDING)))

    def _whole_s(self, of: str) -> float:
        if of == "period":
            return 1.0 / (self.question.fps_per_s or 1.0)
        asked = self.question.latency_s
        return asked if asked is not None else parse_quantity(str(template().stream["latency"].value), "s")
