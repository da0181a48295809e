"""Schema of `scenarios/<id>.yaml`: the streams, the candidates, the site, the limits and the run."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.conversation.stream import Conversation, ServingSpec, require_one_model
from planner.schema.hardware.device import Form, PrecisionName, UnitKind
from planner.schema.hardware.host import Attachment
from planner.schema.hardware.serving import ReplayedTimes, ServiceVariation
from planner.schema.hardware.surroundings import InletClassName
from planner.schema.reading.calendar_day import CalendarDay
from planner.schema.reading.quantity import (
    BytesPerSecond,
    Celsius,
    CubicMetrePerSecond,
    Metres,
    OpsPerSecond,
    PlainRatio,
    Ratio,
    Seconds,
    Watts,
    refuse,
)
from planner.schema.reading.strict import StrictModel
from planner.schema.scenario.accelerator import Accelerator, refuse_model
from planner.schema.scenario.around import Contention, HostCores
from planner.schema.scenario.claims import Claim
from planner.schema.scenario.climate import Climate
from planner.schema.scenario.cooler import CoolerAsked
from planner.schema.scenario.measured import RestsOn
from planner.schema.scenario.money import CarbonSpec, MoneyTerms
from planner.schema.scenario.network_facts import NetworkFacts
from planner.schema.scenario.rack_events import Events
from planner.schema.scenario.rack_study import (
    ClockScaling,
    ConcurrencyRow,
    Control,
    DensitySpec,
    FailuresSpec,
    Offload,
    RackFans,
    RisingExhaust,
    SealedCabinet,
    Update,
)
from planner.schema.scenario.site_limits import Balancer, Carrier, Gear, Margins
from planner.schema.scenario.streams import Share, Stream
from planner.units import format_percent

Mark = Annotated[int, Field(ge=1)]


class Candidates(StrictModel):
    """Which parts, in which modes and precisions, at which batch sizes."""

    devices: list[str] = Field(min_length=1)
    """Device ids or globs such as `jetson-*`."""
    modes: Literal["default", "all"] | list[str] = "default"
    precisions: list[PrecisionName] = Field(min_length=1)
    engine: str | None = None
    """The inference engine of all candidates; each unit's usual one unless given."""
    threads: Mark | None = None
    """Threads of one inference on a CPU; all cores unless given, of `instances` each its share of them."""
    instances: Mark | None = None
    """Workers of the engine side by side on each part; as many as it has of the unit unless given."""
    max_batch: int = Field(default=1, ge=1, le=256)
    max_wait_s: Seconds = 0.0
    """How long a batch may wait to fill."""
    units: list[UnitKind] = Field(default_factory=list)
    """Kinds of units that a part's plan may rest on; all compete unless given."""
    beside: list[UnitKind] = Field(default_factory=list)
    """Kinds of units that serve beside the one that a part's plan rests on."""
    contention: Contention | None = None
    """What these units lose to each other at the memory that they share; nothing unless stated."""
    coolers: dict[str, CoolerAsked] = Field(default_factory=dict)
    """A part's cooler, by the part's id, in place of `cooler` of the scenario."""
    links: dict[str, str] = Field(default_factory=dict)
    """A part's link to its host, by the part's id; what the host's slot gives unless given."""
    labels_ops_per_s: dict[str, OpsPerSecond] = Field(default_factory=dict)
    """What the plan counts on of a part, by its id, where somebody drew it up with operations per second."""


