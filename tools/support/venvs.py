# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make virtual environments below ``.cache``, for tests that few people run.

``python -m tools.support.venvs events`` makes one from requirements-events.lock. Each holds the
checkout as a collection, and is made again when its lock file or the Python changes.
"""

from __future__ import annotations

import subprocess
import sys
import typing as t
from pathlib import Path

from tools.make_venv import link_collection, one_at_a_time
from tools.support.environment import CACHE, CHECKOUT, child_environment
from tools.support.interpreters import here

PLACE = CACHE / "environments"


def lock_file(name: str) -> Path:
    """Return the path of the lock file of an environment."""
    return CHECKOUT / f"requirements-{name}.lock"


def environment(name: str) -> Path:
    """Return the scripts of the environment ``name``, which is made if it is missing.

    Raises OSError if it cannot be made.
    """
    lock = lock_file(name)
    if not lock.is_file():
        raise OSError(f"There is no {lock.name}.")
    place = environment_of(
        name, here(), ["--no-deps", "--requirement", str(lock)], lock.read_text()
    )
    if place is None:
        raise OSError(f"The packages of {lock.name} could not be installed (see above).")
    link_collection(packages_of(place))
    return place / "bin"


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


def main(names: list[str]) -> int:
    """Make the environments of these names. Return the exit status."""
    try:
        for name in names:
            print(environment(name))
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
