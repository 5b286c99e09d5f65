# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of a Mac, by what both vendors know of it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import stages
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    DeviceRecord,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)

from tests.unit.plugins.module_utils._fleet.builders import AFTER, BEFORE, ISSUED, NOW, mac, record


def cases_of(test: t.Any) -> list[tuple[t.Any, ...]]:
    """Return the rows of a parametrized test."""
    (marker,) = (mark for mark in test.pytestmark if mark.name == "parametrize")
    return list(marker.args[1])


@pytest.mark.parametrize(
    "facts, stage, reason",
    [
        # What Kandji has still to deliver
        (mac(ring=None, elsewhere=True), "OTHER_TENANT", "another Okta org"),
        (mac(in_kandji=False, elsewhere=True), "OTHER_TENANT", "another Kandji tenant"),
        (mac(ring=None), "NOT_IN_SCOPE", "no ring"),
        (mac(rolled_out=False, profile_state=None), "NOT_ROLLED_OUT", "not rolled out to"),
        (
            mac(profile_state="failed", profile_log="wrong challenge"),
            "PROFILE_FAILED",
            "wrong challenge",
        ),
        (mac(profile_state="failed"), "PROFILE_FAILED", "no reason"),
        (mac(profile_state="pending"), "PROFILE_PENDING", "not installed yet"),
        (mac(profile_state=None), "PROFILE_PENDING", "not installed yet"),
        (mac(profile_state="unknown"), "PROFILE_PENDING", "no status for the SCEP profile"),
        (mac(profile_state="excluded"), "PROFILE_PENDING", "map excludes it from the SCEP profile"),
        (mac(certificates=[]), "CERTIFICATE_ABSENT", "shows no certificate"),
        (mac(certificates=[], unattested=True), "CERTIFICATE_ABSENT", "is of another authority"),
        (mac(app_present=False, app_state="no_license"), "NO_LICENSE", "license"),
        (mac(app_present=False, app_state="pending"), "OKTA_VERIFY_MISSING", "not installed yet"),
        (mac(app_present=False, app_state=None), "OKTA_VERIFY_MISSING", "not installed yet"),
        (
            mac(app_present=False, app_state="failed"),
            "OKTA_VERIFY_MISSING",
            "could not be installed",
        ),
        (
            mac(app_present=False, app_state="self_service_only"),
            "OKTA_VERIFY_MISSING",
            "Install and Continuously Enforce",
        ),
        # What is there in one way or the other
        (mac(app_present=False, app_state="installed"), "NOT_REGISTERED", "nobody has registered"),
        (mac(app_present=True, app_state="no_license"), "NOT_REGISTERED", "nobody has registered"),
        (mac(app_present=True, app_state=None), "NOT_REGISTERED", "nobody has registered"),
        # What Kandji does not know, and what ended
        (mac(record(ada="MANAGED"), in_kandji=False), "KANDJI_MISSING", "knows no Mac"),
        (mac(expires=BEFORE, expiry_source="mac"), "CERTIFICATE_EXPIRED", "2026-11-01"),
        # What the Mac's user has still to do, or an administrator
        (mac(record("SUSPENDED", ada="NOT_MANAGED")), "SUSPENDED", "suspended"),
        (mac(record("SUSPENDED", ada="MANAGED")), "SUSPENDED", "suspended"),
        (mac(record("DEACTIVATED")), "DEACTIVATED", "deactivated"),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE)),
            "REGISTERED_BEFORE_CERTIFICATE",
            "before it had its first certificate",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE), certificates=[AFTER, ISSUED]),
            "REGISTERED_BEFORE_CERTIFICATE",
            "before it had its first certificate",
        ),
        (
            mac(record(ada="NOT_MANAGED"), certificates=["2026-11-20T10:00:00.000Z", ISSUED]),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (mac(record(ada="NOT_MANAGED")), "REGISTERED_NOT_MANAGED", "no FastPass sign-in"),
        (
            mac(record(ada="NOT_MANAGED", created="")),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE), certificates=[""]),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (mac(record()), "REGISTERED_NOT_MANAGED", "no FastPass sign-in"),
        # What Okta says outweighs all that Kandji does not know
        (mac(record(ada="MANAGED", bob="NOT_MANAGED")), "MIXED", "but not for bob"),
        (
            mac(record(ada="MANAGED", bob="NOT_MANAGED", eve="NOT_MANAGED")),
            "MIXED",
            "but not for bob, eve",
        ),
        (mac(record(ada="MANAGED")), "MANAGED", "managed"),
        (mac(record(ada="MANAGED", bob="MANAGED")), "MANAGED", "managed"),
        (
            mac(record(ada="MANAGED"), certificates=[], app_present=False, app_state=None),
            "MANAGED",
            "managed",
        ),
        (mac(record(ada="MANAGED"), ring=None, profile_state=None), "MANAGED", "managed"),
        (mac(record(ada="MANAGED"), profile_state="failed"), "MANAGED", "managed"),
        # The first thing that is missing counts
        (
            mac(record(ada="NOT_MANAGED"), profile_state="pending"),
            "PROFILE_PENDING",
            "not installed yet",
        ),
        (
            mac(record("SUSPENDED", ada="MANAGED"), certificates=[]),
            "CERTIFICATE_ABSENT",
            "shows no certificate",
        ),
        (
            mac(profile_state="failed", certificates=[], app_present=False),
            "PROFILE_FAILED",
            "could not be installed",
        ),
        # Several records for one serial: the newest if it is blocked, else the working one
        (
            mac(
                record("DEACTIVATED", created=BEFORE),
                record(ada="MANAGED", created=AFTER, record_id="guo2"),
            ),
            "MANAGED",
            "managed",
        ),
        (
            mac(
                record("SUSPENDED", created=AFTER, ada="MANAGED"),
                record(ada="MANAGED", created=BEFORE, record_id="guo2"),
                record(ada="MANAGED", created=BEFORE, record_id="guo0"),
            ),
            "SUSPENDED",
            "The newest of its device records in Okta, guo1, is suspended. What older records say"
            " (guo0, guo2) does not count.",
        ),
        (
            mac(
                record(ada="MANAGED", created=BEFORE),
                record(ada="NOT_MANAGED", created=AFTER, record_id="guo2"),
            ),
            "MANAGED",
            "managed",
        ),
        (
            mac(
                record("DEACTIVATED", created=AFTER),
                record(ada="NOT_MANAGED", created=ISSUED, record_id="guo2"),
            ),
            "DEACTIVATED",
            "is deactivated. What older records say (guo2) does not count.",
        ),
        (
            mac(record("SUSPENDED", ada="MANAGED"), record(ada="NOT_MANAGED", record_id="guo2")),
            "REGISTERED_NOT_MANAGED",
            "no FastPass",
        ),
        (
            mac(
                record("SUSPENDED", created=AFTER, updated=BEFORE),
                record("DEACTIVATED", created=BEFORE, updated=AFTER, record_id="guo2"),
            ),
            "SUSPENDED",
            "suspended",
        ),
        (
            mac(
                record(ada="NOT_MANAGED", created=BEFORE, updated=AFTER, record_id="guo2"),
                record(ada="NOT_MANAGED", updated=BEFORE),
            ),
            "REGISTERED_NOT_MANAGED",
            "no FastPass",
        ),
    ],
)
def test_the_stage_of_a_mac(facts: MacFacts, stage: str, reason: str) -> None:
    classification = stages.classify(facts, NOW)
    assert classification.stage == stage
    assert reason in classification.reason
    assert classification.next_step.endswith(".")


