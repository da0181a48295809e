"""Results as a notebook shows them: one line, and the first rows of their table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 30
"""Of a table in a notebook; `to_frame` has all."""


class Shown:
    """A result with a headline and a table, for dataclasses made with `repr=False`.

    Their own repr would be all that is in them: fifty thousand letters for a network.
    """

    __slots__ = ()

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """The table of it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.headline}>"

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        more = f"<p>and {len(frame) - _ROWS} more rows</p>" if len(frame) > _ROWS else ""
        table = frame.head(_ROWS).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
        return f"<p>{escape(self.headline)}</p>{table}{more}"
