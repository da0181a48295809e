"""A language model on a part, answered for a number of users: times, rates, memory, energy, what binds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint, choose_mode
from planner.language.answer.advice import advice
from planner.language.answer.anchors import time_errors
from planner.language.answer.memory import MemoryPlan, ServingMemory, capacity_of
from planner.language.answer.own_machine import OwnTimes, RunSetting, own_times
from planner.language.answer.question import Lengths, Wishes, lengths
from planner.language.engines.catalogue import Served, chosen, scheme_of
from planner.language.formats.weights import CACHE_BITS, WeightBytes, weight_bytes
from planner.language.rates.anchored import Shift, shifted
from planner.language.rates.fitted import EngineRates, engine_rates
from planner.language.rates.model import PassTime, PassWork
from planner.language.rates.passes import prompt_work, step_work
from planner.language.rates.unit import ceilings_of
from planner.language.sizes.model import LanguageModel
from planner.latency.band import Band
from planner.latency.point import point_for
from planner.latency.power.activity import of_steps
from planner.latency.power.draw import energy_band, power_draw
from planner.latency.roofline import Bound
from planner.provenance import Provenance, weakest
from planner.schema.hardware.device import Device
from planner.schema.language.rates import RateKind
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class ServingAnswer:
    """One model for so many users on one unit of one part."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    weights: str
    cache: str
    users: int
    lengths: Lengths
    ttft_s: Band
    time_per_token_s: Band
    prompt_tokens_per_s: Band
    memory: ServingMemory
    max_context_tokens: int
    max_users: int
    power_w: Band
    energy_per_token_j: Band
    bound: Bound
    provenance: Provenance
    power_provenance: Provenance
    warnings: tuple[str, ...]
    meets_limits: bool

    @property
    def feasible(self) -> bool:
        """Whether it fits and keeps the limits asked for."""
        return self.memory.fits and self.meets_limits

    @property
    def tokens_per_s_per_user(self) -> Band:
        """Rate that one user reads at."""
        return inverse(self.time_per_token_s)

    @property
    def tokens_per_s(self) -> Band:
        """Rate of all users together."""
        return self.tokens_per_s_per_user.scaled(self.users)


def inverse(band: Band) -> Band:
    """The rate of a time."""
    return Band(1 / band.high, 1 / band.mid, 1 / band.low, band.level)


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model on an engine and unit of a part, before anybody reads along."""

    model: LanguageModel
    device: Device
    served: Served
    mode: str
    format: str
    weights: WeightBytes
    cache: str
    lengths: Lengths
    rates: EngineRates
    memory: MemoryPlan
    point: OperatingPoint
    errors: Mapping[RateKind, Sequence[float]]
    """Of rates that were measured on this part."""
    own_times: OwnTimes | None = None
    """Of one user on this machine, where it is calibrated."""
    notes: tuple[str, ...] = ()
    """What that says, or why there is none."""

    def shift(self, kind: RateKind) -> Shift:
        """What these rates make of a kind of rate."""
        errors = self.errors["decode" if kind == "users" else kind]
        return shifted(errors, kind, self.rates.ends(kind))


def prepare(model: LanguageModel, device: Device, wishes: Wishes) -> PreparedModel:
    """Everything that does not depend on the number of users; `InputError` for what does not go together."""
    asked = _format_asked(model, wishes)
    served, name = chosen(device, wishes.unit, wishes.engine, asked, model.source)
    spec = served.engine.weights[name]
    weights = weight_bytes(model, _stored_name(model, name, served), scheme_of(spec))
    cache = _cache(served, wishes.cache)
    mode = choose_mode(device, wishes.mode).id
    computes = [str(item) for item in spec.computes]
    unit = ceilings_of(device, served.unit, mode, computes, served.engine, wishes.threads)
    memory = MemoryPlan(model.decoder, weights, cache, unit.kind, capacity_of(device), served.engine.users)
    spans = lengths(model, wishes)
    calibrated: OwnTimes | None = None
    notes: tuple[str, ...] = ()
    if not wishes.anchors and unit.kind == "cpu":
        recipe = spec.recipe
        asked_here = RunSetting(device.id, served.engine.id, recipe, cache, wishes.threads)
        calibrated, notes = own_times(model, spans, asked_here)
    return PreparedModel(
        model=model,
        device=device,
        served=served,
        mode=mode,
        format=name,
        weights=weights,
        cache=cache,
        lengths=spans,
        rates=engine_rates(served.engine.id, unit),
        memory=memory,
        point=point_for(device, unit=served.unit, mode=mode),
        errors=time_errors(wishes.anchors, device, served),
        own_times=calibrated,
        notes=notes if calibrated is None else calibrated.notes,
    )


def _format_asked(model: LanguageModel, wishes: Wishes) -> str | None:
    """The format asked for, else that of the file; packed weights cannot be packed otherwise."""
    stored = model.stored
    if stored is None or wishes.weights is None:
        return wishes.weights if stored is None else stored.format
    whole = stored.format in ("fp16", "bf16", "fp32", "f16", "f32")
    if not whole and wishes.weights.lower() != stored.format:
        advice_text = "leave --weights out, or give the model's config.json"
        problem = Problem("--weights", f"{stored.format}, which the file holds", wishes.weights, advice_text)
        raise InputError(model.source or model.name, [problem])
    return wishes.weights


def _stored_name(model: LanguageModel, name: str, served: Served) -> str:
    """The name under which a file's own bytes are found: the engine may call its format otherwise."""
    stored = model.stored
    if stored is None:
        return name
    same = stored.format == name or served.engine.aliases.get(stored.format) == name
    return stored.format if same else name


