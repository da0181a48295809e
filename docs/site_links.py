"""Checks a built site: every link and picture leads somewhere in it, and nothing is loaded from elsewhere.

`python docs/site_links.py site` prints what is wrong and ends with status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class LinkedPage(HTMLParser):
    """What a page links to, what it loads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element, and its id."""
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            if (tag, name) in LOADED and ("rel", "canonical") not in attrs:
                self.loaded.append(value)
            elif tag == "a" and name == "href":
                self.links.append(value)


def problems(site: Path) -> Iterator[str]:
    """One line for each address that leads nowhere, or is loaded from another machine."""
    files = [
        path for path in sorted(site.rglob("*.html")) if path.name != "404.html"
    ]  # its links are of a server
    if not files:
        yield f"{site}: no page"
    pages = {path.resolve(): LinkedPage(path.read_text(encoding="utf-8")) for path in files}
    for path, page in pages.items():
        here = path.relative_to(site.resolve())
        yield from (f"{here}: loads {address}" for address in page.loaded if urlsplit(address).netloc)
        for address in (*page.links, *page.loaded):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or address in ("", "#", "."):
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{here}: no {address}"
            elif target in pages and not _has(pages[target], unquote(parts.fragment)):
                yield f"{here}: no anchor {address}"


def _has(page: LinkedPage, anchor: str) -> bool:
    """Whether a page has an anchor; those that its scripts make begin with two lines."""
    return not anchor or anchor.startswith("__") or anchor in page.anchors


def main() -> int:
    """Check the site named on the command line."""
    found = list(problems(Path(sys.argv[1])))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
