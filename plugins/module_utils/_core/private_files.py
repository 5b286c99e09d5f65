# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New files that hold a secret, which only their owner can read."""

from __future__ import annotations

import errno
import os
import typing as t
from contextlib import contextmanager

from .errors import BadOption


def check_dest(path: str, option: str = "dest") -> None:
    """Raise BadOption for a path at which no file can be created, as far as a read shows it.

    :arg option: the option that names the path.
    """
    name = os.path.basename(path)
    if not name.strip() or "\0" in path:
        raise BadOption(f"{option}: {path!r} names no file. Name another one.")
    if os.path.lexists(path):
        raise _existing(path, option)
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        raise BadOption(
            f"{option}: {path} cannot be written: {directory} is not a directory. Create it first,"
            " or name another one."
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        raise BadOption(
            f"{option}: {path} cannot be written: {directory} is not writable for you. Name another"
            " one."
        )
    if len(os.fsencode(name)) > os.pathconf(directory, "PC_NAME_MAX"):
        too_long = OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        raise _unwritable(path, option, too_long)


def _existing(path: str, option: str) -> BadOption:
    return BadOption(
        f"{option}: {path} exists already. Name another one, or delete the file if nobody needs it."
    )


@contextmanager
def private_file(path: str, option: str = "dest") -> t.Iterator[t.TextIO]:
    """Create a file that only its owner reads, and yield it. After an error it is not there.

    Raises BadOption for a path that cannot be created, before anything else happens, and for a file
    that cannot be written to its end.
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _existing(path, option) from None
    except OSError as error:
        raise _unwritable(path, option, error) from None
    try:
        with open(number, "w", encoding="utf-8") as file:
            yield file
    except OSError as error:  # such as a full disk
        os.unlink(path)
        raise _unwritable(path, option, error) from None
    except BaseException:
        os.unlink(path)
        raise


def _unwritable(path: str, option: str, error: OSError) -> BadOption:
    return BadOption(f"{option}: {path} cannot be written: {error.strerror}. Name another one.")
