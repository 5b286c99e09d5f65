# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments beside .venv, for what not everybody needs: ``python -m tools.beside events`` makes one from requirements-events.lock.

Each lies below ``.cache/beside``, holds the checkout as the collection that it is, and is made anew when its lock file or the Python changes.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from pathlib import Path

from tools.environment import CACHE, CHECKOUT
from tools.setup import base_python, one_at_a_time, run

PLACE = CACHE / "beside"


def lock_file(name: str) -> Path:
    return CHECKOUT / f"requirements-{name}.lock"


def environment(name: str) -> Path:
    """The directory with the scripts of the environment ``name``, made if it is not there yet. Raises OSError, with one sentence, where it cannot be."""
    lock = lock_file(name)
    if not lock.is_file():
        raise OSError(f"There is no {lock.name}.")
    wanted = hashlib.sha256("\0".join((lock.read_text(), sys.version, base_python(), str(CHECKOUT))).encode()).hexdigest()
    place = PLACE / name
    stamp = place / "made-from"
    PLACE.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(PLACE / f"{name}.lock"):
        if not (stamp.is_file() and stamp.read_text() == wanted):
            _make(place, lock)
            stamp.write_text(wanted)  # last, so that it never vouches for half of it
    return place / "bin"


def _make(place: Path, lock: Path) -> None:
    print(f"Setting up {place.relative_to(CHECKOUT)} (once; a minute or so) ...", file=sys.stderr, flush=True)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, symlinks=True, with_pip=True)
    python = str(place / "bin" / "python")
    if not run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--requirement", str(lock)):
        raise OSError(f"The packages of {lock.name} could not be installed (see above).")
    packages = next((place / "lib").glob("python3.*")) / "site-packages"
    link = packages / "ansible_collections" / "devicetrust" / "okta_kandji"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(CHECKOUT, target_is_directory=True)


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
