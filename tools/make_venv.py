# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make ``.venv`` with the packages of requirements.lock and a link to the checkout as a collection.

Needs the standard library only. It does nothing if neither the lock file nor the Python has
changed, and repeats an interrupted run from the start.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import typing as t
import venv
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
VENV = CHECKOUT / ".venv"
LOCK_FILE = CHECKOUT / "requirements.lock"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"
INTERVAL = 5.0  # seconds between two lines while packages are installed


def main() -> None:
    """Make .venv, unless it is up to date."""
    CACHE.mkdir(exist_ok=True)
    with one_at_a_time(CACHE / "setup.lock"):
        wanted = fingerprint()
        if not (STAMP.is_file() and STAMP.read_text() == wanted and PYTHON.exists()):
            make()
            finish(wanted)


@contextmanager
def one_at_a_time(path: Path) -> t.Iterator[None]:
    """Hold a lock file, which ends with its process.

    A second `make` waits, and then has nothing left to do.
    """
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """Return a digest of what .venv depends on. Scripts in .venv contain its path."""
    parts = (
        LOCK_FILE.read_text(),
        Path(__file__).read_text(),
        sys.version,
        base_python(),
        str(CHECKOUT),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def base_python() -> str:
    """Return the interpreter itself, also when this runs in a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def make() -> None:
    """Create .venv and install the packages."""
    started = time.monotonic()
    print(
        f"Setting up {VENV.name} with Python {sys.version.split()[0]} (once; a minute or so) ...",
        file=sys.stderr,
        flush=True,
    )
    if VENV.exists():
        shutil.rmtree(VENV)
    venv.create(VENV, symlinks=True)
    if not (install_with_uv() or install_with_pip()):
        sys.exit(f"The packages of {LOCK_FILE.name} could not be installed (see above).")
    link_collection(
        Path(
            sysconfig.get_path(
                "purelib", vars={"base": str(VENV), "platbase": str(VENV)}, scheme="venv"
            )
        )
    )
    print(f"... done in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)


def install_with_uv() -> bool:
    """Install with uv if it is there. Return whether that worked.

    uv reads none of pip's settings (a mirror, a company's CA), so it may fail where pip does not.
    """
    uv = shutil.which("uv")
    return uv is not None and run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--python",
        str(PYTHON),
        "--requirement",
        str(LOCK_FILE),
    )


def install_with_pip() -> bool:
    """Install with pip. Return whether that worked."""
    pip = (
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        str(LOCK_FILE),
    )
    return run(str(PYTHON), "-m", "ensurepip", "--default-pip") and run(*pip)


def run(*command: str) -> bool:
    """Run a command, and print how far it is. Return whether it passed."""
    # Downloads are kept in the checkout too: a set-up leaves no trace outside of it.
    environment = {
        **os.environ,
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "UV_CACHE_DIR": str(CACHE / "uv"),
    }
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while True:
            try:
                return process.wait(INTERVAL) == 0
            except subprocess.TimeoutExpired:
                print(describe_progress(time.monotonic() - started), file=sys.stderr, flush=True)


def describe_progress(seconds: float) -> str:
    """Return how many of the packages are installed after so many seconds."""
    wanted = sum("==" in line for line in LOCK_FILE.read_text().splitlines())
    installed = len(list(VENV.glob("lib/python*/site-packages/*.dist-info")))
    return f"... {seconds:.0f} s, {installed} of at most {wanted} packages are installed"


def link_collection(packages: Path) -> None:
    """Link the checkout into a site-packages as the collection.

    A link, never a copy: what is edited is what runs.
    """
    link = packages / "ansible_collections" / "devicetrust" / "okta_kandji"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(CHECKOUT, target_is_directory=True)


def finish(content: str) -> None:
    """Write the stamp last and atomically, so that it never marks an incomplete setup."""
    draft = STAMP.with_suffix(".draft")
    draft.write_text(content)
    draft.replace(STAMP)


if __name__ == "__main__":
    main()
