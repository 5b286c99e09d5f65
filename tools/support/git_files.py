# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files the collection is made of: those in git, and those that somebody is about to add."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.support.environment import CHECKOUT


def tracked_files() -> list[Path]:
    """Paths relative to the checkout; files deleted but still in the index are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return [
        Path(name)
        for name in sorted(set(listed.split("\0")))
        if name and (CHECKOUT / name).is_file()
    ]
