"""A network is fused once for an estimate, and what its unit does not run is worked out once."""

from collections import Counter
from collections.abc import Callable

import pytest

from planner import api
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.kernels import prepared, unit_limits
from planner.latency.memory_use import together_bytes
from planner.latency.overheads.around import with_overheads
from planner.latency.units.placement import place
from planner.zoo.source import read_model

ORIN = read_device("jetson-agx-orin-64")


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of both was done."""
    found: Counter[str] = Counter()

    def counted(name: str, does: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            found[name] += 1
            return does(*args, **kwargs)

        return run

    monkeypatch.setattr(prepared, "fusion_of", counted("fusions", prepared.fusion_of))
    monkeypatch.setattr(unit_limits, "refusals", counted("refusals", unit_limits.refusals))
    return found


@pytest.mark.parametrize("unit", ["gpu", "dla"])
def test_an_estimate_with_overheads_prepares_its_network_once(unit: str, counts: Counter[str]):
    found = api.estimate("zoo:resnet50_v1.5", ORIN, unit=unit)
    assert found.hidden
    # The fastest mode asks again, and is answered with what is kept of the unit.
    assert counts == {"fusions": 1, "refusals": 2}


def test_each_helper_adds_one_look_at_its_own_limits(counts: Counter[str]):
    """BERT falls back from the DLA to GPU and CPU, which compute in 8 bits too: nothing is fused again."""
    bert = read_model("zoo:bert_base")
    counts.clear()
    placed = place(bert, ORIN, "dla", precision="int8")
    assert placed.falls_back
    assert counts == {"fusions": 1, "refusals": 3}


def test_overheads_are_the_same_for_a_network_at_hand():
    model = read_model("zoo:resnet50_v1.5")
    whole = estimate(model, ORIN, unit="dla", overheads=True)
    bare = estimate(model, ORIN, unit="dla")
    assert bare.hidden == ()
    assert with_overheads(bare, model, ORIN).hidden == whole.hidden


def test_networks_with_the_same_weights_are_in_memory_once():
    """A prompt and a step of one model; another model's weights come on top."""
    part = read_device("jetson-agx-orin-64")

    def memory(name):
        return estimate(read_model(f"zoo:{name}"), part).memory

    prompt, step, other = map(memory, ("llama_1b_int4", "llama_1b_int4_decode", "resnet18"))
    activations = prompt.peak_activation_bytes + step.peak_activation_bytes
    both = prompt.weights_bytes + activations
    assert together_bytes([prompt, step]) == pytest.approx(both, rel=0.01)
    whole = both + other.weights_bytes + other.peak_activation_bytes
    assert together_bytes([prompt, step, other]) == pytest.approx(whole, rel=0.01)
