# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a Mac: which of its device records counts."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    best_record,
)

from tests.unit.plugins.module_utils._fleet.builders import AFTER, BEFORE, record


def test_an_unsuspended_record_is_better_than_an_old_one():
    old = record("DEACTIVATED", record_id="guo0", updated=AFTER)
    works = record("UNSUSPENDED", record_id="guo1", updated=BEFORE, ada="MANAGED")
    assert best_record([old, works]) is works
