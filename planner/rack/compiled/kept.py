"""Machine code that is kept on disk, each file with its digest: what was cut or damaged is made anew.

Numba believes what it finds. A file that a full disk or a loss of power has cut ended each later run with an
error of its own, and damaged machine code would run as it is.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from numba.core.caching import FunctionCache

_DIGEST_BYTES = hashlib.sha256().digest_size
_Opened = Callable[[str], AbstractContextManager[BinaryIO]]


class KeptCode:
    """What Numba asks for the kept machine code of one function; a file that is not whole is none.

    Raises `RuntimeError` where there is no place to keep anything.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        made: Callable[..., Any] = FunctionCache
        self._cache = made(function)
        file = self._cache._cache_file
        file._open_for_write = _with_digest(file._open_for_write)
        self._file, self._load_index, self._load_data = file, file._load_index, file._load_data
        file._load_index, file._load_data = self._whole_index, self._whole_data

    @property
    def cache_path(self) -> str:
        """The folder of the files."""
        return str(self._cache.cache_path)

    def flush(self) -> None:
        """Forget what is kept."""
        self._cache.flush()

    def load_overload(self, signature: object, context: object) -> object:
        """The machine code for these types; None where none is kept, or none that can be read."""
        try:
            return self._cache.load_overload(signature, context)
        except Exception:  # noqa: BLE001 - of another LLVM, of a version that names itself alike
            return None

    def save_overload(self, signature: object, code: object) -> None:
        """Keep machine code; where that cannot be done the next process makes it again."""
        with suppress(OSError):
            self._cache.save_overload(signature, code)

    def _whole_index(self) -> dict[object, str]:
        index: dict[object, str] = self._load_index() if is_whole(Path(self._file._index_path)) else {}
        return index

    def _whole_data(self, name: str) -> object:
        if not is_whole(Path(self._file._data_path(name))):
            raise FileNotFoundError(name)  # which Numba takes as a file that was removed
        return self._load_data(name)


def is_whole(path: Path) -> bool:
    """Whether a file ends with the digest of what is before it."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    return hashlib.sha256(body).digest() == digest


def _with_digest(opened: _Opened) -> _Opened:
    @contextmanager
    def writing(path: str) -> Iterator[BinaryIO]:
        content = io.BytesIO()
        yield content
        data = content.getvalue()
        with opened(path) as file:
            file.write(data + hashlib.sha256(data).digest())

    return writing