def test_the_table_above_has_every_stage() -> None:
    assert {case[1] for case in cases_of(test_the_stage_of_a_mac)} == set(stages.STAGES)


@pytest.mark.parametrize(
    "records, flags",
    [
        ([], []),
        ([record(ada="MANAGED")], []),
        ([record()], ["ORPHAN"]),
        ([record(ada="MANAGED", bob="NOT_MANAGED")], ["SHARED_DEVICE"]),
        (
            [record(ada="MANAGED"), record(ada="NOT_MANAGED", record_id="guo2")],
            ["DUPLICATE_RECORD"],
        ),
        (
            [record(ada="MANAGED", bob="MANAGED"), record("DEACTIVATED", record_id="guo2")],
            ["DUPLICATE_RECORD", "ORPHAN", "SHARED_DEVICE"],
        ),
    ],
)
def test_flags_do_not_depend_on_the_stage(records: list[DeviceRecord], flags: list[str]) -> None:
    assert stages.classify(mac(*records)).flags == tuple(flags)


@pytest.mark.parametrize(
    "facts, flag",
    [
        (mac(record(ada="MANAGED", updated="2026-08-01T10:00:00.000Z")), "STALE"),
        (mac(record(ada="MANAGED"), competing=True), "COMPETING_CONFIGURATION"),
        (mac(record(ada="MANAGED"), copied=True), "CERTIFICATE_DUPLICATE"),
        (mac(record(ada="MANAGED"), certificates=[ISSUED, AFTER]), "CERTIFICATE_DUPLICATE"),
        (
            mac(record(ada="MANAGED"), expires="2026-12-20T10:00:00Z", expiry_source="mac"),
            "CERTIFICATE_EXPIRING",
        ),
        (mac(record(ada="MANAGED"), certificates=["2025-11-20T10:00:00Z"]), "CERTIFICATE_EXPIRED"),
        (
            mac(record(ada="MANAGED", serial="")),
            "SERIAL_EMPTY",
        ),
    ],
)
def test_flags_of_time_certificates_and_configuration(facts: MacFacts, flag: str) -> None:
    assert stages.classify(facts, NOW).flags == (flag,)


