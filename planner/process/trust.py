"""Whose files may be used that planner kept for later: machine code, and what was learnt about this machine.

What another user can write, another user decides. A file is trusted that belongs to this user, to root or to
whoever owns the program, and that nobody else can write; the same is asked of its folder. Windows is not
asked: its folders of settings belong to one user.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_PROGRAM = Path(__file__)


def distrusted(path: Path) -> str | None:
    """Why a file that was kept, or its folder, is not to be used; None where it may be."""
    if not hasattr(os, "getuid"):
        return None
    for place in (path, path.parent):
        try:
            about = place.stat()
        except OSError:
            continue
        if about.st_uid not in {0, os.getuid(), _PROGRAM.stat().st_uid}:
            return f"{place} belongs to user {about.st_uid}"
        if _others_write(about):
            return f"{place} can be written by others"
    return None


def _others_write(about: os.stat_result) -> bool:
    """Whether anybody but the owner can. A group of the owner's own, of the same number, is the owner."""
    if about.st_mode & stat.S_IWGRP and about.st_gid not in {0, about.st_uid}:
        return True
    if not about.st_mode & stat.S_IWOTH:
        return False
    # In a folder such as /tmp others may add files, and not replace those of this user.
    return not (stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX)
