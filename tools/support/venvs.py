# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make virtual environments next to .venv, for tests that few people run.

``python -m tools.support.venvs events`` makes one from requirements-events.lock. Each holds the
checkout as a collection, and is made again when its lock file or the Python changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.setup import link_collection
from tools.support.environment import CHECKOUT
from tools.support.interpreters import environment_of, here, packages_of


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
