# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the files of the collection: those in git, and new ones that git does not ignore."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.support.environment import CHECKOUT


def tracked_files() -> list[Path]:
    """Return paths relative to the checkout, without files that are deleted but in the index."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return [
        Path(name)
        for name in sorted(set(listed.split("\0")))
        if name and (CHECKOUT / name).is_file()
    ]
