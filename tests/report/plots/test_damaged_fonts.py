"""A font file from elsewhere is refused before anything is worked out, wherever it is damaged."""

from __future__ import annotations

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from planner.errors import InputError
from planner.report.fonts import chinese_face, chinese_font

CHINESE = 0x4E2D


@pytest.fixture(scope="module")
def font(tmp_path_factory) -> bytes:
    """A font of one letter, a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(point)
    pen.closePath()
    square = pen.glyph()
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder([".notdef", "middle"])
    made.setupCharacterMap({CHINESE: "middle"})
    made.setupGlyf({".notdef": square, "middle": square})
    made.setupHorizontalMetrics({".notdef": (800, 0), "middle": (800, 0)})
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Square", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    path = tmp_path_factory.mktemp("fonts") / "square.ttf"
    made.save(path)
    return path.read_bytes()


def taken(path) -> bool:
    """Whether the file is taken; else it is refused, and nothing else is raised."""
    with chinese_font(path):
        try:
            return chinese_face().files == (path,)
        except InputError:
            return False


def test_a_whole_font_is_taken(font, tmp_path):
    path = tmp_path / "a.ttf"
    path.write_bytes(font)
    assert taken(path)


def test_cut_anywhere(font, tmp_path):
    path = tmp_path / "a.ttf"
    for end in range(0, len(font), 3):
        path.write_bytes(font[:end])
        taken(path)


def test_an_outline_that_cannot_be_drawn(font, tmp_path):
    """Names and letters are whole; that FreeType cannot draw one came out in the middle of a report."""
    path = tmp_path / "a.ttf"
    path.write_bytes(font)
    with TTFont(path, lazy=True) as whole:
        places = {tag: (entry.offset, entry.length) for tag, entry in whole.reader.tables.items()}
    for offset, length in places.values():
        path.write_bytes(font[:offset] + b"\x7f" * length + font[offset + length :])
        taken(path)
    offset, length = places["glyf"]
    path.write_bytes(font[:offset] + b"\x7f" * length + font[offset + length :])
    assert not taken(path)


def test_every_bit_of_the_directory(font, tmp_path, capfd):
    path = tmp_path / "a.ttf"
    for place in range(12 + 16 * 9):
        damaged = bytearray(font)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        taken(path)
    assert capfd.readouterr().err == ""
