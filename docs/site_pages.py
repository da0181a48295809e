"""Pages of the site that are made from the product: parts, scenarios, API, and what lies in the root.

A hook of mkdocs (`hooks` in mkdocs.yml). Files of `docs` stay readable in the repository; here only their
links to other places of the repository are turned into pages of the site, or into plain text.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from planner import api
from planner.distribution import VERSION
from planner.errors import PlannerError

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "gallery"
"""First pages that were made before; a scenario, a part or the code that changed makes its own anew."""
IN_THE_ROOT = {
    "README.md": "index.md",
    "NOMENCLATURE.md": "nomenclature.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {**root_pages(), **part_pages(), **api_pages(), **scenario_pages()}
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs' names
    """Links that lead out of the site: to a page of it where there is one, else their text."""
    folder = Path(page.file.src_uri).parent.as_posix()
    known = {file.src_uri for file in files}
    return _LINK.sub(lambda found: _link(found, folder, known), markdown)


def _link(found: re.Match[str], folder: str, known: set[str]) -> str:
    picture, text, target = found.groups()
    if "://" in target or target.startswith(("#", "mailto:")):
        return found[0]
    place, _, anchor = target.partition("#")
    path = normpath(f"docs/{folder}/{place}")
    inside = path.removeprefix("docs/") if path.startswith("docs/") else IN_THE_ROOT.get(path, "")
    if inside in known:
        up = "../" * (0 if folder == "." else folder.count("/") + 1)
        return f"{picture}[{text}]({up}{inside}{'#' + anchor if anchor else ''})"
    return text


def root_pages() -> dict[str, str]:
    """README and others, whose links begin at the root of the repository."""
    made = {}
    for name, page in IN_THE_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        made[page] = _LINK.sub(_from_the_root, text)
    return made


def _from_the_root(found: re.Match[str]) -> str:
    picture, text, target = found.groups()
    if "://" in target or target.startswith("#"):
        return found[0]
    inside = target.removeprefix("docs/") if target.startswith("docs/") else f"../{target}"
    return f"{picture}[{text}]({inside})"


def part_pages() -> dict[str, str]:
    """Every part on a page of its own, and all of them in a table."""
    rows = ["| part | vendor | units | memory | price |", "|---|---|---|---|---|"]
    made = {}
    for device_id in api.device_ids():
        part = api.read_device(device_id)
        price = part.price.amount_money.value if part.price else None
        kinds = ", ".join(dict.fromkeys(unit.kind for unit in part.units.values()))
        memory = f"{part.memory.capacity_bytes.value / 1e9:.3g} GB"
        money = "unknown" if price is None else f"{price.amount:g} {price.currency}"
        rows.append(f"| [{part.name}]({device_id}.md) | {part.vendor} | {kinds} | {memory} | {money} |")
        made[f"parts/{device_id}.md"] = "\n".join(_part(device_id))
    made["parts/index.md"] = "\n".join(
        [
            "# Parts",
            "",
            f"{len(made)} parts, each number with source and status. [All on one page](../devices.md), with "
            "their gaps and contradictions; [adding one](../add-a-device.md).",
            "",
            *rows,
        ]
    )
    return made


def _part(device_id: str) -> Iterator[str]:
    part = api.read_device(device_id)
    yield f"# {part.name}"
    yield ""
    yield f"`{device_id}`: {part.vendor}, {part.form}, {part.architecture}."
    label = api.device_label(part)
    if label is not None:
        yield f"\n{_plain(label)}"
    yield "\n```sh\nplanner estimate zoo:yolov5s --device " + device_id + "\n```\n"
    yield "| number | value | status | source | remark |"
    yield "|---|---|---|---|---|"
    for number in api.device_numbers(part):
        remark = number.formula or number.note or ""
        cells = (f"`{number.path}`", number.text, number.status, number.source, remark)
        yield "| " + " | ".join(_plain(text) for text in cells) + " |"
    yield "\n## Sources\n"
    for name, source in part.sources.items():
        address = getattr(source, "url", None)
        title = _plain(source.title)
        yield f"- {name}: {title}" + (f" <{address}>" if address else "")


def _plain(text: str) -> str:
    """Text that a table of Markdown leaves as it is."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def api_pages() -> dict[str, str]:
    """A page for each module of `planner.api`, from its docstrings."""
    package = importlib.import_module("planner.api")
    lines = ["# Python", "", (inspect.getdoc(package) or "").split("\n\n", 1)[-1], ""]
    made = {}
    for item in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"planner.api.{item.name}")
        title = (inspect.getdoc(module) or "").splitlines()[0]
        lines.append(f"- [{item.name}]({item.name}.md): {title}")
        made[f"api/{item.name}.md"] = f"# planner.api.{item.name}\n\n::: planner.api.{item.name}\n"
    made["api/index.md"] = "\n".join([*lines, ""])
    return made


def scenario_pages() -> dict[str, str | bytes]:
    """A gallery: each scenario with its question, the first page of its report, and its file."""
    lines = ["# Scenarios", "", "Each is a question; `planner report NAME -o FILE.pdf` answers it.", ""]
    made: dict[str, str | bytes] = {}
    for scenario in api.list_scenarios():
        picture = first_page(scenario.path)
        lines += [f"## [{scenario.title}]({scenario.name}.md)", "", scenario.question, ""]
        body = [f"# {scenario.title}", "", scenario.question, ""]
        if picture is not None:
            made[f"scenarios/{scenario.name}.png"] = picture
            shown = f"![First page of the report: {scenario.title}]({scenario.name}.png)"
            lines += [f"{shown}{{ width=320 loading=lazy }}", ""]
            body += [shown, ""]
        text = scenario.path.read_text(encoding="utf-8")
        body += [f"```yaml\n{text}\n```", ""]
        made[f"scenarios/{scenario.name}.md"] = "\n".join(body)
    made["scenarios/index.md"] = "\n".join(lines)
    return made


def first_page(path: Path) -> bytes | None:
    """The first page of a scenario's report as a PNG; None for one that has no report."""
    kept = KEPT / f"{path.stem}-{_digest(path)}"
    if kept.with_suffix(".none").exists():
        return None
    if kept.with_suffix(".png").exists():
        return kept.with_suffix(".png").read_bytes()
    KEPT.mkdir(parents=True, exist_ok=True)
    picture = _made(path)
    if picture is None:
        kept.with_suffix(".none").touch()
    else:
        kept.with_suffix(".png").write_bytes(picture)
    return picture


def _made(path: Path) -> bytes | None:
    from planner.plan.record.study import study_record
    from planner.plan.scenario.file import lines_named
    from planner.plan.study.study import run_study
    from planner.report.pdf import render_first_page

    try:
        source = api.read_scenario(path)
        with lines_named(source):
            return render_first_page(study_record(run_study(source)))
    except PlannerError:
        return None


def _digest(path: Path) -> str:
    """Of the scenario, the code and the database: what a first page depends on."""
    found = hashlib.sha256(VERSION.encode())
    for file in (
        path,
        *sorted((ROOT / "planner").rglob("*.py")),
        *sorted((ROOT / "hardware_db").rglob("*.yaml")),
    ):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
