# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the installed Pythons."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

ASK = (
    "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2], sys.base_prefix =="
    " sys.prefix)"
)


def places(environment: t.Mapping[str, str]) -> list[Path]:
    """Return the directories where interpreters may be: PATH and the versions of pyenv.

    The shims of pyenv are on PATH even for versions that do not start.
    """
    root = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = sorted((root / "versions").glob("*/bin"), reverse=True)
    return [
        *installed,
        *(Path(each) for each in environment.get("PATH", os.defpath).split(os.pathsep) if each),
    ]


def interpreter(version: str, environment: t.Mapping[str, str] | None = None) -> Path | None:
    """Return the first Python of this version (``3.12``) that starts, or None.

    Interpreters of virtual environments do not count.
    """
    for place in places(os.environ if environment is None else environment):
        candidate = place / f"python{version}"
        if candidate.exists() and (path := _started(candidate, version)):
            return path
    return None


def _started(candidate: Path, version: str) -> Path | None:
    try:
        result = subprocess.run(
            [str(candidate), "-c", ASK], capture_output=True, text=True, check=False, timeout=60
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(result[0]) if len(result) == 3 and result[1:] == [version, "True"] else None


def here() -> Path:
    """Return the interpreter of ``.venv`` itself."""
    return Path(os.path.realpath(sys.executable))