class Site(StrictModel):
    """The rack and the air around it."""

    supply_c: Annotated[Celsius, Field(ge=-60, le=80)]
    supply_by_hour_c: list[Celsius] | None = Field(default=None, min_length=24, max_length=24)
    """Supply air from midnight on, for the picture of a day; plans take `supply`, the warmest."""
    climate: Climate | None = None
    """In place of `supply` and `supply_by_hour`, which then are those of its hottest day."""
    airflow_m3_per_s: Annotated[CubicMetrePerSecond, Field(gt=0)]
    """What passes the devices of one rack."""
    recirculation_ratio: Share
    """Of that flow, the share that comes back to the inlets."""
    fan_w: Watts
    rack_units: float = Field(gt=0, le=1e6)
    racks: int = Field(default=1, ge=1, le=100_000)
    """The most racks that may be used; airflow, fans, height and power limit are those of one."""
    power_limit_w: Annotated[Watts, Field(gt=0)]
    pue: Annotated[PlainRatio, Field(ge=1.0)]
    """Facility energy over IT energy; cooling and losses."""
    carriers: dict[Form, Carrier]
    altitude_m: Annotated[Metres, Field(le=3050)] = 0.0
    sealed: SealedCabinet | None = None
    rising_exhaust: RisingExhaust | None = None
    fans: RackFans | None = None
    """In place of `airflow` and `fan`, which then play no part."""
    inlet_class: InletClassName | None = None
    """Inlets that the equipment allows; `hardware_db/surroundings` has the one that is taken otherwise."""
    exhaust_limit_c: Celsius | None = None
    """The warmest air that what is behind the devices allows: cables, people."""
    gear: list[Gear] = Field(default_factory=list)
    hosts: dict[Attachment, str] = Field(default_factory=dict)
    """Computers of the database, by id, for parts that are none, by how these are attached."""
    camera_link_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)] | None = None
    """What brings the streams of `video` to each device; a gigabit a second unless given."""
    supply_efficiency_ratio: Annotated[Ratio, Field(gt=0, le=1)] | None = None
    """Power that the supply gives to the devices over what it takes from the plug."""

    @model_validator(mode="after")
    def _planned_with_the_warmest_hour(self) -> Self:
        if self.supply_by_hour_c and max(self.supply_by_hour_c) > self.supply_c:
            raise refuse(
                f"supply_by_hour of at most the supply of {self.supply_c:g} degC, which is planned with",
                f"{max(self.supply_by_hour_c):g} degC",
            )
        return self

    @model_validator(mode="after")
    def _gear_differs(self) -> Self:
        names = [item.name for item in self.gear]
        if len(set(names)) != len(names):
            raise refuse("names of gear that differ", ", ".join(names))
        return self

    @model_validator(mode="after")
    def _one_way_back(self) -> Self:
        if self.sealed and self.recirculation_ratio != 1:
            raise refuse(
                "recirculation of 100 % in a sealed cabinet", format_percent(self.recirculation_ratio)
            )
        if self.rising_exhaust and self.recirculation_ratio != 0:
            expected = "recirculation of 0 % beside `rising_exhaust`, which says where exhaust goes"
            raise refuse(expected, format_percent(self.recirculation_ratio))
        if self.sealed and self.rising_exhaust:
            raise refuse("either `sealed` or `rising_exhaust`", "both")
        if self.sealed and self.fans:
            raise refuse("either `sealed` or `fans`", "both")
        stores = self.sealed is not None and self.sealed.heat_capacity_j_per_k > 0
        if (self.rising_exhaust or stores) and any(item.in_row > 1 for item in self.carriers.values()):
            got = "`rising_exhaust`" if self.rising_exhaust else "a `heat_capacity` of `sealed`"
            raise refuse("carriers with one device `in_row` beside it", got)
        return self


class Planning(StrictModel):
    """How careful the plan is."""

    utilisation_limit_ratio: Annotated[Ratio, Field(gt=0, lt=1)] = 0.7
    spares: int = Field(default=0, ge=0, le=100_000)
    standby: Literal["hot", "cold"] = "hot"
    """Hot spares run idle and replace a failed device at once; cold ones are off and have to start."""
    takes_over_s: Seconds | None = None
    """From a failure until its spare serves: failover of a hot one, start of a cold one."""
    installations_ratio: Annotated[Ratio, Field(ge=0.5, le=0.999)] | None = None
    """Share of installations, each with camera phases of its own, that has to keep the promises; the mean
    over them unless given."""
    balancer: Balancer | None = None
    """Bought once for the plan; not needed where sources are pinned (`simulation.dispatch`)."""
    plan_for: Literal["typical", "cautious"] = "cautious"
    """Which latency the count rests on: the middle of the planning band or its high end."""
    margins: Margins = Field(default_factory=Margins)


class Growth(StrictModel):
    """How the load grows: sources of every stream, by this share a year."""

    per_year_ratio: Ratio


