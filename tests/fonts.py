"""Tests that set Chinese need a font that has it; systems without one skip them and say so."""

import pytest

from planner.errors import MissingDataError
from planner.report.fonts import chinese_face


def _found() -> bool:
    try:
        chinese_face()
    except MissingDataError:
        return False
    return True


needs_chinese_font = pytest.mark.skipif(not _found(), reason="no font with Chinese letters on this system")
