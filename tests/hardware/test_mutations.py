"""The checks catch corrupted files: over 95 % of all kinds of corruption together."""

import pytest

from benchmarks.device_mutations.score import KINDS, KindScore, is_caught, mutants, score
from planner.data_files import database_dir
from planner.hardware.catalog import engine_ids, read_engine
from planner.schema.hardware.engine import Engine
from planner.schema.reading.yaml_file import parse_document

FILES = {path.name: path.read_text() for path in sorted((database_dir() / "devices").glob("*.yaml"))}
SAMPLE = ("jetson-agx-orin-64.yaml", "atlas-300i-pro.yaml", "raspberry-pi-5.yaml", "xeon-8380.yaml")
NUMBERS_OFF = {"ten times", "a tenth", "slipped prefix", "sparse filed as dense", "modes swapped", "cut off"}
"""Kinds that can leave a well-formed file, found only where something else in it speaks against them."""


def engines() -> dict[str, Engine]:
    return {engine_id: read_engine(engine_id) for engine_id in engine_ids()}


def share(scores: list[KindScore]) -> float:
    return sum(item.caught for item in scores) / sum(item.tried for item in scores)


def verdict(scores: list[KindScore]) -> None:
    assert len(scores) >= 20
    assert share(scores) > 0.95
    missed = [text for item in scores if item.kind not in NUMBERS_OFF for text in item.missed]
    assert missed == []


def test_a_sample_of_corruptions_is_caught() -> None:
    verdict(score({name: FILES[name] for name in SAMPLE}, engines(), 4))


@pytest.mark.slow
def test_every_corruption_of_every_file_is_tried() -> None:
    verdict(score(FILES, engines(), None))


@pytest.mark.parametrize("name", SAMPLE)
def test_the_original_is_not_caught(name: str) -> None:
    """A check that refuses everything would score best."""
    (mutant, *_) = mutants(FILES[name], name)
    document = parse_document(FILES[name], name)
    untouched = type(mutant)("none", "nowhere", FILES[name], None)

    assert not is_caught(untouched, document, engines())


def test_every_kind_strikes_and_changes_something() -> None:
    text = FILES["jetson-agx-orin-64.yaml"]
    document = parse_document(text, "part")
    struck = set()
    for mutant in mutants(text, "part", 3):
        struck.add(mutant.kind)
        assert mutant.text != text
        assert mutant.values != document.values
        assert mutant.where
    assert struck == set(KINDS)