@pytest.mark.parametrize(
    "facts, stage, reason, next_step",
    [
        (
            mac(in_kandji=False),
            "KANDJI_MISSING",
            "Kandji knows no Mac with its serial C02XK1ZAJG5J.",
            "Enroll it in Kandji. If it no longer exists, delete its record (playbook reset_devices).",
        ),
        (
            MacFacts("", in_kandji=False),
            "KANDJI_MISSING",
            "Its Okta record has no serial to find it by in Kandji.",
            "Enroll it in Kandji. If it no longer exists, delete its record (playbook reset_devices).",
        ),
        (
            mac(record(ada="MANAGED")),
            "MANAGED",
            "Okta shows it as managed for each of its users.",
            "Nothing.",
        ),
        (
            mac(record(bob="NOT_MANAGED", ada="MANAGED", al="NOT_MANAGED")),
            "MIXED",
            "Okta shows it as managed for some of its users, but not for al, bob.",
            "The named user signs in once with Okta FastPass on this Mac.",
        ),
        (
            mac(ring=None, elsewhere=True),
            "OTHER_TENANT",
            "Its blueprint is declared to be of another Okta org.",
            "Nothing here. The report of that org has it.",
        ),
        (
            mac(in_kandji=False, elsewhere=True),
            "OTHER_TENANT",
            "Its serial number is declared to be of another Kandji tenant.",
            "Nothing here. The report of that tenant has it.",
        ),
        (
            mac(ring=None),
            "NOT_IN_SCOPE",
            "Its blueprint is in no ring.",
            "Nothing, or add its blueprint to a ring.",
        ),
        (
            mac(rolled_out=False, profile_state=None),
            "NOT_ROLLED_OUT",
            "Device trust is not rolled out to its ring yet: Kandji has no SCEP profile for it.",
            "Nothing. The site playbook rolls it out.",
        ),
        (
            mac(profile_state="failed"),
            "PROFILE_FAILED",
            "The SCEP profile could not be installed: Kandji gives no reason.",
            "Check SCEP URL and secret key, then request a check-in. If the secret key was reset in"
            " Okta, run the playbook rotate_scep_challenge.",
        ),
        (
            mac(profile_state="pending"),
            "PROFILE_PENDING",
            "The SCEP profile is not installed yet.",
            "Wait for its check-in (within 24 hours), or request one in Kandji.",
        ),
        (
            mac(certificates=[]),
            "CERTIFICATE_ABSENT",
            "The SCEP profile is installed, but its inventory shows no certificate of this Mac"
            " yet.",
            "Wait for its next inventory (daily), then look for pki.cert.issue in the System Log.",
        ),
        (
            mac(expires="2026-12-01T00:00:00Z", expiry_source="ledger"),
            "CERTIFICATE_EXPIRED",
            "Its newest certificate expired on 2026-12-01.",
            "Redeliver its profile (a new generation of its ring), then it requests a certificate.",
        ),
        (
            mac(app_present=False, app_state="no_license"),
            "NO_LICENSE",
            "No license of Okta Verify is left for it.",
            "Buy licenses in Apple Business Manager (they are free).",
        ),
        (
            mac(app_present=False, app_state=None),
            "OKTA_VERIFY_MISSING",
            "Okta Verify is not installed yet.",
            "Wait for its check-in, or request one in Kandji.",
        ),
        (
            mac(app_present=False, app_state="failed"),
            "OKTA_VERIFY_MISSING",
            "Okta Verify could not be installed.",
            "Wait for its check-in, or request one in Kandji.",
        ),
        (
            mac(app_present=False, app_state="self_service_only"),
            "OKTA_VERIFY_MISSING",
            "Okta Verify is only offered in Self Service: the item's installation type is not"
            " Install and Continuously Enforce.",
            "Its user installs Okta Verify in Self Service, or set the item's installation type to"
            " Install and Continuously Enforce in Kandji.",
        ),
        (
            mac(),
            "NOT_REGISTERED",
            "It has a certificate and Okta Verify, but nobody has registered it with Okta.",
            "Its user opens Okta Verify and adds the account.",
        ),
        (
            mac(record("SUSPENDED", ada="MANAGED")),
            "SUSPENDED",
            "Its device record in Okta is suspended.",
            "Unsuspend it in Okta.",
        ),
        (
            mac(record("DEACTIVATED")),
            "DEACTIVATED",
            "Its device record in Okta is deactivated.",
            "Reset it (playbook reset_devices), then its user registers it again.",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE)),
            "REGISTERED_BEFORE_CERTIFICATE",
            "It was registered with Okta before it had its first certificate.",
            "Its user signs in once with Okta FastPass. If the stage stays, reset it"
            " (playbook reset_devices), then its user registers it again.",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=ISSUED)),
            "REGISTERED_NOT_MANAGED",
            "It is registered and has a certificate, but no FastPass sign-in has shown it to Okta"
            " yet.",
            "Its user signs in once with Okta FastPass (not push or a password) on this Mac.",
        ),
    ],
)
def test_each_stage_has_a_reason_and_a_next_step(
    facts: MacFacts, stage: str, reason: str, next_step: str
) -> None:
    classification = stages.classify(facts, NOW)
    assert (classification.stage, classification.reason, classification.next_step) == (
        stage,
        reason,
        next_step,
    )


