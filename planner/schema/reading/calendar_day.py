"""A day as files write it: 2026-11-30, and one that the calendar has."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field

from planner.schema.reading.quantity import refuse


def _of_the_calendar(text: str) -> str:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("a day of the calendar such as 2026-11-30", text, "2026-01-01") from None
    return text


CalendarDay = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_of_the_calendar)]
