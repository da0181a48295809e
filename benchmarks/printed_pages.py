"""Runs the Python of pages that show what it prints, and writes what it prints now.

Run after a change that moves figures, and read the difference: .venv/bin/python benchmarks/printed_pages.py
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from planner.files import write_bytes

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("article.md", "what-if.md")
BLOCKS = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", flags=re.DOTALL)


def renewed(page: str) -> str:
    """The page with every block's output as it is now; blocks of one page share their names."""
    names: dict[str, object] = {}

    def run(block: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block.group(1), names)  # noqa: S102 - the page's own code
        return f"```python\n{block.group(1)}```\n\n```text\n{printed.getvalue()}```"

    return BLOCKS.sub(run, page)


if __name__ == "__main__":
    for name in PAGES:
        path = DOCS / name
        before = path.read_text()
        after = renewed(before)
        write_bytes(path, after.encode())
        print(f"{name}: {'changed' if after != before else 'as it was'}")
