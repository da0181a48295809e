"""Service times that scatter: both engines draw the same ones, and they have the law that was asked for."""

import math
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.arrivals.service_draws import NORMALS, normal_table
from planner.rack.compiled import engine as compiled_engine
from planner.rack.counts.tally import tally_records
from planner.rack.description.rack import Service
from planner.rack.description.streams import StreamGroup
from planner.rack.description.variation import Replayed, Variation, varying
from planner.rack.load.queueing import mg1_wait_s
from planner.rack.reference import engine as simpy_engine

MEMORY = varying(0.3, next_one=0.7, over_ten=0.4, over_hundred=0.1, outlier_share=0.02, outlier_ratio=3.0)
REPLAYED = Replayed(tuple(float(x) for x in np.random.default_rng(1).lognormal(0.0, 0.4, 37)))


def _same(rack, replication=0):
    fast = compiled_engine.run_replication(rack, replication)
    slow = tally_records(rack, simpy_engine.run_replication(rack, replication))
    counts = [
        [(s.served, s.dropped, s.unfinished, s.overdue) for s in run.streams] for run in (fast, slow)
    ]
    assert counts[0] == counts[1]
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert fast.epochs.accounts == slow.epochs.accounts
    return fast


def _scattering(rack, number):
    """The rack with other variation for each unit and network, one of them constant or replayed."""
    kinds = (MEMORY, REPLAYED, None, Variation(0.15, 0.5, 0.9, 0.5, 0.2, 0.1, 2.0, 0.6), varying(0.4))

    def changed(services, shift):
        return tuple(
            replace(service, variation=kinds[(number + shift + place) % len(kinds)])
            for place, service in enumerate(services)
        )

    device = rack.device
    beside = tuple(
        replace(unit, services=changed(unit.services, place + 1)) for place, unit in enumerate(device.beside)
    )
    return replace(rack, device=replace(device, services=changed(device.services, 0), beside=beside))


@pytest.mark.parametrize("number", range(12))
def test_engines_agree_bit_by_bit(number, random_rack):
    _same(_scattering(random_rack(number), number), replication=number % 2)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12, 100))
def test_engines_agree_on_many_more(number, random_rack):
    _same(_scattering(random_rack(number), number), replication=number % 3)