@pytest.mark.parametrize(
    "stage, next_step",
    [
        (stage, next_step)
        for _facts, stage, _reason, next_step in cases_of(
            test_each_stage_has_a_reason_and_a_next_step
        )
    ],
)
def test_who_acts_is_the_subject_of_the_next_step(stage: str, next_step: str) -> None:
    """The user is named, time is waited for, and an imperative is for an administrator."""
    subjects = {"Its user": "user", "The named user": "user", "Wait": "time", "Nothing": "nobody"}
    actors = {actor for subject, actor in subjects.items() if next_step.startswith(subject)}
    expected = "user" if "in Self Service" in next_step else stages.ACTORS[stage]
    assert {expected} == (actors or {"administrator"})


def test_each_stage_has_a_next_step_to_compare_with() -> None:
    cases = cases_of(test_each_stage_has_a_reason_and_a_next_step)
    assert {case[1] for case in cases} == set(stages.ACTORS)


def test_the_expiry_that_the_mac_names_stands_for_a_certificate() -> None:
    facts = mac(certificates=[], expires="2027-06-01T00:00:00Z", expiry_source="mac")
    assert stages.classify(facts, NOW).stage == "NOT_REGISTERED"
    assert stages.classify(mac(expires=BEFORE, expiry_source="mac")).stage == "NOT_REGISTERED"


@pytest.mark.parametrize(
    "facts, flags",
    [
        (mac(record(ada="MANAGED", updated="2026-09-02T00:00:00.000Z")), ()),
        (mac(record(ada="MANAGED", updated="2026-09-01T23:59:59.000Z")), ("STALE",)),
        (mac(record(ada="MANAGED", updated="")), ()),
        (mac(expires="2026-12-31T00:00:00Z", expiry_source="mac"), ("CERTIFICATE_EXPIRING",)),
        (mac(expires="2026-12-31T00:00:01Z", expiry_source="mac"), ()),
        (mac(expires="2026-12-01T00:00:01Z", expiry_source="mac"), ("CERTIFICATE_EXPIRING",)),
        (mac(expires="2026-12-01T00:00:00Z", expiry_source="mac"), ("CERTIFICATE_EXPIRED",)),
        (MacFacts(""), ("SERIAL_EMPTY",)),
        (
            mac(record(ada="MANAGED"), record(ada="MANAGED", serial="", record_id="guo2")),
            ("DUPLICATE_RECORD", "SERIAL_EMPTY"),
        ),
    ],
)
def test_flags_begin_and_end_with_their_limits(facts: MacFacts, flags: tuple[str, ...]) -> None:
    assert stages.find_flags(facts, NOW) == flags


def test_without_a_present_nothing_is_stale_or_expired() -> None:
    old = mac(record(ada="MANAGED", updated="2020-01-01T00:00:00Z"), certificates=["2020-01-01"])
    assert stages.find_flags(old) == ()


def test_only_time_and_users_are_waited_for_and_only_nobody_is_quiet() -> None:
    acts = {
        stage: ("people" if stage in stages.PEOPLE_STAGES else "")
        + ("quiet" if stage in stages.QUIET_STAGES else "")
        for stage in stages.STAGES
    }
    kinds = {"user": "people", "time": "people", "administrator": "", "nobody": "quiet"}
    assert acts == {stage: kinds[actor] for stage, actor in stages.ACTORS.items()}


