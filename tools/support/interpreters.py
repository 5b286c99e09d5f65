# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the installed Pythons, and make virtual environments of them below ``.cache``."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

from tools.setup import one_at_a_time
from tools.support.environment import CACHE, child_environment

PLACE = CACHE / "environments"
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


def environment_of(
    name: str, python: Path, requirements: t.Sequence[str], read: str = ""
) -> Path | None:
    """Return ``.cache/environments/NAME`` with these packages, or None if it cannot be made.

    It is made if it is missing, or was made from other packages.

    :arg read: the content of a file that the requirements name.
    """
    place = PLACE / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(place.with_name(f"{name}.lock")):
        return _made(place, python, requirements, read)


def _made(place: Path, python: Path, requirements: t.Sequence[str], read: str) -> Path | None:
    stamp, wanted = place / "made-from", "\n".join([str(python), *requirements, read])
    if stamp.is_file() and stamp.read_text() == wanted:
        return place
    print(f"Setting up {place.relative_to(CACHE.parent)} ...", flush=True)
    commands = [
        [str(python), "-m", "venv", "--clear", str(place)],
        [
            str(place / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            *requirements,
        ],
    ]
    if any(
        subprocess.run(command, env=child_environment(), check=False).returncode
        for command in commands
    ):
        return None
    stamp.write_text(wanted)
    return place


def packages_of(place: Path) -> Path:
    """Return the site-packages of an environment."""
    return next(place.glob("lib/python3.*/site-packages"))


def here() -> Path:
    """Return the interpreter of ``.venv`` itself."""
    return Path(os.path.realpath(sys.executable))
