# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that outlive a run."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import typing as t
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that writing a file with its directories would raise, without writing."""
    parent = next(each for each in Path(path).absolute().parents if each.exists())
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
    if Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))
    if Path(path).exists():
        check_regular(path)


def check_regular(path: str | os.PathLike[str]) -> None:
    """Raise OSError if the file is a pipe or a device, which a read may wait for without an end.

    Raises FileNotFoundError if there is none.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))


def atomic_write(path: str | os.PathLike[str], pieces: t.Iterable[str], mode: int) -> None:
    """Write to a temporary file and rename it over path.

    A reader, or a run that is interrupted, has the old file or the new one. Raises OSError.

    :arg pieces: the text; a character that UTF-8 cannot encode becomes a question mark.
    """
    directory, name = os.path.split(os.fspath(path))
    number, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory or ".")
    try:
        with open(number, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
