# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a read cannot settle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.device_events import (
    RecordEvents,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status import confidence
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status.stages import classify

from tests.unit.plugins.module_utils._status.builders import BEFORE, ISSUED, NOW, mac, record


@pytest.mark.parametrize(
    "facts, stage, unconfirmed",
    [
        (mac(record(ada="MANAGED")), "MANAGED", False),
        (mac(record(ada="MANAGED", updated="2026-11-30T23:58:00.000Z")), "MANAGED", True),
        (mac(record(ada="MANAGED"), certificates=[]), "MANAGED", True),
        (mac(record(ada="MANAGED"), certificates=[], ring=None), "MANAGED", False),
        (
            mac(record(ada="MANAGED"), certificates=[], events={"guo1": RecordEvents(bound=True)}),
            "MANAGED",
            False,
        ),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents(bound=False)}), "MANAGED", True),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents("DEACTIVATED")}), "MANAGED", True),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents("DELETED")}), "MANAGED", True),
        (
            mac(record(ada="MANAGED"), events={"guo1": RecordEvents(users={"bob": True})}),
            "MANAGED",
            True,
        ),
        (mac(record(ada="MANAGED"), events={"guo0": RecordEvents("DELETED")}), "MANAGED", False),
        (mac(record(ada="MANAGED", bob="NOT_MANAGED")), "MIXED", True),
        (mac(), "NOT_REGISTERED", False),
        (mac(events={"guo1": RecordEvents("ACTIVE")}), "NOT_REGISTERED", True),
        (
            mac(record(ada="NOT_MANAGED"), events={"guo1": RecordEvents(bound=True)}),
            "REGISTERED_NOT_MANAGED",
            True,
        ),
        (mac(record(ada="NOT_MANAGED")), "REGISTERED_NOT_MANAGED", False),
        (mac(record()), "REGISTERED_NOT_MANAGED", True),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T10:00:05.000Z")),
            "REGISTERED_NOT_MANAGED",
            True,
        ),
        (mac(record(ada="NOT_MANAGED", created=BEFORE)), "REGISTERED_BEFORE_CERTIFICATE", False),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T02:00:00.000Z")),
            "REGISTERED_BEFORE_CERTIFICATE",
            True,
        ),
        (
            mac(
                record(ada="NOT_MANAGED", created="2026-11-10T02:00:00.000Z"),
                issued="2026-11-10T01:00:00.000Z",
            ),
            "REGISTERED_NOT_MANAGED",
            False,
        ),
        (mac(record("DEACTIVATED"), events={"guo1": RecordEvents("ACTIVE")}), "DEACTIVATED", True),
        (mac(certificates=[]), "CERTIFICATE_ABSENT", True),
        (mac(profile_state=None), "PROFILE_PENDING", False),
        (mac(profile_state=None, unlisted=("profile",)), "PROFILE_PENDING", True),
        (mac(profile_state="pending", app_state=None, unlisted=("app",)), "PROFILE_PENDING", False),
        (mac(app_present=False, app_state=None, unlisted=("app",)), "OKTA_VERIFY_MISSING", True),
        (mac(certificates=[], issued=ISSUED), "CERTIFICATE_ABSENT", True),
        (mac(certificates=["2025-11-20T10:00:00Z"]), "CERTIFICATE_EXPIRED", True),
        (mac(expires=BEFORE, expiry_source="mac"), "CERTIFICATE_EXPIRED", False),
    ],
)
def test_what_only_a_read_by_id_would_settle_is_unconfirmed(
    facts: MacFacts, stage: str, unconfirmed: bool
) -> None:
    reason = confidence.unconfirmed_reason(facts, stage, NOW)
    assert bool(reason) == unconfirmed, reason
    assert classify(facts, NOW) == replace(
        classify(facts, NOW), stage=stage, unconfirmed_reason=reason
    )
