"""What planner is made of: a bill of materials, the licences of what it depends on, an install with hashes.

    python -m benchmarks.supply_chain sbom -o build/sbom.json
    python -m benchmarks.supply_chain licences -o docs/licences.md
    python -m benchmarks.supply_chain hashes -o build/requirements-hashed.txt

The bill is CycloneDX 1.5 JSON, made from the metadata of the installed distributions that planner needs with
its extras, those of tests left out. `hashes` asks pip which files it would install under `constraints.txt`,
and writes their SHA-256: `pip install --require-hashes -r FILE` then takes these files and no others, on
machines of the same kind.
"""

from __future__ import annotations

import argparse
import importlib.metadata as metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from planner.distribution import VERSION
from planner.files import write_bytes

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_EXTRAS = ("delta", "page", "engines", "llama", "sweep", "mcp", "web")


def declared() -> dict[str, list[str]]:
    """What `pyproject.toml` asks for: the base under an empty name, and each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    return {
        "": project["dependencies"],
        **{extra: optional[extra] for extra in SHIPPED_EXTRAS if extra in optional},
    }


def plain(name: str) -> str:
    """A name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed() -> dict[str, metadata.Distribution]:
    """Every installed distribution that planner needs with its extras, and what these need."""
    return _walked()[0]


def _walked() -> tuple[dict[str, metadata.Distribution], dict[str, set[str]]]:
    """Those distributions by name, and the names that each of them asks for."""
    found: dict[str, metadata.Distribution] = {}
    asks: dict[str, set[str]] = {}
    waiting = [Requirement(text) for texts in declared().values() for text in texts]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asked = waiting.pop()
        name = plain(asked.name)
        for extra in {"", *asked.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                found[name] = metadata.distribution(asked.name)
            except metadata.PackageNotFoundError:
                continue
            inner = list(_required(found[name], extra))
            asks.setdefault(name, set()).update(plain(item.name) for item in inner)
            waiting += inner
    return dict(sorted(found.items())), asks


def _required(distribution: metadata.Distribution, extra: str = "") -> Iterator[Requirement]:
    """What it needs here, with one of its extras; what other systems and Pythons need is left out."""
    for text in distribution.requires or ():
        asked = Requirement(text)
        if asked.marker is None or asked.marker.evaluate({"extra": extra}):
            yield asked


def licence_of(distribution: metadata.Distribution) -> str:
    """As the distribution states it: an SPDX expression, else its classifier, else the first line of text."""
    about = distribution.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    if classifiers:
        return " AND ".join(sorted(set(classifiers)))
    first = (about.get("License") or "").strip().splitlines()
    return first[0][:60] if first else "not stated"


def bill() -> dict[str, object]:
    """The bill of materials in CycloneDX 1.5; the same installation gives the same bytes."""
    found, asks = _walked()
    references = {name: f"pkg:pypi/{name}@{item.version}" for name, item in found.items()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "edge-ai-planner", "version": VERSION,
                          "licenses": [{"license": {"id": "Apache-2.0"}}]},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": references[name],
                "name": name,
                "version": item.version,
                "purl": references[name],
                "licenses": [{"license": {"name": licence_of(item)}}],
            }
            for name, item in found.items()
        ],
        "dependencies": [
            {"ref": reference, "dependsOn": sorted(references[inner] for inner in asks[name] & found.keys())}
            for name, reference in references.items()
        ],
    }  # fmt: skip


def licences() -> str:
    """The page of licences."""
    lines = [
        "# Licences of what planner depends on",
        "",
        "planner itself is under the Apache License 2.0. It ships none of the packages below: an install",
        "brings them. A page that it writes holds plotly.js (MIT); a PDF embeds the letters that it shows of",
        "Libertinus Serif (SIL Open Font License) and DejaVu Sans (Bitstream Vera licence).",
        "",
        "Made by `make licences` from what each distribution states of itself, at the versions of",
        "`constraints.txt`.",
        "",
        "| package | licence as stated |",
        "|---|---|",
        *(f"| {name} | {licence_of(item).replace('|', '/')} |" for name, item in needed().items()),
    ]
    return "\n".join(lines) + "\n"


def hashed() -> str:
    """Requirements with the hash of each file that pip would install here."""
    extras = ",".join(SHIPPED_EXTRAS)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
         "--report", "-", "--only-binary", ":all:", "-c", str(ROOT / "constraints.txt"), f"{ROOT}[{extras}]"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = []
    for item in json.loads(done.stdout)["install"]:
        digest = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if digest is not None:  # planner itself comes from a folder
            about = item["metadata"]
            lines.append(f"{plain(about['name'])}=={about['version']} --hash=sha256:{digest}")
    return "\n".join(sorted(lines)) + "\n"


def main() -> int:
    """Write one of the three."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("sbom", "licences", "hashes"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    makers = {"sbom": lambda: json.dumps(bill(), indent=1) + "\n", "licences": licences, "hashes": hashed}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(arguments.output, makers[arguments.what]().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
