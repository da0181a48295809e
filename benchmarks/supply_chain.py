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

from planner.distribution import VERSION
from planner.files import write_bytes

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_EXTRAS = ("delta", "page", "engines", "sweep", "mcp", "web")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"\[([^\]]*)\]")


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
    found: dict[str, metadata.Distribution] = {}
    waiting = [text for texts in declared().values() for text in texts]
    while waiting:
        text = waiting.pop()
        match = _NAME.match(text)
        if match is None or plain(match[0]) in found or not _applies(text):
            continue
        try:
            distribution = metadata.distribution(match[0])
        except metadata.PackageNotFoundError:
            continue
        found[plain(match[0])] = distribution
        waiting += list(distribution.requires or ())
    return dict(sorted(found.items()))


def _applies(text: str) -> bool:
    """Whether a requirement counts here: those of other extras, systems and Pythons do not."""
    from packaging.requirements import Requirement

    marker = Requirement(text).marker
    return marker is None or marker.evaluate({"extra": ""})


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
                "bom-ref": f"pkg:pypi/{name}@{item.version}",
                "name": name,
                "version": item.version,
                "purl": f"pkg:pypi/{name}@{item.version}",
                "licenses": [{"license": {"name": licence_of(item)}}],
            }
            for name, item in needed().items()
        ],
        "dependencies": [
            {"ref": f"pkg:pypi/{name}@{item.version}", "dependsOn": sorted(_direct(item))}
            for name, item in needed().items()
        ],
    }  # fmt: skip


def _direct(distribution: metadata.Distribution) -> Iterator[str]:
    for text in distribution.requires or ():
        match = _NAME.match(text)
        if match is None or not _applies(text):
            continue
        try:
            version = metadata.version(match[0])
        except metadata.PackageNotFoundError:
            continue
        yield f"pkg:pypi/{plain(match[0])}@{version}"


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