class Simulation(StrictModel):
    """How long and how often the rack is simulated."""

    duration_s: Annotated[Seconds, Field(gt=0, le=31_622_400, multiple_of=1)]
    warmup_s: Annotated[Seconds, Field(multiple_of=1)]
    replications: int = Field(ge=2, le=10_000)
    """How many to begin with; a search adds to them while a verdict is open."""
    most_replications: int = Field(default=32, ge=2, le=10_000)
    seed: int = Field(ge=0, lt=2**63)
    dispatch: Literal[
        "shortest_queue",
        "round_robin",
        "power_of_two",
        "least_energy",
        "central_queue",
        "npu_first",
        "pinned",
    ] = "shortest_queue"
    spill_at: Mark | dict[UnitKind, Mark] = 2
    """With `npu_first`: requests at the emptiest unit of a kind from which on the next kind is taken."""

    horizon: Literal["steady", "terminating"] = "steady"
    control: Control = Field(default_factory=Control)
    shares_ratio: dict[str, Annotated[Ratio, Field(gt=0, le=1)]] = Field(default_factory=dict)
    """Devices that are each network's alone, by the streams' `model`; all serve all unless given."""
    events: Events | None = None

    @model_validator(mode="after")
    def _warm(self) -> Self:
        if self.warmup_s >= self.duration_s:
            raise refuse("warmup shorter than duration", f"{self.warmup_s} s of {self.duration_s} s")
        return self


class Deployment(StrictModel):
    """A rack that is given and not searched for: of a part, or of a device given by numbers."""

    device: str | None = None
    count: int = Field(ge=1, le=100_000)
    mode: str | None = None
    precision: PrecisionName | None = None
    unit: str | None = None
    """Id or kind of the unit that the plan rests on; the best unless given."""
    engine: str | None = None
    """The inference engine; that of `candidates` unless given, else the unit's usual one."""
    threads: Mark | None = None
    instances: Mark | None = None
    synthetic: Accelerator | None = None
    cooler: CoolerAsked | None = None
    """In place of the scenario's."""
    link: str | None = None
    """To the host, in place of `candidates.links`."""

    @model_validator(mode="after")
    def _one_device(self) -> Self:
        if (self.device is None) == (self.synthetic is None):
            raise refuse("either `device` or `synthetic`", "both" if self.device else "neither")
        if self.synthetic is not None and self.cooler is not None:
            raise refuse("no `cooler` beside `synthetic`, which has a resistance of its own", self.cooler)
        if self.synthetic is not None and self.link is not None:
            raise refuse("no `link` beside `synthetic`, whose times are stated", self.link)
        return self