def _cache(served: Served, asked: str | None) -> str:
    known = served.engine.caches
    if asked is None:
        return known[0]
    wanted = {"f16": "fp16", "f32": "fp32"}.get(asked.lower(), asked.lower())
    if wanted not in known or wanted not in CACHE_BITS:
        problem = Problem("--kv", f"a format that {served.engine.name} takes ({', '.join(known)})", asked)
        raise InputError(served.engine.id, [problem])
    return wanted


def answers(
    model: LanguageModel, device: Device, users: Sequence[int], wishes: Wishes
) -> list[ServingAnswer]:
    """One answer for each number of users."""
    prepared = prepare(model, device, wishes)
    return [_answer(prepared, count, wishes) for count in users]


def _answer(own: PreparedModel, users: int, wishes: Wishes) -> ServingAnswer:
    spans = own.lengths
    cached = spans.prompt + spans.output // 2
    step = step_work(own.model.decoder, own.weights, own.cache, users, cached)
    step_time = own.rates.time(step, prompt=False)
    token, read = _token(own, users, float(step_time.total_s[0])), _read(own)
    # One user's prompt begins when the step of the others is through.
    ttft = _plus(read, token.mid) if users > 1 else read
    power = power_draw(own.point, of_steps(_use(own, step, token.mid)))
    calibrated = own.own_times is not None and users == 1
    memory = own.memory.needs(users, spans.context)
    meets = _meets(ttft, token, wishes)
    rate = inverse(read).scaled(spans.prompt)
    answer = ServingAnswer(
        model=own.model.name,
        device=own.device.id,
        unit=own.served.unit,
        mode=own.mode,
        engine=own.served.engine.id,
        weights=own.format,
        cache=own.cache,
        users=users,
        lengths=spans,
        ttft_s=ttft,
        time_per_token_s=token,
        prompt_tokens_per_s=rate,
        memory=memory,
        max_context_tokens=own.memory.longest_context(users),
        max_users=own.memory.users_that_fit(spans.context),
        power_w=power.system_w,
        energy_per_token_j=energy_band(power.system_w, token, users),
        bound=_bound(step_time) if own.own_times is None else own.own_times.bound,
        provenance=Provenance.CALIBRATED if calibrated else weakest([own.rates.provenance]),
        power_provenance=power.provenance,
        warnings=(),
        meets_limits=meets,
    )
    return _warned(answer, own, users, wishes)


