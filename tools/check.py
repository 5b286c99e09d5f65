# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: everything that must hold, what fails fast first."""

from __future__ import annotations

import sys

from tools import lint, sanity
from tools.environment import run_tool
from tools.stages import Stage, run_stages


def stages() -> list[Stage]:
    return [*lint.stages(), Stage("pytest", pytest), *sanity.stages(), Stage("molecule", molecule)]


def pytest() -> bool:
    return run_tool("pytest", "--numprocesses", "2", "--dist", "loadfile", "--quiet")


def molecule() -> bool:
    return run_tool("molecule", "test", "--all")


if __name__ == "__main__":
    sys.exit(run_stages(stages()))
