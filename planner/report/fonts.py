"""The faces that the pages are set in: those that libraries carry, and for Chinese one of the system's."""

from __future__ import annotations

import functools
import logging
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from fontTools.ttLib import TTCollection, TTFont, TTLibError
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from planner.errors import InputError, MissingDataError, Problem
from planner.read_files import open_file

PREFERRED = (
    "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN",
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "SimSun", "Songti SC", "Microsoft YaHei", "PingFang SC",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "AR PL UMing CN", "Droid Sans Fallback",
)  # fmt: skip
"""Families with simplified Chinese, best first: serif before sans, as the Latin face is one with serifs."""

_LIKELY = re.compile(
    r"cjk|sourcehan|source-han|notos(ans|erif)sc|simsun|songti|msyh|pingfang|wqy|uming|droidsansfallback",
    re.I,
)
CHINESE_LETTERS = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Letters and signs of Chinese, Japanese and Korean, which no face that libraries carry has."""

_PROOF = ord("\u4e2d")
_FAMILY, _TYPOGRAPHIC_FAMILY = 1, 16
_asked: ContextVar[Path | None] = ContextVar("font", default=None)


@dataclass(frozen=True, slots=True)
class Face:
    """A family: its name for the typesetter, the name that its first face has for the drawings, its files."""

    family: str
    drawn_as: str
    files: tuple[Path, ...]


def carried_fonts() -> tuple[Path, ...]:
    """Faces that matplotlib carries: they cover more scripts than those that the PDF library carries.

    Its folder has a face of boxes for every letter too, which must not be among them.
    """
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return tuple(folder / f"{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"))


@contextmanager
def chinese_font(path: Path | None) -> Iterator[None]:
    """Inside the `with`, Chinese is set in this font file; with None, in the best that the system has."""
    token = _asked.set(path)
    try:
        yield
    finally:
        _asked.reset(token)


def chinese_face() -> Face:
    """The face for Chinese: of the file asked for, or the best of the system's.

    Raises `InputError` for a file without Chinese letters and `MissingDataError` where no font is found.
    """
    path = _asked.get()
    return _system_face() if path is None else _face_of_file(path)


def face_beside(text: str) -> Face | None:
    """The face for Chinese letters in text of another language; None without such letters, or without a font.

    Raises `InputError` for a file asked for that has none of them.
    """
    if not CHINESE_LETTERS.search(text):
        return None
    try:
        return chinese_face()
    except MissingDataError:
        return None


def _face_of_file(path: Path) -> Face:
    try:
        found = path.stat()
        face = _proven_face(path, (found.st_size, found.st_mtime_ns)) if path.is_file() else None
    except OSError:
        face = None
    if face is None:
        expected, advice = "a font file (.ttf, .otf, .ttc) with Chinese letters", "name another file"
        got = "another file, or a damaged one" if path.is_file() else "no such file"
        raise InputError("--font", [Problem(str(path), expected, got, advice)])
    return face


@functools.cache
def _proven_face(path: Path, _stamp: tuple[int, int]) -> Face | None:
    """The face of a file of this size and time; None where a letter of it cannot be drawn.

    A file from elsewhere may be damaged in any of its outlines, which fails only once that one is drawn,
    after the simulation: all are tried, two seconds for 45,000.
    """
    families = _families(path, proven=True)
    if not families:
        return None
    known = [name for name in PREFERRED if name in families]
    face = _registered(Face((known or families)[0], families[0], (path,)))
    if face is None:
        return None
    try:
        drawn = FT2Font(str(path))
        drawn.set_size(10.0, 72.0)
        with warnings.catch_warnings(action="ignore"):
            for letter in drawn.get_charmap():
                drawn.load_char(letter)
    except RuntimeError:
        return None
    return face


@functools.cache
def _system_face() -> Face:
    found: dict[str, list[tuple[str, Path]]] = {}
    for name in sorted(font_manager.findSystemFonts()):
        if _LIKELY.search(Path(name).name):
            families = _families(Path(name), proven=False)
            for family in families:
                found.setdefault(family, []).append((families[0], Path(name)))
    for family in PREFERRED:
        if family in found:
            files = found[family]
            face = _registered(Face(family, files[0][0], tuple(path for _, path in files)))
            if face is not None:
                return face
    raise MissingDataError(
        "--lang zh: expected a font with Chinese letters on this system, found none; install one "
        "(Debian, Ubuntu: apt install fonts-noto-cjk; Fedora: dnf install google-noto-serif-cjk-fonts; "
        "macOS and Windows have one) or name a file with --font FILE"
    )


_DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, RuntimeError, TypeError,
    ValueError, struct.error,
)  # fmt: skip
"""What fontTools and FreeType raise in the middle of a table that lies about itself."""


def _families(path: Path, *, proven: bool) -> list[str]:
    """Names of the families in a font file; of those with Chinese letters where that is to be proven.

    None for what is no font file.
    """
    if not path.is_file():
        return []
    collection = path.suffix.lower() in (".ttc", ".otc")
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)  # it prints a line for each damaged name
    try:
        with open_file(path) as file:
            faces = TTCollection(file, lazy=True).fonts if collection else [TTFont(file, lazy=True)]
            named = {_family(face): face for face in faces}
            return [name for name, face in named.items() if not proven or _PROOF in face.getBestCmap()]
    except (OSError, TTLibError, *_DAMAGED):
        return []


def _family(face: TTFont) -> str:
    names = face["name"]
    return str(names.getDebugName(_TYPOGRAPHIC_FAMILY) or names.getDebugName(_FAMILY))


def _registered(face: Face) -> Face | None:
    """The same face, once matplotlib knows its files: it measures text with them. None where it cannot."""
    try:
        for path in face.files:
            font_manager.fontManager.addfont(path)
    except (OSError, *_DAMAGED):
        return None
    return face
