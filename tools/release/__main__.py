# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks of a release: `make release-check`."""

from __future__ import annotations

import sys

from tools.release.checks import steps
from tools.support.check_runner import run_steps

sys.exit(run_steps(steps()))