@pytest.mark.parametrize(
    ("created", "stage"),
    [
        ("2026-11-10T09:59:59.000Z", "REGISTERED_BEFORE_CERTIFICATE"),
        ("2026-11-10T10:00:00.000Z", "REGISTERED_NOT_MANAGED"),
    ],
)
def test_a_record_of_the_second_of_its_certificate_may_be_the_later_of_both(
    created: str, stage: str
) -> None:
    """Okta cuts the time of a registration to whole seconds."""
    facts = mac(record(created=created, ada="NOT_MANAGED"), certificates=[ISSUED])
    assert stages.classify(facts).stage == stage
    late = mac(
        record(created="2026-11-10T10:00:00.000Z"), certificates=["2026-11-10T10:00:00.900000Z"]
    )
    assert stages.classify(late).stage == "REGISTERED_NOT_MANAGED"


# Values that a vendor adds later, and keys that a row lacks


def test_an_unsuspended_record_works():
    stage = stages.classify(mac(record("UNSUSPENDED", ada="MANAGED")))
    assert (stage.stage, stage.unconfirmed_reason) == ("MANAGED", "")


def test_an_unsuspend_in_the_log_is_no_news_about_an_unsuspended_record():
    events = {"guo1": RecordEvents(status="ACTIVE")}
    stage = stages.classify(mac(record("UNSUSPENDED", ada="MANAGED"), events=events))
    assert stage.unconfirmed_reason == ""


@pytest.mark.parametrize(("status", "shown"), [("QUARANTINED", "'QUARANTINED'"), ("", "no status")])
def test_a_record_with_an_unknown_status_is_neither_managed_nor_waiting(status, shown):
    stage = stages.classify(mac(record(status, ada="MANAGED")))
    assert stage.stage == "REGISTERED_NOT_MANAGED"
    assert shown in stage.reason and "sign" not in stage.next_step
    assert shown in stage.unconfirmed_reason


@pytest.mark.parametrize(("status", "shown"), [("PENDING", "'PENDING'"), ("", "no status")])
def test_an_unknown_management_status_is_not_taken_for_not_managed(status, shown):
    alone = stages.classify(mac(record(ada=status)))
    assert (alone.stage, shown in alone.reason) == ("REGISTERED_NOT_MANAGED", True)
    mixed = stages.classify(mac(record(ada="MANAGED", bob=status)))
    assert (mixed.stage, shown in mixed.reason) == ("MIXED", True)
    for stage in (alone, mixed):
        assert shown in stage.unconfirmed_reason and "signs in" not in stage.next_step


def test_a_record_that_works_counts_and_not_an_old_one():
    old = record("DEACTIVATED", record_id="guo0", updated=AFTER)
    works = record("UNSUSPENDED", record_id="guo1", updated=BEFORE, ada="MANAGED")
    assert stages.classify(mac(old, works)).stage == "MANAGED"


@pytest.mark.parametrize("item", ["profile", "app"])
def test_an_unknown_status_of_an_item_is_shown(item):
    facts = {f"{item}_state": "unknown", f"{item}_log": "QUEUED"}
    if item == "app":
        facts["app_present"] = False
    stage = stages.classify(mac(**facts))
    assert stage.stage == {"profile": "PROFILE_PENDING", "app": "OKTA_VERIFY_MISSING"}[item]
    name = {"profile": "the SCEP profile", "app": "Okta Verify"}[item]
    sentence = f"Kandji shows the status 'QUEUED' for {name}, which is unknown."
    assert sentence in stage.reason and stage.unconfirmed_reason == sentence


@pytest.mark.parametrize(
    "facts, step",
    [
        (mac(record("DEACTIVATED")), "Reset it (playbook reset_devices), then its user"),
        (
            mac(record("DEACTIVATED"), record(created=BEFORE, record_id="guo2")),
            "Reset each of its records by its id (playbook reset_devices), then its user",
        ),
        (mac(record("SUSPENDED"), record(created=BEFORE, record_id="guo2")), "Unsuspend it in"),
    ],
)
def test_the_next_step_of_a_blocked_mac(facts: MacFacts, step: str) -> None:
    assert stages.classify(facts, NOW).next_step.startswith(step)


def test_stages_are_selected_by_their_names_from_rings() -> None:
    stages.check_stages([], False)
    stages.check_stages(list(stages.STAGES), True)
    with pytest.raises(
        BadOption, match="stages: 'Managed' is not a stage. Use one of OTHER_TENANT"
    ):
        stages.check_stages(["MANAGED", "Managed"], True)
    with pytest.raises(BadOption, match="stages: rings is missing. Name the rings that the stages"):
        stages.check_stages(["MANAGED"], False)
