"""No number and no verdict depends on how a sentence is put: every one of the catalog is reworded here."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

import planner.wording.catalog as catalogs
from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.errors import UnknownIdError
from planner.latency.remarks import DOES_NOT_FIT
from planner.plan.options.kept_estimates import forget_estimates
from planner.wording.catalog import catalog
from planner.wording.message import first_with, key_of, message

CLOSED_SETS = {
    "bound",
    "device",
    "dispatch",
    "engine",
    "id",
    "mode",
    "precision",
    "provenance",
    "state",
    "verdict",
}
"""Keys whose text is one of a closed set, or an id, and no sentence."""

CODES = {"text.html_language", "text.region"}
"""What the catalog holds beside sentences: codes of the language, for the programs that typeset it."""

LINE = (scenarios_dir() / "line-inspection.yaml").read_text()


def by_key(sentences: Mapping[str, str]) -> Mapping[str, str]:
    """Each sentence as its own name, followed by its places."""
    return MappingProxyType(
        {
            key: text if key in CODES else " ".join([key, *sorted(places(text))])
            for key, text in sentences.items()
        }
    )


def places(text: str) -> set[str]:
    return {f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def without_sentences(value: object, key: str = "") -> object:
    """JSON without its texts, but for ids and words of closed sets."""
    if isinstance(value, dict):
        return {name: without_sentences(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_sentences(inner, key) for inner in value]
    return value if key in CLOSED_SETS or not isinstance(value, str) else "text"


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The main scenario with few candidates and short runs, and one whose power limit nothing keeps."""
    folder = tmp_path_factory.mktemp("scenarios")
    start, end = LINE.index("    - jetson-nano-4\n"), LINE.index("  modes: all")
    text = LINE[:start] + "    - jetson-nano-4\n    - jetson-agx-orin-64\n" + LINE[end:]
    text = text.replace("duration: 240 s", "duration: 60 s").replace("warmup: 60 s", "warmup: 20 s")
    tight = text.replace("power_limit: 1200 W", "power_limit: 30 W").replace("20000 USD", "200 USD")
    found = {"few": text, "infeasible": tight}
    for name, whole in found.items():
        (folder / f"{name}.yaml").write_text(whole)
    return {name: folder / f"{name}.yaml" for name in found}


NETWORKS = {
    "falls back": ("estimate", "zoo:bert_base", "--device", "jetson-agx-orin-64", "--unit", "dla",
                   "--precision", "int8", "--layers"),
    "does not fit": ("estimate", "zoo:llama_7b_decode", "--device", "jetson-nano-4"),
    "what-if": ("what-if", "zoo:llama_7b_decode", "--device", "jetson-nano-4"),
    "what-if on a DLA": ("what-if", "zoo:resnet50_v1.5", "--device", "jetson-agx-orin-64", "--unit", "dla"),
    "compare": ("compare", "zoo:resnet50_v1.5", "--devices", "jetson-*", "--precision", "int8",
                "--max-latency", "3ms", "--budget", "300 USD"),
}  # fmt: skip
PLANS = [
    pytest.param(command, name, marks=pytest.mark.slow if (command, name) == ("report", "few") else ())
    for command in ("size", "cost", "report")
    for name in ("few", "infeasible")
]


@pytest.fixture
def both(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., list[tuple[int, str]]]:
    """A command's status and JSON as worded, and with every sentence reworded."""

    def invoke(*arguments: str) -> list[tuple[int, str]]:
        found = [answered(*arguments)]
        forget_estimates()  # they hold sentences
        english = by_key(catalog("en"))
        monkeypatch.setattr(
            catalogs, "catalog", lambda language: english if language == "en" else catalog(language)
        )
        found.append(answered(*arguments))
        forget_estimates()
        return found

    def answered(*arguments: str) -> tuple[int, str]:
        data = tmp_path / "data.json"
        if arguments[0] == "report":
            status = run([*arguments, "-o", str(tmp_path / "report.pdf"), "--data", str(data)])
            capsys.readouterr()
            return status, data.read_text()
        status = run([*arguments, "--format", "json"])
        return status, capsys.readouterr().out

    return invoke


def assert_same_but_for_words(worded: tuple[int, str], reworded: tuple[int, str]) -> None:
    assert worded[0] == reworded[0]
    assert worded[1] != reworded[1], "no sentence changed, so nothing is shown"
    assert without_sentences(json.loads(worded[1])) == without_sentences(json.loads(reworded[1]))


@pytest.mark.parametrize("case", NETWORKS)
def test_answers_about_a_network_do_not_hang_on_words(case: str, both: Callable[..., list[tuple[int, str]]]):
    assert_same_but_for_words(*both(*NETWORKS[case]))


@pytest.mark.parametrize(("command", "name"), PLANS)
def test_plans_do_not_hang_on_words(
    command: str, name: str, both: Callable[..., list[tuple[int, str]]], scenarios: dict[str, Path]
):
    draws = ("--draws", "20") if command == "cost" else ()
    assert_same_but_for_words(*both(command, str(scenarios[name]), *draws))


def test_a_message_is_found_by_its_key():
    told = message(DOES_NOT_FIT, needed="5", device="a", has="4")
    assert (key_of(told), told.parts["needed"]) == (DOES_NOT_FIT, "5")
    assert key_of(str(told)) is None
    assert first_with(DOES_NOT_FIT, ["plain", told]) is told
    with pytest.raises(LookupError, match="no message"):
        first_with(DOES_NOT_FIT, [str(told)])


def test_an_unknown_name_says_what_came_and_what_is_known():
    error = UnknownIdError("device", "a; b", ["a1", "b1"], "see the list")
    assert (error.got, error.advice) == ("unknown device 'a; b'", "known: a1, b1; see the list")
    assert str(error) == f"{error.got}; {error.advice}"
