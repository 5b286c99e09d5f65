# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac needs next while its profile is delivered anew, for everything that Kandji can show of
it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.redelivery import (
    Seen,
    next_step,
    seen_of,
    with_tag,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    PrismCertificate,
)

BEGUN = datetime(2026, 11, 24, 8, tzinfo=timezone.utc)
OLD, NEW = BEGUN - timedelta(days=300), BEGUN + timedelta(minutes=5)


@pytest.mark.parametrize(
    "seen, action, state",
    [
        (Seen(False, True, OLD, True, OLD), "tag", "excluding"),
        (Seen(False, True, OLD), "tag", "excluding"),
        (Seen(True, True, OLD, True, OLD), "wait", "excluding"),
        (Seen(True, False), "untag", "delivering"),
        (Seen(True, False, None, True, OLD), "untag", "delivering"),
        (Seen(False, False), "wait", "delivering"),
        (Seen(False, False, None, True, NEW), "wait", "delivering"),
        (Seen(False, True, NEW, True, OLD), "wait", "certifying"),
        (Seen(False, True, NEW), "wait", "certifying"),
        (Seen(False, True, NEW, True, NEW), "nothing", "done"),
        (Seen(False, True, OLD, True, BEGUN), "nothing", "done"),
        (Seen(True, True, NEW, True, NEW), "untag", "done"),
        # Without times nobody can tell an old one from a new one, and a Mac must not go round for
        # ever.
        (Seen(False, True, None, True, OLD), "nothing", "unclear"),
        (Seen(False, True, OLD, True, None), "nothing", "unclear"),
    ],
)
def test_the_next_step(seen, action, state):
    assert next_step(seen, BEGUN)[:2] == (action, state)


def test_a_mac_comes_to_its_end_from_every_step():
    seen, actions = Seen(False, True, OLD, True, OLD), []
    after = {
        ("tag", True): Seen(True, True, OLD, True, OLD),
        ("wait", True): Seen(True, False),
        ("untag", False): Seen(False, False),
        ("wait", False): Seen(False, True, NEW, True, NEW),
    }
    while (step := next_step(seen, BEGUN)).state != "done":
        actions.append(step.action)
        seen = after[(step.action, seen.profile)] if step.action != "tag" else after[("tag", True)]
    assert actions == ["tag", "wait", "untag", "wait"]


def test_another_macs_rows_do_not_count():
    profiles = [
        InstalledProfile("other", created_at=NEW.isoformat()),
        InstalledProfile("one", created_at=OLD.isoformat()),
    ]
    certificates = [PrismCertificate("one", common_name="VMC02X uuid", created_at=NEW.isoformat())]
    assert seen_of("C02X", "one", False, profiles, certificates) == Seen(False, True, OLD)


@pytest.mark.parametrize(
    "tags, wanted, after",
    [
        (["vip"], True, ["vip", "x"]),
        (["x", "vip"], True, ["vip", "x"]),
        (["vip", "x"], False, ["vip"]),
        ([], False, []),
    ],
)
def test_other_tags_stay(tags, wanted, after):
    assert with_tag(tags, "x", wanted) == after
