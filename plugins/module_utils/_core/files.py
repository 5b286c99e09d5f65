# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that outlive a run: replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
import typing as t


def replace_whole(path: str | os.PathLike[str], pieces: t.Iterable[str], mode: int) -> None:
    """Beside it first, then in its place:

    who reads meanwhile, and who is interrupted, has the old one or the new one. Raises OSError.
    """
    directory, name = os.path.split(os.fspath(path))
    number, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory or ".")
    try:
        # What UTF-8 cannot say (half of a pair of surrogates, in a name) becomes a question mark.
        with open(number, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
