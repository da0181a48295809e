"""A document that numbers of the database were taken from."""

from __future__ import annotations

from planner.schema.reading.strict import StrictModel


class Source(StrictModel):
    """A document that numbers were taken from."""

    title: str
    url: str | None = None
    revision: str | None = None
    date: str | None = None
    note: str | None = None