def _token(own: PreparedModel, users: int, model_s: float) -> Band:
    """Time of a step of so many users, which the model of published rates puts at `model_s`."""
    stepping = own.shift("decode" if users == 1 else "users")
    if own.own_times is None:
        return stepping.ends.around(model_s * stepping.factor)
    one = own.own_times.step_s
    if users == 1:
        return one
    # How much longer several take than one is not calibrated: it is that model's, and so is the band.
    alone = step_work(own.model.decoder, own.weights, own.cache, 1, own.lengths.prompt)
    factor = model_s / float(own.rates.time(alone, prompt=False).total_s[0])
    wide = stepping.ends.around(one.mid * factor)
    return Band(min(wide.low, one.low * factor), wide.mid, max(wide.high, one.high * factor), wide.level)


def _read(own: PreparedModel) -> Band:
    """Time of a prompt."""
    if own.own_times is not None:
        return own.own_times.prompt_s
    reading = own.shift("prompt")
    return reading.ends.around(_prompt_s(own) * reading.factor)


def _plus(band: Band, seconds: float) -> Band:
    """The band of a time and another before it, as wide for its middle."""
    return band.scaled((band.mid + seconds) / band.mid)


def _prompt_s(own: PreparedModel) -> float:
    """Seconds until a prompt is read, with the image or sound before it."""
    prompt = prompt_work(own.model.decoder, own.weights, own.cache, own.lengths.prompt)
    seconds = float(own.rates.time(prompt, prompt=True).total_s[0])
    encoder = own.model.encoder
    if encoder is None:
        return seconds
    columns = (own.weights.encoder, float(encoder.macs), float(encoder.tokens), float(encoder.layers))
    work = PassWork(*(prompt.read_bytes * 0 + value for value in columns))
    return seconds + float(own.rates.time(work, prompt=True).total_s[0])


def _use(own: PreparedModel, work: PassWork, seconds: float) -> float:
    """The busiest of traffic and arithmetic over a step's time, as a share of the unit's peak."""
    traffic = float(work.read_bytes[0]) / own.rates.unit.bandwidth_bytes_per_s
    arithmetic = 2.0 * float(work.macs[0]) / own.rates.unit.peak_ops_per_s
    return min(1.0, max(traffic, arithmetic) / seconds)


def _bound(time: PassTime) -> Bound:
    memory, compute, overhead = (float(part[0]) for part in (time.memory_s, time.compute_s, time.overhead_s))
    if overhead > max(memory, compute):
        return "overhead"
    return "compute" if compute >= memory else "memory"


def _meets(ttft: Band, token: Band, wishes: Wishes) -> bool:
    """Whether both limits hold at the middle of their bands."""
    late = wishes.most_ttft_s is not None and ttft.mid > wishes.most_ttft_s
    slow = wishes.least_rate_per_s is not None and 1 / token.mid < wishes.least_rate_per_s
    return not late and not slow


def _warned(answer: ServingAnswer, own: PreparedModel, users: int, wishes: Wishes) -> ServingAnswer:
    found: list[str] = [*own.model.notes, *own.notes]
    if wishes.anchors:
        count = sum(map(len, own.errors.values()))
        found.append(message("language.anchored", count=count, device=answer.device))
    if own.own_times is not None and users > 1:
        found.append(message("language.calibrated_for_one"))
    if not own.rates.fitted:
        found.append(message("language.no_rates", engine=own.served.engine.name, unit=answer.unit))
    if users > own.served.engine.users:
        found.append(
            message("language.one_by_one", engine=own.served.engine.name, users=own.served.engine.users)
        )
        answer = replace(answer, meets_limits=False)
    if own.model.decoder.experts is not None:
        found.append(message("language.experts"))
    found += advice(answer.memory, own.memory, answer.lengths.context, users)
    if not answer.meets_limits and answer.memory.fits and users <= own.served.engine.users:
        found.append(message("language.too_slow"))
    elif wishes.least_rate_per_s is not None and 1 / answer.time_per_token_s.high < wishes.least_rate_per_s:
        found.append(message("language.slow_at_the_end"))
    return replace(answer, warnings=tuple(found))