class Scenario(RestsOn):
    """One question a user asks, whole."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    question: str
    date: CalendarDay
    streams: list[Stream] = Field(default_factory=list)
    conversations: list[Conversation] = Field(default_factory=list)
    """Streams of `kind: conversation`, which a file has under `streams`; a scenario has one kind."""
    serving: ServingSpec | None = None
    """How devices serve conversations."""
    candidates: Candidates
    site: Site
    money: MoneyTerms
    carbon: CarbonSpec | None = None
    planning: Planning = Field(default_factory=Planning)
    growth: Growth | None = None
    simulation: Simulation
    host: HostCores | None = None
    deployment: Deployment | None = None
    cooler: CoolerAsked | None = None
    """What cools every part: one of its own coolers by id or kind, or one by numbers; its default unless
    given."""
    density: DensitySpec | None = None
    update: Update | None = None
    clock_scaling: ClockScaling | None = None
    failures: FailuresSpec | None = None
    offload: Offload | None = None
    concurrency: list[ConcurrencyRow] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    """Reported figures of networks on parts, to be compared with what is predicted."""
    variation: Literal["none", "prior", "measured"] | ServiceVariation | ReplayedTimes = "none"
    """Scatter of service times, and how much longer they are in a server than in a benchmark loop."""
    networks: dict[str, NetworkFacts] = Field(default_factory=dict)
    """What is known of a network beyond its file, by the streams' `model`."""
    accepted: dict[str, str] = Field(default_factory=dict)
    """Mistakes of `planner lint` that are made on purpose, with the reason."""
    notes: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if not self.streams and not self.conversations:
            raise refuse("one stream or more under `streams`", "none")
        require_one_model(self.conversations)
        names = [*(stream.name for stream in self.streams), *(talk.name for talk in self.conversations)]
        if len(set(names)) != len(names):
            raise refuse("stream names that differ", sorted(names))
        fill = self.candidates.max_batch if self.candidates.max_wait_s else 1
        for stream in self.streams:
            if stream.queue_limit is not None and stream.queue_limit < fill:
                raise refuse(f"queue_limit of {stream.name!r} to hold a batch of {fill}", stream.queue_limit)
        return self

    @model_validator(mode="after")
    def _steps_have_a_host(self) -> Self:
        for stream in self.streams:
            if not any(step.where != "unit" for step in (*stream.before, *stream.after)):
                continue
            if self.host is None:
                raise refuse(f"`host: {{cores: ...}}` for the steps of {stream.name!r}", "none")
            if self.simulation.dispatch == "central_queue":
                expected = f"a dispatch that names the device on arrival, for the steps of {stream.name!r}"
                raise refuse(expected, self.simulation.dispatch)
        return self

    @model_validator(mode="after")
    def _shares_divide_the_rack(self) -> Self:
        shares, models = self.simulation.shares_ratio, {stream.model for stream in self.streams}
        if shares and set(shares) != models:
            raise refuse(f"shares of {', '.join(sorted(models))}", ", ".join(sorted(shares)))
        if shares and abs(sum(shares.values()) - 1.0) > 1e-6:
            raise refuse("shares of 100 % in all", format_percent(sum(shares.values()), 1))
        return self

    @model_validator(mode="after")
    def _rows_show_a_bound(self) -> Self:
        if len(self.concurrency) == 1:
            raise refuse("two rows of `concurrency` or more, to see a knee", 1)
        return self

    @model_validator(mode="after")
    def _facts_are_of_the_streams(self) -> Self:
        models = set(self.models)
        if strangers := sorted(set(self.networks) - models):
            raise refuse(f"networks that a stream runs: {', '.join(sorted(models))}", ", ".join(strangers))
        if unexplained := sorted(name for name, reason in self.accepted.items() if not reason.strip()):
            raise refuse("a reason for each accepted mistake", f"none for {', '.join(unexplained)}")
        return self

    @model_validator(mode="after")
    def _air_leaves(self) -> Self:
        fitted = self.density is not None and self.density.airflow != "site"
        if self.site.recirculation_ratio == 1 and self.site.sealed is None and not fitted:
            expected = "recirculation below 100 % in a rack that is not `sealed`: no heat would leave it"
            raise refuse(expected, format_percent(self.site.recirculation_ratio))
        asked = self.density.inlet_class if self.density else None
        if None not in (asked, self.site.inlet_class) and asked != self.site.inlet_class:
            raise refuse(f"one inlet class: `site` says {self.site.inlet_class}", f"{asked} in `density`")
        return self

    def cooler_of(self, part: str) -> CoolerAsked | None:
        """The cooler that is asked for on a part: the deployment's, the candidate's, the scenario's."""
        given = self.deployment
        if given is not None and given.device == part and given.cooler is not None:
            return given.cooler
        return self.candidates.coolers.get(part, self.cooler)

    def link_of(self, part: str) -> str | None:
        """The link that is asked for on a part: the deployment's, or the candidate's."""
        given = self.deployment
        if given is not None and given.device == part and given.link is not None:
            return given.link
        return self.candidates.links.get(part)

    @property
    def balancer(self) -> Balancer | None:
        """What hands frames to devices, as stated; None where each source has a device of its own."""
        return None if self.simulation.dispatch == "pinned" else self.planning.balancer

    @property
    def spares(self) -> int:
        """Devices on top of the count."""
        return self.planning.spares + (self.failures.hot_spares if self.failures else 0)

    @property
    def models(self) -> tuple[str, ...]:
        """Every network of the streams and their chains, each once, in their order."""
        return tuple(dict.fromkeys(model for stream in self.streams for model in stream.models))

    @property
    def synthetic(self) -> Accelerator | None:
        """The device given by numbers, where the scenario has one."""
        return self.deployment.synthetic if self.deployment else None

    @model_validator(mode="after")
    def _synthetic_everywhere(self) -> Self:
        for stream in self.streams:
            refuse_model(stream.model, self.synthetic)
            if stream.chained and self.synthetic is not None:
                raise refuse(f"no `video` and no `chain` with `deployment.synthetic` ({stream.name})", "one")
        return self

    @model_validator(mode="after")
    def _offload_in_the_currency(self) -> Self:
        if self.offload and self.offload.price_per_million_money.currency != self.money.currency:
            raise refuse(f"offload priced in {self.money.currency}", self.offload.price_per_million_money)
        return self
