# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several records of one device a run keeps."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.duplicates import (
    judge_targets,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.guards import (
    ALLOW,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    Mac,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    decide_again,
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    choose_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.join import (
    build_device_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.record_rank import (
    newest_blocked,
)

from tests.unit.plugins.module_utils._device_records.examples import (
    CLEAN_UP,
    GUARDS,
    OLD,
    allowing,
    codes,
    decide,
    device,
    guarding,
    target,
    two_records,
    user,
    with_phones,
)


@pytest.mark.parametrize(
    "duplicates, expected",
    [
        ("skip", ["duplicate_record", "kept_record"]),
        ("clean_up", [None, "kept_record"]),
        ("each", [None, None]),
    ],
)
def test_of_two_records_the_newest_is_kept(duplicates: str, expected: list[str | None]) -> None:
    assert codes(two_records(), guarding(duplicates=duplicates)) == expected


@pytest.mark.parametrize("status", ["QUARANTINED", "suspended", None])
@pytest.mark.parametrize("duplicates", ["skip", "clean_up", "each"])
def test_a_record_of_unknown_status_is_not_reset(status: str | None, duplicates: str) -> None:
    decision = decide(target(device(status=status)), allowing(*ALLOW))
    assert (decision.action, decision.code) == ("skip", "other_status")
    old, new = two_records()
    pair = [target(device(old.id, old.device.created, status=status)), new]
    guards = allowing(*ALLOW, duplicates=duplicates)
    assert plan_records(pair, guards, Evidence())[0].action == "skip"


@pytest.mark.parametrize("status", ["SUSPENDED", "DEACTIVATED"])
def test_where_no_record_works_every_one_stays(status: str | None) -> None:
    """A deactivated or suspended record does not register a Mac. Only one can be unsuspended."""
    old, new = (device(each.id, each.device.created, status=status) for each in two_records())
    guards = allowing("suspended", duplicates="clean_up")
    spare, kept = plan_records([target(old), target(new)], guards, Evidence())
    assert (spare.code, spare.keeper, kept.code) == (
        "no_working_record",
        kept.target,
        "kept_record",
    )
    remedy = "Unsuspend that one, or name" if status == "SUSPENDED" else "Name"
    expected = f"guo2, is {status} and does not work. {remedy} the id of this one (guo1)."
    assert expected in spare.reason


@pytest.mark.parametrize("duplicates", ["skip", "clean_up", "each"])
def test_a_suspended_record_stays_suspended_whatever_other_records_its_serial_has(
    duplicates: str,
) -> None:
    blocked = target(device(status="SUSPENDED"), user("ada"))
    newer = target(device("guo2", "2026-11-02T10:00:00.000Z"), user("ada"))
    guards = guarding(duplicates=duplicates)
    assert codes([blocked, newer], guards)[0] == "suspended"
    assert codes([replace(blocked, by_id=True)], guards) == ["suspended"]
    lifted = allowing("suspended", duplicates="clean_up")
    assert codes([blocked, newer], lifted) == [None, "kept_record"]


def test_a_record_that_is_suspended_during_the_run_is_skipped() -> None:
    one = target(device(), user())
    suspended = replace(one, device=device(status="SUSPENDED"))
    decision, evidence = decide(one), with_phones("ada")
    again = decide_again(suspended, None, [decision], GUARDS, evidence)
    assert (again.action, again.code) == ("skip", "suspended")


def test_an_orphan_is_not_deleted_next_to_a_suspended_record_that_has_users() -> None:
    orphan = target(device("guo2", "2026-11-02T10:00:00.000Z"))
    blocked = target(device(status="SUSPENDED"), user("ada"))
    guards = allowing("suspended", duplicates="clean_up")
    assert codes([orphan, blocked], guards) == ["no_working_record", "kept_record"]


def test_a_duplicate_is_skipped_with_what_deletes_it() -> None:
    skipped, kept = plan_records(two_records(), GUARDS, Evidence())
    assert skipped.reason == (
        "It is one of 2 records of its serial, of which guo2 is kept; to delete it, name its"
        " id (guo1) or clean up duplicates."
    )
    assert "It is the one to keep of 2 records" in kept.reason
    assert (skipped.keeper, kept.keeper) == (kept.target, None)


@pytest.mark.parametrize(
    "first, second, kept",
    [
        # One that users have, of those the active one, else the managed one, else the newest, else
        # by id.
        ((device("guo1"), user("ada")), (device("guo2", "2026-11-02"),), 0),
        ((device("guo1", status="DEACTIVATED"), user("ada")), (device("guo2"),), 1),
        ((device("guo1"), user("ada", "MANAGED")), (device("guo2", "2026-11-02"),), 0),
        ((device("guo1", status="SUSPENDED"), user("ada", "MANAGED")), (device("guo2"),), 0),
        ((device("guo1", status="SUSPENDED"), user("ada")), (device("guo2"), user("bob")), 1),
        ((device("guo1"),), (device("guo2", "2026-11-02", status="SUSPENDED"),), 0),
        ((device("guo1"),), (device("guo2", "2026-11-02"),), 1),
        ((device("guo9"),), (device("guo2"),), 0),
        ((device("guo1", status="UNSUSPENDED"),), (device("guo2", status="SUSPENDED"),), 0),
        ((device("guo1", status="QUARANTINED"),), (device("guo2"),), 1),
    ],
)
def test_the_record_to_keep(first: t.Any, second: t.Any, kept: int) -> None:
    targets = [target(*first), target(*second)]
    guards = allowing("managed", "suspended", duplicates="clean_up")
    verdicts = judge_targets(targets, guards, Evidence())
    assert [one.keeper is not None for one in verdicts] == [kept == 1, kept == 0]
    assert plan_records(targets, guards, Evidence())[kept].code in ("kept_record", "managed")


def test_a_record_that_is_not_surely_older_than_the_kept_one_stays() -> None:
    """Of a Mac that was erased, the old record stays managed, and the new one is in use."""
    kept = target(device("guo1"), user("ada", "MANAGED"))
    for created, code in (
        ("2026-10-31T10:00:00Z", None),
        (OLD, "other_record"),
        ("2026-11-02T10:00:00Z", "other_record"),
    ):
        spare = target(device("guo2", created), user("ada"))
        assert codes([kept, spare], CLEAN_UP) == ["managed", code]
    allowed = allowing(*ALLOW, duplicates="clean_up")
    assert codes([kept, spare], allowed) == ["kept_record", "other_record"]
    skipped = plan_records([kept, spare], GUARDS, with_phones("ada"))[1]
    assert "name its id (guo2 or guo1)" in skipped.reason and "clean up" not in skipped.reason
    left = replace(spare, users=(user("ada", status="DEPROVISIONED"),))
    assert codes([kept, left], CLEAN_UP) == ["managed", None]


def test_a_newer_record_that_gets_a_user_during_the_run_stays() -> None:
    kept, spare = target(device("guo1"), user("ada")), target(device("guo2", "2026-11-02"))
    _kept, planned = plan_records([kept, spare], CLEAN_UP, with_phones("ada"))
    assert planned.writes
    used = replace(spare, users=(user("ada"),))
    again = decide_again(used, kept, [planned], CLEAN_UP, with_phones("ada"))
    assert (again.action, again.code) == ("skip", "other_record")


def test_a_record_of_unknown_age_is_never_the_newest() -> None:
    unknown = target(device("guo9", created=None))
    assert codes([target(device()), unknown], guarding(duplicates="clean_up")) == [
        "kept_record",
        "registration_time_unknown",
    ]


FIRST_RECORDS = [
    (device("guo1", created, status=status, last_updated=updated), *users)
    for status in ("ACTIVE", "UNSUSPENDED", "SUSPENDED", "DEACTIVATED")
    for users in ((), (user("ada"),), (user("ada", "MANAGED"),))
    for created in (OLD, "2026-11-02T10:00:00+02:00", None)
    for updated in (OLD, "2026-11-20T10:00:00.000Z")
]


@pytest.mark.parametrize("first", FIRST_RECORDS)
@pytest.mark.parametrize("status", ["ACTIVE", "SUSPENDED", "DEACTIVATED"])
@pytest.mark.parametrize("management", [None, "NOT_MANAGED", "MANAGED"])
def test_clean_up_keeps_the_record_that_the_status_shows(
    first: t.Any, status: str, management: str | None
) -> None:
    created, updated = "2026-11-02T09:00:00.000Z", "2026-11-10T10:00:00.000Z"
    users = (user("bob", management),) if management else ()
    second = (device("guo2", created, status=status, last_updated=updated), *users)
    targets = [target(*first), target(*second)]
    clean_up = allowing("managed", "last_authenticator", "suspended", duplicates="clean_up")
    (kept,) = [
        each.target.id
        for each in plan_records(targets, clean_up, Evidence())
        if each.keeper is None
    ]
    records_of_serial = [
        build_device_record(replace(each[0], users=each[1:])) for each in (first, second)
    ]
    shown = choose_record(records_of_serial)
    assert shown is not None
    if kept != shown.id:
        # The status describes the newest record, which is blocked. A reset keeps the one that works.
        assert shown == newest_blocked(records_of_serial)
        assert [each.id for each in records_of_serial if each.is_working] == [kept]


def test_serials_are_compared_in_any_case_and_empty_ones_never() -> None:
    first, second = two_records()
    other = replace(second, device=device("guo2", serial_number="c02a"))
    assert codes([first, other], GUARDS) == ["duplicate_record", "kept_record"]
    nameless = [replace(one, device=replace(one.device, serial_number="")) for one in two_records()]
    assert codes(nameless, GUARDS) == [None, None]


def test_a_record_that_is_named_by_its_id_is_decided_by_itself() -> None:
    first, second = two_records()
    by_id = replace(first, by_id=True)
    for duplicates in ("skip", "clean_up", "each"):
        assert codes([by_id], guarding(duplicates=duplicates)) == [None]
    assert codes([by_id, second], guarding(duplicates="each")) == [None, None]


@pytest.mark.parametrize("duplicates", ["skip", "clean_up"])
def test_next_to_a_record_that_is_named_by_its_id_the_others_stay_guarded(duplicates: str) -> None:
    """The reason of a duplicate offers to name it: its device still has several records."""
    first, second = two_records()
    guards = guarding(duplicates=duplicates)
    for named, other in ((first, second), (second, first)):
        decisions = codes([replace(named, by_id=True), other], guards)
        assert decisions == [None, "kept_record"]
    both = [replace(each, by_id=True) for each in (first, second)]
    assert codes(both, guards) == [None, None]


def test_the_keeper_of_a_spare_record_is_not_one_that_is_named_by_its_id() -> None:
    """It may be managed and skipped, but it is not what the plan keeps in place of the spare one."""
    named = target(device("guo9", "2026-11-03T10:00:00.000Z"), user("ada", "MANAGED"), by_id=True)
    skipped, spare, kept = plan_records([named, *two_records()], CLEAN_UP, with_phones("ada"))
    assert (skipped.code, spare.code, kept.code) == ("managed", None, "kept_record")
    assert spare.keeper is kept.target


def test_records_of_another_platform_are_of_another_device() -> None:
    """A Mac that also runs Windows has its serial in both records."""
    mac = target(device(), user())
    windows = target(device("guo2", "2026-11-02T10:00:00.000Z", platform="WINDOWS"), user("ada"))
    assert codes([mac, windows], CLEAN_UP) == ["only_record", "only_record"]
    assert codes([mac, windows], GUARDS) == [None, "other_platform"]


def test_a_spare_record_that_another_person_uses_stays() -> None:
    """Two people who share a Mac may have a record each."""
    spare, kept = two_records()
    ada, bob = replace(spare, users=(user("ada"),)), replace(kept, users=(user("bob"),))
    evidence = with_phones("ada", "bob")
    skipped, _kept = plan_records([ada, bob], CLEAN_UP, evidence)
    assert skipped.code == "shared"
    assert "ada@acme.com would have to register again, without an account on guo2" in skipped.reason
    lifted, _kept = plan_records([ada, bob], allowing("shared", duplicates="clean_up"), evidence)
    assert lifted.reason.endswith("its users register again.")
    assert [each.user.name for each in lifted.users_to_register] == ["ada@acme.com"]


def test_who_has_an_account_on_the_kept_record_does_not_register_again() -> None:
    spare, kept = (replace(each, users=(user("ada"),)) for each in two_records())
    decision, _kept = plan_records([spare, kept], CLEAN_UP, with_phones("ada"))
    assert decision.action == "write" and decision.users_to_register == []
    assert decision.reason == (
        "Its record is deactivated and deleted; its users keep their account on guo2, the record"
        " of its serial that is kept."
    )
    left = replace(spare, users=(user("bob", status="DEPROVISIONED"),))
    assert codes([left, kept], CLEAN_UP) == [None, "kept_record"]


def test_clean_up_keeps_the_only_record_of_a_serial() -> None:
    guards = allowing(*ALLOW, duplicates="clean_up")
    assert decide(target(device()), guards).code == "only_record"


def test_a_spare_record_needs_no_certificate_and_keeps_its_other_guards() -> None:
    clean_up = guarding(duplicates="clean_up")
    assert codes(two_records(mac=Mac("C02A")), clean_up) == [None, "kept_record"]
    assert codes(two_records(mac=None), clean_up) == ["unknown_to_kandji"] * 2
    spare = replace(two_records()[0], users=(user("eve"),))
    kept = replace(two_records()[1], users=(user("ada"),))
    assert codes([spare, kept], clean_up) == ["shared", "kept_record"]
    both = replace(kept, users=(user("ada"), user("eve")))
    assert codes([spare, both], clean_up) == ["last_authenticator", "shared"]


def test_a_record_that_the_run_before_kept_names_what_it_deleted() -> None:
    evidence = Evidence(deleted_duplicates={"guo1": ["guo8", "guo9"]})
    assert decide(target(device()), GUARDS, evidence).reason == (
        "It is the one to keep: the ids name guo8, guo9, already deleted, which was or may have"
        " been another record of its serial. Name guo8, guo9 no longer to reset this one."
    )
