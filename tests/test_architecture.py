"""The picture of the architecture shows today's rooms and imports, and the page names files that exist."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / name
    for name in ("docs/architecture.md", "docs/rack.md", "CONTRIBUTING.md", "README.md", "NOMENCLATURE.md")
]
PAGES += sorted((ROOT / "docs" / "decisions").glob("*.md"))


def drawing():
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_shows_the_imports_of_today():
    """`python docs/draw_architecture.py` renews it."""
    draw = drawing()
    assert draw.shown_in(draw.PICTURE) == draw.described(draw.imports_between_rooms())


def test_the_picture_has_every_room():
    rooms = {path.parent.name for path in (ROOT / "planner").glob("*/__init__.py")}
    draw = drawing()
    assert rooms <= set(draw.ROOMS) | {draw.GROUND}


def test_an_import_that_follows_from_others_is_not_drawn():
    arrows = frozenset({("api", "plan"), ("plan", "rack"), ("api", "rack")})
    assert drawing().reduced(arrows) == arrows - {("api", "rack")}


def test_paths_that_the_pages_name_exist():
    missing = set()
    for page in PAGES:
        for path in re.findall(
            r"`((?:planner|tests|hardware_db|benchmarks|docs|scenarios)/[\w./-]+)`", page.read_text()
        ):
            if not (ROOT / path).exists() and "my-" not in path:
                missing.add(f"{page.name}: {path}")
    assert missing == set()


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_page_lists_every_decision():
    page = (ROOT / "docs" / "architecture.md").read_text()
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"(decisions/{path.name})" in page
