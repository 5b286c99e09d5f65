# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a read cannot settle."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    STAGES,
    classify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.unconfirmed import (
    AFTER_CERTIFICATE,
    explain_unconfirmed,
    find_contradiction,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)

from tests.unit.plugins.module_utils._fleet.builders import BEFORE, ISSUED, NOW, mac, record


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
        (mac(profile_state=None, status_gaps=("profile",)), "PROFILE_PENDING", True),
        (
            mac(profile_state="pending", app_state=None, status_gaps=("app",)),
            "PROFILE_PENDING",
            False,
        ),
        (mac(app_present=False, app_state=None, status_gaps=("app",)), "OKTA_VERIFY_MISSING", True),
        (mac(certificates=[], issued=ISSUED), "CERTIFICATE_ABSENT", True),
        (mac(certificates=["2025-11-20T10:00:00Z"]), "CERTIFICATE_EXPIRED", True),
        (mac(expires=BEFORE, expiry_source="mac"), "CERTIFICATE_EXPIRED", False),
        (mac(record(ada="MANAGED"), certificates=["", BEFORE]), "MANAGED", True),
        (mac(record(ada="MANAGED"), unshown="Kandji does not show it."), "MANAGED", True),
    ],
)
def test_what_only_a_read_by_id_would_settle_is_unconfirmed(
    facts: MacFacts, stage: str, unconfirmed: bool
) -> None:
    reason = explain_unconfirmed(facts, stage, NOW)
    assert bool(reason) == unconfirmed, reason
    assert classify(facts, NOW) == replace(
        classify(facts, NOW), stage=stage, unconfirmed_reason=reason
    )


@pytest.mark.parametrize(
    "facts, stage, reason",
    [
        (mac(incomplete="A reason."), "MANAGED", "A reason."),
        (
            mac(events={"guo7": RecordEvents("ACTIVE")}),
            "NOT_REGISTERED",
            "The System Log names its record guo7, which the search lacks.",
        ),
        (
            mac(record(ada="MANAGED"), events={"guo1": RecordEvents("SUSPENDED")}),
            "MANAGED",
            "The System Log has newer facts about its record guo1 than the search.",
        ),
        (
            mac(record(ada="MANAGED", updated="2026-11-30T23:55:01.000Z")),
            "MANAGED",
            "Its record changed within the last minutes, and Okta's search may lag.",
        ),
        (mac(record(ada="MANAGED", updated="2026-11-30T23:55:00.000Z")), "MANAGED", ""),
        (
            mac(status_gaps=("profile",)),
            "PROFILE_PENDING",
            "Kandji's list of statuses of the SCEP profile names other Macs of its blueprint, but"
            " not this one.",
        ),
        (
            mac(status_gaps=("app",)),
            "OKTA_VERIFY_MISSING",
            "Kandji's list of statuses of the Okta Verify names other Macs of its blueprint, but"
            " not this one.",
        ),
        (
            mac(record(ada="MANAGED"), certificates=[]),
            "MANAGED",
            "Okta shows it as managed, but Kandji shows no certificate of it.",
        ),
        (mac(record(ada="MANAGED"), certificates=[], expiry_source="mac"), "MANAGED", ""),
        (
            mac(record(ada="MANAGED", bob="NOT_MANAGED")),
            "MIXED",
            "Okta's search may lag for single users of a device.",
        ),
        (
            mac(certificates=[], issued=ISSUED),
            "CERTIFICATE_ABSENT",
            "Okta's System Log has a certificate that was issued to it, but Kandji's inventory"
            " does not show it yet.",
        ),
        (
            mac(certificates=[]),
            "CERTIFICATE_ABSENT",
            "Its profile came with a certificate, but Kandji's inventory does not show it;"
            " inventories are daily.",
        ),
        (
            mac(certificates=["2025-11-20T10:00:00Z"]),
            "CERTIFICATE_EXPIRED",
            "The expiry of its certificate is estimated from when it was first seen.",
        ),
        (mac(record()), "REGISTERED_NOT_MANAGED", "The search shows no user of its record."),
        (
            mac(record(ada="NOT_MANAGED", created="")),
            "REGISTERED_NOT_MANAGED",
            "The time of its registration or of its certificate is unknown.",
        ),
        (
            mac(record(ada="NOT_MANAGED"), certificates=[""]),
            "REGISTERED_NOT_MANAGED",
            "The time of its registration or of its certificate is unknown.",
        ),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T10:00:10.000Z")),
            "REGISTERED_NOT_MANAGED",
            "Record and certificate came within seconds of each other.",
        ),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T10:00:11.000Z")),
            "REGISTERED_NOT_MANAGED",
            "",
        ),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-09T10:00:00.000Z")),
            "REGISTERED_BEFORE_CERTIFICATE",
            "Its certificate was first seen within a day of its registration, and inventories are"
            " daily.",
        ),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-09T09:59:59.000Z")),
            "REGISTERED_BEFORE_CERTIFICATE",
            "",
        ),
        (mac(), "NO_LICENSE", ""),
        (mac(), "OKTA_VERIFY_MISSING", ""),
        (
            mac(),
            "REGISTERED_NOT_MANAGED",
            "The time of its registration or of its certificate is unknown.",
        ),
    ],
)
def test_the_reason_says_what_is_missing(facts: MacFacts, stage: str, reason: str) -> None:
    assert explain_unconfirmed(facts, stage, NOW) == reason


