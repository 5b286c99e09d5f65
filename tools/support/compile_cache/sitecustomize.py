# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the compiled code of what a Python imports from ZIP archives, below CODE_OF_ARCHIVES.

Ansible sends each module in an archive of sources, and Python compiles all of them for every task.
Python imports this file at its start from PYTHONPATH (tools/support/environment.py). What runs is
the same: the code is found by the hash of its source.
"""

from __future__ import annotations

import os
import sys
import zipimport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

DIRECTORY = os.environ.get("CODE_OF_ARCHIVES", "")
_compile = getattr(zipimport, "_compile_source", None)


def compile_source(path: str, source: bytes) -> CodeType:
    """Return the code of a source, compiled by this or an earlier process."""
    import _imp  # the start of every Python pays for what is imported above
    import hashlib
    import marshal

    digest = hashlib.sha256(source).hexdigest()
    kept = os.path.join(DIRECTORY, f"{sys.implementation.cache_tag}-{digest}")
    try:
        with open(kept, "rb") as handle:
            code: CodeType = marshal.loads(handle.read())  # noqa: S302 - below .cache of the checkout
    except (OSError, EOFError, ValueError, TypeError):
        code = _compile(path, source)  # type: ignore[misc]  # called only if it is there
        keep(kept, marshal.dumps(code))
    else:
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]  # as importlib does
    return code


def keep(path: str, content: bytes) -> None:
    """Write a file, whole or not at all."""
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(DIRECTORY, exist_ok=True)
        with open(draft, "wb") as handle:
            handle.write(content)
        os.replace(draft, path)
    except OSError:
        pass  # no place: the next process compiles again


if _compile is not None and DIRECTORY:
    zipimport._compile_source = compile_source  # type: ignore[attr-defined]  # private
