"""Words that NOMENCLATURE.md rules out do not come back into guides, sentences, docstrings and messages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.wording.catalog import catalog

ROOT = Path(__file__).resolve().parents[2]
NOT_USED = {
    "told": r"told",
    "passage": r"passages?",
    "caller": r"callers?",
    "hangs on": r"(?:hang|hangs|hung) (?:on|off)",
    "held against": r"(?:hold|holds|held) (?:\w+ )?against",
    "stands for, stands behind, stands against, stands in": r"stands? (?:for|behind|against|in)",
    "pace": r"pace",
    "made up": r"made[ -]up",
}
"""Each entry of the table in NOMENCLATURE.md, and how it shows in a text; options are let through."""
PATTERN = re.compile(rf"(?<![-\w])(?:{'|'.join(NOT_USED.values())})(?![-\w])", re.IGNORECASE)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
SOURCES = sorted((ROOT / "planner").rglob("*.py"))


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Docstrings and messages of a file: its strings of more than one word, code in them left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, CODE.sub("", node.value)


def test_the_table_and_the_patterns_are_the_same():
    text = (ROOT / "NOMENCLATURE.md").read_text()
    table = text[text.index("## Words that are not used") : text.index("## In two languages")]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows == list(NOT_USED)
    assert all(PATTERN.search(word.split(", ")[0]) for word in rows)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_guides_use_the_words_of_the_field(path: Path):
    assert PATTERN.findall(CODE.sub("", path.read_text())) == []


def test_sentences_use_the_words_of_the_field():
    assert {key: text for key, text in catalog("en").items() if PATTERN.search(text)} == {}


def test_docstrings_and_messages_use_the_words_of_the_field():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match[0]}"
        for path in SOURCES
        for line, text in texts_of(path)
        for match in PATTERN.finditer(text)
    ]
    assert found == []
