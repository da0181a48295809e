"""The bill of materials, the list of licences and the promises about security name what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.supply_chain import bill, declared, licence_of, needed, plain

ROOT = Path(__file__).resolve().parents[1]


def direct() -> set[str]:
    return {plain(re.split(r"[^A-Za-z0-9._-]", text)[0]) for texts in declared().values() for text in texts}


def test_the_bill_has_every_dependency_with_version_and_licence():
    found = json.loads(json.dumps(bill()))
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    references = [component["bom-ref"] for component in found["components"]]
    assert len(references) == len(set(references))
    assert direct() <= {component["name"] for component in found["components"]}
    assert "pytest" not in {component["name"] for component in found["components"]}
    known = set(references)
    assert all(set(entry["dependsOn"]) <= known for entry in found["dependencies"])
    assert all(component["licenses"][0]["license"]["name"] for component in found["components"])


def test_what_an_extra_of_a_dependency_brings_is_in_the_bill():
    """`mcp` asks for `pyjwt[crypto]`, and so for cryptography."""
    found = bill()
    names = {component["name"] for component in found["components"]}
    assert {"pyjwt", "cryptography"} <= names
    needs = {entry["ref"].partition("@")[0]: entry["dependsOn"] for entry in found["dependencies"]}
    assert any(ref.startswith("pkg:pypi/cryptography@") for ref in needs["pkg:pypi/pyjwt"])


def test_the_same_installation_gives_the_same_bill():
    assert bill() == bill()


def test_the_page_of_licences_is_current():
    """`make licences` renews it."""
    rows = dict(
        re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", (ROOT / "docs" / "licences.md").read_text(), re.M)
    )
    assert direct() <= rows.keys()
    installed = {name: licence_of(item).replace("|", "/") for name, item in needed().items()}
    assert {name: rows[name] for name in direct() & rows.keys()} == {
        name: installed[name] for name in direct()
    }
    assert "not stated" not in rows.values()


def test_the_recipes_that_security_names_are_there():
    makefile = (ROOT / "Makefile").read_text()
    for recipe in re.findall(r"`make ([a-z-]+)`", (ROOT / "SECURITY.md").read_text()):
        assert re.search(rf"^{recipe}: ", makefile, re.M), recipe