@pytest.mark.parametrize(
    "facts, reason",
    [
        (mac(record("DEACTIVATED"), events={"guo1": RecordEvents(bound=True)}), False),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents(users={"ada": True})}), False),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents(users={"ada": False})}), True),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents("ACTIVE", True)}), False),
        (mac(record(ada="MANAGED", updated="")), False),
    ],
)
def test_events_contradict_the_search_only_where_they_differ(facts: MacFacts, reason: bool) -> None:
    assert bool(explain_unconfirmed(facts, "KANDJI_MISSING", NOW)) is reason


def test_without_a_present_no_record_is_fresh() -> None:
    facts = mac(record(ada="MANAGED", updated="2026-11-30T23:59:00.000Z"))
    assert explain_unconfirmed(facts, "MANAGED") == ""


@pytest.mark.parametrize(
    "facts, is_proved",
    [
        ({"certificates": []}, False),
        ({"certificates": [ISSUED]}, True),
        ({"certificates": [], "expires": ISSUED, "expiry_source": "mac"}, True),
        ({"certificates": [], "issued": ISSUED}, True),
    ],
)
def test_a_certificate_that_names_the_serial_alone_may_be_of_another_authority(
    facts: dict[str, t.Any], is_proved: bool
) -> None:
    reason = explain_unconfirmed(mac(unproved=[ISSUED], **facts), "NOT_REGISTERED")
    assert reason == (
        ""
        if is_proved
        else "Its certificate is known by its serial alone, which certificates of other authorities"
        " hold too."
    )
    assert explain_unconfirmed(mac(**facts), "NOT_REGISTERED") == ""


# A newest record that was deleted

OLD, DELETED_AT = "2026-11-10T10:00:00.000Z", "2026-11-20T10:00:00.000Z"


def lost(registered_at: str = DELETED_AT, **users: bool) -> dict[str, RecordEvents]:
    return {"guo9": RecordEvents("DELETED", users=users, registered_at=registered_at)}


@pytest.mark.parametrize(
    "management, events, is_said",
    [
        ("MANAGED", lost(), True),
        ("MANAGED", lost(ada=True), True),
        ("MANAGED", lost(ada=False, ben=True), True),
        ("MANAGED", lost(ben=True), False),
        ("NOT_MANAGED", lost(), False),
        ("MANAGED", lost(OLD), False),
        ("MANAGED", lost("2026-11-10T10:00:01.000Z"), True),
        ("MANAGED", lost(""), False),
        ("MANAGED", {"guo9": RecordEvents("ACTIVE", registered_at=DELETED_AT)}, None),
    ],
)
def test_an_older_record_that_is_managed_says_nothing_after_the_newest_was_deleted(
    management: str, events: dict[str, RecordEvents], is_said: bool | None
) -> None:
    said = find_contradiction(mac(record(created=OLD, ada=management), events=events))
    if is_said is None:
        assert said == "The System Log names its record guo9, which the search lacks."
    else:
        why = "Its newest record guo9 was deleted, and an older one is still managed."
        assert said == (why if is_said else "")


def test_the_newest_of_two_deleted_records_is_not_the_only_one_that_counts() -> None:
    """The younger one was of somebody else."""
    later = RecordEvents("DELETED", users={"ben": True}, registered_at="2026-11-21T10:00:00.000Z")
    said = find_contradiction(
        mac(record(created=OLD, ada="MANAGED"), events={"guo8": later, **lost(ada=True)})
    )
    assert said.startswith("Its newest record guo9 was deleted")


def test_stages_between_the_certificate_and_a_managed_account_ask_for_its_proof() -> None:
    """A new stage that is not among them would take any certificate with the serial as proof."""
    first, last = STAGES.index("NO_LICENSE"), STAGES.index("MIXED")
    assert STAGES[first:last] == AFTER_CERTIFICATE
