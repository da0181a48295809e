"""Examples of docstrings as code on the site; as running text they would be quotations, links and lists."""

from __future__ import annotations

import re

import griffe

_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)
"""From a prompt to the next empty line: statements and what they print."""


def fenced(text: str) -> str:
    """The docstring with each example in a block of code."""
    return _EXAMPLE.sub(lambda found: f"```python\n{found[0]}\n```", text)


class Examples(griffe.Extension):
    """Fences the examples of every object that has a docstring."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called by griffe for each object that it has read."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
