# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments beside .venv, for what not everybody needs:

``python -m tools.support.venvs events`` makes one from requirements-events.lock.

Each holds the checkout as the collection that it is, and is made anew when its lock file or the
Python changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.setup import link_collection
from tools.support.environment import CHECKOUT
from tools.support.interpreters import environment_of, here, packages_of


def lock_file(name: str) -> Path:
    return CHECKOUT / f"requirements-{name}.lock"


def environment(name: str) -> Path:
    """The directory with the scripts of the environment ``name``, made if it is not there yet.

    Raises OSError, with one sentence, where it cannot be.
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
    try:
        for name in names:
            print(environment(name))
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
