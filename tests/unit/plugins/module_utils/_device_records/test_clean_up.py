# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records a clean-up takes, and what proves that nobody used them."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import (
    clean_up,
    reader,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    CLEAN_UP_COMMENT,
    GOALS,
    CleanUp,
    Decision,
    Evidence,
    Guards,
    Lifecycle,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    USER_AGENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    LogEntity,
    LogEvent,
    OktaDevice,
    OktaUser,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import guard_options

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
CLEAN_UP = CleanUp(timedelta(days=60), timedelta(days=14))
PHONE, VERIFY = Enrollment("phone_number", "ACTIVE"), Enrollment("okta_verify", "ACTIVE")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def user(name: str, status: str = "ACTIVE", linked: float = 300) -> DeviceUser:
    okta_user = OktaUser(f"00u-{name}", f"{name}@acme.com", status=status)
    return DeviceUser(okta_user, "NOT_MANAGED", created=ago(linked).isoformat())


def record(number: int = 1, *users: DeviceUser, **values: t.Any) -> OktaDevice:
    values = {"status": "ACTIVE", "age": 300.0, "serial_number": "C01", **values}
    created = ago(values.pop("age")).isoformat()
    return OktaDevice(
        f"guo{number}", created=created, platform="MACOS", users=users or (user("ann"),), **values
    )


def mac(days: float | None = 0.0, number: int = 1) -> KandjiDevice:
    seen = None if days is None else ago(days).isoformat()
    return KandjiDevice(f"d{number}", "c01", platform="Mac", last_check_in=seen)


def candidates(records: list[OktaDevice], *macs: KandjiDevice) -> dict[str, str]:
    found = clean_up.find_candidates(records, macs, CLEAN_UP, NOW)
    return {target.id: target.why for target in found}


@pytest.mark.parametrize(
    ("macs", "why"),
    [
        ([], "Kandji has no Mac with its serial."),
        ([mac(61)], "Its Mac checked in last at 2026-09-23T10:00:00+00:00."),
        ([mac(60)], "Its Mac checked in last at 2026-09-24T10:00:00+00:00."),
        ([mac(59.9)], None),
        ([mac(None)], None),
        ([mac(61), mac(1, 2)], None),
        ([mac(61), mac(None, 2)], None),
    ],
)
def test_a_record_is_orphaned_or_stale_by_its_mac(
    macs: list[KandjiDevice], why: str | None
) -> None:
    assert candidates([record()], *macs) == ({"guo1": why} if why else {})


def test_a_record_without_a_serial_is_no_candidate() -> None:
    assert candidates([record(serial_number="")]) == {}


ANN, BOB, EVE = user("ann"), user("bob"), user("eve", "DEPROVISIONED")


@pytest.mark.parametrize(
    ("records", "spares"),
    [
        ([record(1, age=9), record(2, age=8)], ["guo1"]),
        ([record(1, age=9), record(2, status="SUSPENDED", age=8)], ["guo2"]),
        ([record(1, status="SUSPENDED"), record(2, status="SUSPENDED")], []),
        ([record(1, ANN, age=9), record(2, BOB, age=8)], []),
        (
            [record(1, ANN, age=9), record(2, BOB, age=8), record(3, ANN, BOB, age=7)],
            ["guo1", "guo2"],
        ),
        ([record(1, ANN, age=9), record(2, ANN, BOB, age=8)], ["guo1"]),
        ([record(1, ANN, EVE, age=9), record(2, ANN, age=8)], ["guo1"]),
        ([record(1, age=9), record(2, serial_number="c01", age=8)], ["guo1"]),
        ([record(1, age=9), record(2, serial_number="C02", age=8)], []),
        ([replace(record(1, age=9), users=None), record(2, age=8)], []),
        ([record(1, age=9), replace(record(2, age=8), platform="WINDOWS")], []),
    ],
)
def test_of_the_records_of_a_mac_the_newest_of_each_user_is_kept(
    records: list[OktaDevice], spares: list[str]
) -> None:
    assert sorted(clean_up._find_spares(records, 1)) == spares


@pytest.mark.parametrize(
    ("number", "spares"), [(1, ["guo1", "guo2", "guo4"]), (2, ["guo1"]), (3, ["guo1"]), (4, [])]
)
def test_so_many_of_the_newest_of_each_user_are_kept(number: int, spares: list[str]) -> None:
    """The record of both users is no spare one until each has so many others."""
    records = [
        record(1, ANN, age=9),
        record(2, ANN, BOB, age=8),
        record(3, BOB, age=6),
        record(4, ANN, age=7),
        record(5, ANN, age=5),
    ]
    assert sorted(clean_up._find_spares(records, number)) == spares
    some = replace(CLEAN_UP, newest_per_user=number)
    found = clean_up.find_candidates(records, [mac()], some, NOW)
    assert sorted(target.id for target in found) == spares


@pytest.mark.parametrize(
    ("records", "kept"),
    [
        ([record(1, age=8), record(2, age=9)], {"guo2": ["guo1"]}),
        ([record(1, age=9), record(2, age=9)], {"guo1": ["guo2"]}),
        ([record(1, ANN, age=9), record(2, ANN, age=8), record(3, BOB, age=7)], {"guo1": ["guo2"]}),
        ([record(1, EVE, age=9), record(2, ANN, age=8), record(3, BOB, age=7)], {"guo1": ["guo3"]}),
        (
            [record(1, ANN, BOB, age=9), record(2, ANN, age=8), record(3, BOB, age=7)],
            {"guo1": ["guo3", "guo2"]},
        ),
    ],
)
def test_a_spare_record_stands_beside_those_of_its_own_users(
    records: list[OktaDevice], kept: dict[str, list[str]]
) -> None:
    spares = clean_up._find_spares(records, 1)
    assert {name: [each.id for each in others] for name, others in spares.items()} == kept


def test_each_candidate_is_named_by_its_serial() -> None:
    """Limits, reports and audits name it so."""
    records = [record(1, serial_number="C09"), record(2, age=90), record(3, age=80)]
    found = clean_up.find_candidates(records, [mac()], CLEAN_UP, NOW)
    assert [(target.name, target.id, target.kept_ids) for target in found] == [
        ("C09", "guo1", ()),
        ("C01", "guo2", ("guo3",)),
    ]


def test_a_spare_record_names_each_one_that_is_kept() -> None:
    records = [record(1, ANN, BOB, age=9), record(2, ANN, age=8), record(3, BOB, age=7)]
    assert candidates(records, mac()) == {"guo1": "Its users have guo3, guo2 of the same Mac."}


def test_of_two_records_of_the_same_second_neither_is_spare_for_sure() -> None:
    records = [record(1, age=9), record(2, age=9)]
    found = clean_up.find_candidates(records, [mac()], CLEAN_UP, NOW)
    assert [(target.id, target.unknown_reason) for target in found] == [
        (
            "guo1",
            "Its users have guo2 of the same Mac, but it was not registered before that, so it may"
            " be the one in use. Name it in device_ids to delete it.",
        )
    ]


CHANGED = "The record of its Mac that is to be kept changed during the run. Run again."


@pytest.mark.parametrize(
    ("users", "kept", "unknown_reason"),
    [
        ([ANN], [record(2, ANN)], ""),
        ([ANN, EVE], [record(2, ANN)], ""),
        ([ANN, BOB], [record(2, ANN)], CHANGED),
        ([ANN, BOB], [record(2, ANN), record(3, BOB)], ""),
        ([ANN], [record(2, ANN), None], CHANGED),
        ([ANN], [record(2, ANN), record(3, BOB, status="SUSPENDED")], CHANGED),
        ([ANN], [None], CHANGED),
        ([ANN], [], ""),
    ],
)
def test_a_spare_record_is_uncertain_unless_each_kept_one_works(
    users: list[DeviceUser], kept: list[OktaDevice | None], unknown_reason: str
) -> None:
    target = RecordTarget("C01", record(1), tuple(users))
    assert clean_up.mark_changed_keepers(target, kept).unknown_reason == unknown_reason


def test_a_spare_record_names_the_one_that_is_kept() -> None:
    found = candidates([record(1, age=90), record(2, age=80)], mac(), mac(61, 2))
    assert found == {"guo1": "Its users have guo2 of the same Mac."}


def test_a_record_is_not_spare_beside_an_older_one() -> None:
    """The older one was managed before its Mac was erased; the newer one is in use."""
    old = record(1, replace(ANN, management_status="MANAGED"), age=400)
    new = record(2, ANN, age=100)
    target = next(iter(clean_up.find_candidates([old, new], [mac()], CLEAN_UP, NOW)))
    assert (target.id, target.kept_ids) == ("guo2", ("guo1",))
    for state, one in (("suspended", new), ("absent", replace(new, status="SUSPENDED"))):
        options = guard_options(goal=GOALS[state], duplicates="each", clean_up=CLEAN_UP)
        found = replace(target, device=one, users=(ANN,))
        evidence = known(lifecycles={"guo2": by_clean_up(14)} if state == "absent" else {})
        decision = plan_records([found], Guards(NOW, NOW, options), evidence)[0]
        assert (decision.action, decision.code) == ("skip", "other_record"), decision
        clear = plan_records(
            [replace(found, unknown_reason="")], Guards(NOW, NOW, options), evidence
        )[0]
        assert clear.writes


def decision_of(state: t.Any, one: OktaDevice, evidence: Evidence, **values: t.Any) -> Decision:
    target = RecordTarget("C01", one, one.users or (), why="Because.")
    options = guard_options(goal=GOALS[state], duplicates="each", clean_up=CLEAN_UP, **values)
    return plan_records([target], Guards(NOW, NOW, options), evidence)[0]


def decide(
    state: t.Any, one: OktaDevice, evidence: Evidence, **values: t.Any
) -> tuple[str, str | None]:
    decision = decision_of(state, one, evidence, **values)
    return decision.action, decision.code


def known(**values: t.Any) -> Evidence:
    return Evidence(**{"enrollments": {"00u-ann": [PHONE]}, **values})


@pytest.mark.parametrize(
    ("one", "used", "code"),
    [
        (record(), None, None),
        (record(), 60, None),
        (record(), 59.9, "in_use"),
        (record(age=60), None, None),
        (record(age=59.9), None, "in_use"),
        (record(1, user("ann", linked=59)), None, "in_use"),
        (replace(record(), created=None), None, "registration_time_unknown"),
        (replace(record(), platform="IOS"), None, "other_platform"),
    ],
)
def test_only_an_unused_record_is_suspended(
    one: OktaDevice, used: float | None, code: str | None
) -> None:
    uses = {"guo1": ago(used)} if used else {}
    assert decide("suspended", one, known(last_uses=uses))[1] == code


def test_a_record_that_was_unsuspended_counts_as_used() -> None:
    """Its user gets the days to sign in, and the record of a lost Mac that was found stays."""
    kept = known(lifecycles={"guo1": Lifecycle(resumed=ago(59))})
    assert decide("suspended", record(), kept) == ("skip", "in_use")
    assert decision_of("suspended", record(), kept).reason == (
        "It was or may have been used, or was registered or unsuspended, at"
        " 2026-09-25T10:00:00+00:00."
    )
    again = known(lifecycles={"guo1": by_clean_up(14, resumed=ago(70))})
    assert decide("absent", SUSPENDED, again) == ("skip", "suspended_in_use")


def test_the_last_strong_authenticator_is_not_even_suspended() -> None:
    alone = known(enrollments={"00u-ann": [VERIFY]})
    assert decide("suspended", record(), alone) == ("skip", "last_authenticator")
    two = replace(alone, enrollments={"00u-ann": [VERIFY, VERIFY]})
    assert decide("suspended", record(), two) == ("skip", "last_authenticator")
    other = replace(two, active_records={"00u-ann": {"guo1", "guo2"}})
    assert decide("suspended", record(), other) == ("write", None)
    lifted = decide("suspended", record(), alone, allow=["last_authenticator"])
    assert lifted == ("write", None)


SUSPENDED = record(status="SUSPENDED")
CUT = replace(record(status="DEACTIVATED"), users=())


def by_clean_up(days: float, **values: t.Any) -> Lifecycle:
    return Lifecycle(ago(days), True, suspended_by="clean_up", **values)


@pytest.mark.parametrize(
    ("one", "used", "lifecycle", "code"),
    [
        (SUSPENDED, None, by_clean_up(14), None),
        (SUSPENDED, None, by_clean_up(13.9), "deleted_soon"),
        (SUSPENDED, None, by_clean_up(7), "deleted_soon"),
        (SUSPENDED, None, by_clean_up(6.9), "in_grace"),
        (SUSPENDED, None, Lifecycle(), "use_unknown"),
        (SUSPENDED, None, by_clean_up(30), None),
        (SUSPENDED, None, by_clean_up(30.1), "use_unknown"),
        (SUSPENDED, 74, by_clean_up(14), None),
        (SUSPENDED, 73.9, by_clean_up(14), "suspended_in_use"),
        (SUSPENDED, 1, by_clean_up(14), "suspended_in_use"),
        (record(), None, by_clean_up(14), "not_suspended"),
        (SUSPENDED, None, Lifecycle(ago(14)), "suspended_by_others"),
        (SUSPENDED, 1, Lifecycle(ago(14)), "suspended_by_others"),
        (SUSPENDED, None, Lifecycle(ago(1)), "suspended_by_others"),
        (record(status="DEACTIVATED"), None, by_clean_up(20), "use_unknown"),
        (record(status="DEACTIVATED"), None, Lifecycle(), "use_unknown"),
        (CUT, None, Lifecycle(deactivated_by="clean_up"), None),
        (replace(CUT, created=None), None, Lifecycle(deactivated_by="clean_up"), None),
        (CUT, 1, Lifecycle(deactivated_by="clean_up"), None),
        (SUSPENDED, None, Lifecycle(deactivated_by="clean_up"), "use_unknown"),
    ],
)
def test_only_what_was_suspended_unused_for_the_grace_period_is_deleted(
    one: OktaDevice, used: float | None, lifecycle: Lifecycle, code: str | None
) -> None:
    uses = {"guo1": ago(used)} if used else {}
    evidence = known(last_uses=uses, lifecycles={"guo1": lifecycle})
    assert decide("absent", one, evidence)[1] == code


@pytest.mark.parametrize(
    ("minutes", "code"), [(9, "use_unknown"), (10, None), (11, None), (None, None)]
)
def test_a_record_that_changed_right_now_waits_for_the_system_log(
    minutes: float | None, code: str | None
) -> None:
    """A lost Mac may have been suspended again, and the log not show it yet."""
    updated = None if minutes is None else ago(minutes / 1440).isoformat()
    one = replace(SUSPENDED, last_updated=updated)
    evidence = known(lifecycles={"guo1": by_clean_up(14)})
    decision = decision_of("absent", one, evidence)
    assert decision.code == code
    if code:
        assert decision.reason == (
            "It changed at 2026-11-23T09:51:00+00:00, and the System Log may not show yet by what."
            " The next run decides."
        )


def test_the_suspension_itself_is_no_later_change() -> None:
    one = replace(SUSPENDED, last_updated=ago(5 / 1440).isoformat())
    evidence = known(lifecycles={"guo1": by_clean_up(6 / 1440)})
    assert decide("absent", one, evidence) == ("skip", "in_grace")


def test_without_an_event_of_its_suspension_a_record_is_kept() -> None:
    assert decide("absent", SUSPENDED, known()) == ("skip", "use_unknown")


BY_ID = " Name it in device_ids to delete it."


@pytest.mark.parametrize(
    ("one", "lifecycle", "reason"),
    [
        (replace(SUSPENDED, created=None), Lifecycle(), "Its registration time is unknown."),
        (
            SUSPENDED,
            Lifecycle(),
            "The System Log does not show when it was suspended and that it was unused before."
            + BY_ID,
        ),
        (
            SUSPENDED,
            by_clean_up(1),
            "It was suspended at 2026-11-22T10:00:00+00:00 and is deleted after"
            " 2026-12-06T10:00:00+00:00, unless it is unsuspended.",
        ),
        (
            SUSPENDED,
            Lifecycle(ago(20)),
            "It was suspended at 2026-11-03T10:00:00+00:00, and the System Log does not show that a"
            f" clean-up did it: it may be that of a lost Mac.{BY_ID}",
        ),
        (
            SUSPENDED,
            by_clean_up(14, resumed=ago(70)),
            "It was or may have been used, or was registered or unsuspended, at"
            " 2026-09-14T10:00:00+00:00, less than 60 days"
            f" before it was suspended, as the record of a lost Mac is.{BY_ID}",
        ),
        (
            record(status="DEACTIVATED"),
            by_clean_up(20),
            f"It is deactivated and has lost its users, so who used it is not known.{BY_ID}",
        ),
        (record(), by_clean_up(14), "It is ACTIVE: only a suspended record is deleted."),
    ],
)
def test_a_record_that_is_kept_says_until_when_and_what_would_delete_it(
    one: OktaDevice, lifecycle: Lifecycle, reason: str
) -> None:
    """Nobody knows of the record but the reader of this report."""
    evidence = known(lifecycles={"guo1": lifecycle})
    assert decision_of("absent", one, evidence).reason == reason


def test_a_suspended_record_is_deleted_although_okta_lists_one_enrollment_alone() -> None:
    """It is of the record that works: nobody can sign in with the suspended one."""
    evidence = known(
        enrollments={"00u-ann": [VERIFY]},
        active_records={"00u-ann": {"guo2"}},
        lifecycles={"guo1": by_clean_up(14)},
    )
    assert decide("absent", SUSPENDED, evidence) == ("write", None)
    gone = replace(evidence, active_records={})
    assert decide("absent", SUSPENDED, gone) == ("skip", "last_authenticator")


@pytest.mark.parametrize(("days", "fits"), [((69, 14), True), ((70, 14), False)])
def test_the_system_log_has_to_remember_both_periods(days: tuple[int, int], fits: bool) -> None:
    unused, grace = (timedelta(days=number) for number in days)
    assert clean_up.is_remembered(unused, grace) is fits


# What the System Log shows


def event(name: str, days: float, device: str = "", **values: t.Any) -> LogEvent:
    actor = LogEntity(values.pop("actor", "00u-ann"), "User")
    targets = tuple(LogEntity(each, "UDDevice") for each in values.pop("targets", ()))
    return LogEvent(
        event_type=name,
        published=ago(days).isoformat(),
        actor=actor,
        targets=targets,
        device_id=device,
        **values,
    )


MFA, START = "user.authentication.auth_via_mfa", "user.session.start"


@pytest.mark.parametrize(
    ("events", "uses"),
    [
        ([event(START, 3, "guo1"), event(START, 2, "guo1")], {"guo1": 2}),
        ([event(START, 3, "guo9")], {"guo9": 3}),
        ([event(MFA, 3, factor="SIGNED_NONCE")], {"guo1": 3, "guo2": 3}),
        ([event(MFA, 3, factor="SIGNED_NONCE"), event(START, 3.001, "guo2")], {"guo2": 3.001}),
        ([event(MFA, 3, factor="SIGNED_NONCE", actor="00u-eve")], {}),
        ([event(MFA, 3, factor="OKTA_EMAIL")], {}),
        (
            [event(MFA, 3, factor="SIGNED_NONCE"), event(START, 3, "guo9", device_platform="IOS")],
            {"guo1": 3, "guo2": 3, "guo9": 3},
        ),
        (
            [event(MFA, 3, factor="SIGNED_NONCE"), event(START, 3, "guo9", device_platform="OSX")],
            {"guo9": 3},
        ),
    ],
)
def test_a_sign_in_is_a_use_of_its_record_or_of_any_of_its_user(
    events: list[LogEvent], uses: dict[str, float]
) -> None:
    targets = [RecordTarget("C01", record(number), (ANN,)) for number in (1, 2)]
    assert reader.match_uses(events, targets, {}) == {
        name: ago(days) for name, days in uses.items()
    }


SUSPEND, UNSUSPEND = "device.lifecycle.suspend", "device.lifecycle.unsuspend"
ACTIVATE, DEACTIVATE = "device.lifecycle.activate", "device.lifecycle.deactivate"
CUT_SHORT, BLOCKED = Lifecycle(deactivated_by="clean_up"), Lifecycle(deactivated_by="others")
CUT_DELETION = Lifecycle(deactivated_by="deletion")


def by(days: float, suspender: t.Any) -> Lifecycle:
    return Lifecycle(ago(days), suspended_by=suspender)


AGENT = f"{USER_AGENT} {CLEAN_UP_COMMENT}"


@pytest.mark.parametrize(
    ("events", "lifecycle"),
    [
        ([(SUSPEND, 5, AGENT), (SUSPEND, 3, AGENT)], by_clean_up(3)),
        ([(SUSPEND, 5, AGENT), (UNSUSPEND, 4, "")], Lifecycle(resumed=ago(4))),
        ([(SUSPEND, 5, AGENT), (UNSUSPEND, 5, "")], Lifecycle(resumed=ago(5))),
        ([(UNSUSPEND, 5, ""), (SUSPEND, 4, AGENT)], by_clean_up(4, resumed=ago(5))),
        (
            [(SUSPEND, 5, ""), (UNSUSPEND, 4, ""), (SUSPEND, 3, AGENT)],
            by_clean_up(3, resumed=ago(4)),
        ),
        ([(SUSPEND, 5, AGENT), (ACTIVATE, 2, "")], Lifecycle(resumed=ago(2))),
        ([(SUSPEND, 5, USER_AGENT)], by(5, "collection")),
        ([(SUSPEND, 5, None)], by(5, "unknown")),
        ([(SUSPEND, 5, "17")], by(5, "unknown")),
        ([(SUSPEND, 5, f"\x1b[2J{USER_AGENT}")], by(5, "unknown")),
        ([(SUSPEND, 5, None), (SUSPEND, 4, "Mozilla/5.0")], by(4, "others")),
        ([(SUSPEND, 5, USER_AGENT), (SUSPEND, 4, None)], by(4, "unknown")),
        ([(SUSPEND, 5, f"curl/8 {CLEAN_UP_COMMENT}")], by(5, "others")),
        ([(SUSPEND, 5, "Mozilla/5.0"), (SUSPEND, 4, USER_AGENT)], by(4, "others")),
        ([(SUSPEND, 5, USER_AGENT), (SUSPEND, 5, AGENT)], by(5, "collection")),
        ([(SUSPEND, 5, AGENT), (SUSPEND, 4, USER_AGENT)], by(4, "collection")),
        ([(DEACTIVATE, 5, AGENT)], CUT_SHORT),
        ([(SUSPEND, 9, AGENT), (DEACTIVATE, 5, AGENT)], by_clean_up(9, deactivated_by="clean_up")),
        ([(DEACTIVATE, 5, USER_AGENT)], BLOCKED),
        ([(DEACTIVATE, 5, None)], BLOCKED),
        ([(DEACTIVATE, 5, "Mozilla/5.0 (deletion)")], BLOCKED),
        ([(DEACTIVATE, 5, f"{USER_AGENT} (deletion)")], CUT_DELETION),
        ([(DEACTIVATE, 5, AGENT), (DEACTIVATE, 4, f"{USER_AGENT} (deletion)")], CUT_DELETION),
        ([(DEACTIVATE, 5, AGENT), (DEACTIVATE, 4, USER_AGENT)], BLOCKED),
        ([(DEACTIVATE, 5, AGENT), (ACTIVATE, 4, "")], Lifecycle(resumed=ago(4))),
        ([(DEACTIVATE, 5, AGENT), (ACTIVATE, 5, "")], Lifecycle(resumed=ago(5))),
        (
            [(DEACTIVATE, 5, USER_AGENT), (ACTIVATE, 4, ""), (DEACTIVATE, 3, AGENT)],
            replace(CUT_SHORT, resumed=ago(4)),
        ),
    ],
)
def test_the_log_shows_when_a_record_was_suspended_last_and_by_what(
    reset: t.Any, events: list[tuple[str, float, str | None]], lifecycle: Lifecycle
) -> None:
    """The credentials may be those of lost_mac.yml: the user agent alone tells them apart."""
    reset.okta.events = [
        event(name, days, targets=["guo1", "other"], actor="admin", user_agent=agent)
        for name, days, agent in events
    ]
    targets = [RecordTarget("C01", record())]
    assert reader.read_lifecycles(reset.okta, targets, NOW) == {"guo1": lifecycle}
    assert reader.read_lifecycles(reset.okta, [], NOW) == {}


def test_a_clean_up_reads_the_fleet_once_and_the_users_of_candidates(reset: t.Any) -> None:
    used = reset.okta.add("guo1", "C01", "ann", created=ago(300).isoformat())
    spare = reset.okta.add("guo2", "C02", "ann", created=ago(300).isoformat())
    reset.okta.enrolled["00u-ann"] = [VERIFY, VERIFY]
    reset.kandji.macs = [mac()]
    options: t.Any = {"goal": GOALS["suspended"], "duplicates": "each", "clean_up": CLEAN_UP}
    result = reset.run(**options)
    assert [each.decision.target.id for each in result.outcomes] == [spare.id]
    assert result.outcomes[0].decision.reason.startswith("Kandji has no Mac with its serial. It is")
    assert reset.okta.records[used.id].status == "ACTIVE"
    assert reset.kandji.calls == ["Mac", ("Mac", "C02")]
    assert reset.okta.writes == [("suspend", "guo2")]
    assert reset.okta.comments == [CLEAN_UP_COMMENT]
    assert [call for call in reset.okta.calls if call[0] == "users"] == [("users", "guo2")] * 2
    again = reset.run(**options)
    assert not again.outcomes and reset.okta.writes == [("suspend", "guo2")]


def test_without_macs_in_kandji_a_clean_up_is_refused(reset: t.Any) -> None:
    options: t.Any = {"goal": GOALS["suspended"], "duplicates": "each", "clean_up": CLEAN_UP}
    assert reset.run(**options).outcomes == ()
    reset.okta.add("guo1", "C01", "ann", created=ago(300).isoformat())
    with pytest.raises(Refused) as refused:
        reset.run(**options)
    assert refused.value.message == (
        "unused_days: Kandji lists no Mac, so each record would count as orphaned. Nothing was"
        " written. Check kandji_api_url and what the API token may read."
    )
    assert refused.value.details["count"] == 1
    assert not reset.okta.writes


@pytest.mark.parametrize("status", ["ACTIVE", "SUSPENDED"])
@pytest.mark.parametrize("goal", ["suspended", "absent"])
def test_a_clean_up_with_the_macs_of_another_company_is_refused(
    reset: t.Any, goal: str, status: str
) -> None:
    options: t.Any = {"goal": GOALS[goal], "duplicates": "each", "clean_up": CLEAN_UP}
    for number in range(11):
        row = reset.okta.add(f"guo{number}", f"C{number}", "ann", created=ago(300).isoformat())
        reset.okta.records[row.id] = replace(row, status=status)
    reset.kandji.macs = [replace(mac(), serial="OTHER")]
    with pytest.raises(Refused, match="may not belong together. Of 11 Macs .* none is among the 1"):
        reset.run(**options)
    assert not reset.okta.writes


@pytest.mark.parametrize(
    ("days", "code"), [((5,), None), ((20, 5), "suspended_in_use"), ((80, 5), None)]
)
def test_a_sign_in_on_a_phone_keeps_no_record_that_was_suspended_before(
    reset: t.Any, days: tuple[float, ...], code: str | None
) -> None:
    """As recorded: the event with the method names no device, that with the phone no method."""
    row = reset.okta.add("guo1", "C01", "ann", created=ago(300).isoformat(), status="SUSPENDED")
    reset.okta.records["guo1"] = replace(row, last_updated=ago(14).isoformat())
    reset.okta.users_of["guo1"] = [user("ann")]
    reset.kandji.macs = [replace(mac(), serial="C09")]
    reset.okta.add("guo9", "C09", "bob")
    phone = replace(event(START, 0, "guo-phone"), device_platform="IOS")
    reset.okta.events = [event(SUSPEND, 14, user_agent=AGENT, targets=["guo1"])]
    for used in days:
        at = ago(used).isoformat()
        fastpass = replace(event(MFA, used), factor="SIGNED_NONCE", published=at)
        reset.okta.events += [fastpass, replace(phone, published=at)]
    options: t.Any = {"goal": GOALS["absent"], "duplicates": "each", "clean_up": CLEAN_UP}
    (outcome,) = reset.run(check_mode=True, **options).outcomes
    assert outcome.decision.code == code, outcome.decision.reason


IN_LOG = ("unsuspended", "used")


@pytest.mark.parametrize("change", ["gone", "suspended", "users", *IN_LOG])
def test_what_changes_while_the_clean_up_runs_keeps_the_record(reset: t.Any, change: str) -> None:
    old = ago(300).isoformat()
    reset.okta.add("guo1", "C01", "ann", created=old)
    reset.okta.add("guo2", "C01", "ann", created=ago(200).isoformat())
    reset.okta.users_of["guo1"] = reset.okta.users_of["guo2"] = [user("ann")]
    reset.kandji.macs = [mac()]

    def alter(call: tuple[str, ...]) -> None:
        if call != (("enrollments", "00u-ann") if change in IN_LOG else ("device", "guo1")):
            return
        if change == "gone":
            reset.okta.records.pop("guo2", None)
        elif change == "suspended":
            reset.okta.records["guo2"] = replace(reset.okta.records["guo2"], status="SUSPENDED")
        elif change == "users":
            reset.okta.users_of["guo2"] = [user("bob")]
        elif change == "unsuspended":
            reset.okta.events = [event(UNSUSPEND, 0, targets=["guo1"])]
        else:
            reset.okta.events = [event(START, 0, "guo1")]

    reset.okta.before = alter
    options: t.Any = {"goal": GOALS["suspended"], "duplicates": "each", "clean_up": CLEAN_UP}
    outcome = reset.run(**options).outcomes[0]
    code = "in_use" if change in ("unsuspended", "used") else "other_record"
    assert (outcome.state, outcome.decision.code) == ("skipped", code)
    assert not reset.okta.writes


def test_a_spare_record_goes_if_the_one_that_is_kept_is_as_before(reset: t.Any) -> None:
    """The one that is kept is read again with its users, too."""
    for number, days in ((1, 300), (2, 200)):
        reset.okta.add(f"guo{number}", "C01", "ann", created=ago(days).isoformat())
        reset.okta.users_of[f"guo{number}"] = [user("ann")]
    reset.kandji.macs = [mac()]
    options: t.Any = {"goal": GOALS["suspended"], "duplicates": "each", "clean_up": CLEAN_UP}
    assert [outcome.state for outcome in reset.run(**options).outcomes] == ["changed"]
    assert reset.okta.writes == [("suspend", "guo1")]
    assert reset.kandji.calls == ["Mac"], "it does not depend on its Mac, which is not read again"
    reads = [call for call in reset.okta.calls if call[0] in ("device", "users")]
    assert reads[-4:] == [
        (call, device_id) for device_id in ("guo1", "guo2") for call in ("device", "users")
    ]


def test_a_user_who_comes_back_while_the_clean_up_runs_keeps_the_record(reset: t.Any) -> None:
    reset.kandji.macs = [replace(mac(), serial="C09")]
    reset.okta.add("guo1", "C01", "ann", created=ago(300).isoformat())
    reset.okta.add("guo2", "C09", "bob", created=ago(300).isoformat())

    def link(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            reset.okta.users_of["guo1"] = [user("ann", linked=0)]

    reset.okta.before = link
    options: t.Any = {"goal": GOALS["suspended"], "duplicates": "each", "clean_up": CLEAN_UP}
    outcome = reset.run(**options).outcomes[0]
    assert (outcome.state, outcome.decision.code) == ("skipped", "in_use")


def test_a_record_is_read_last_right_before_its_first_step(reset: t.Any) -> None:
    """Somebody unsuspends it while the System Log is read."""
    returned(reset, "SUSPENDED", [SUSPEND], AGENT)
    reset.okta.users_of["guo1"] = [user("ann")]
    reset.kandji.macs = [replace(mac(), serial="C09")]

    def unsuspend(call: tuple[str, ...]) -> None:
        if call[0] == "log":
            reads.append(call)
        if len(reads) == 4:
            reset.okta.records["guo1"] = replace(reset.okta.records["guo1"], status="ACTIVE")

    reads: list[tuple[str, ...]] = []
    reset.okta.before = unsuspend
    (outcome,) = reset.run(goal=GOALS["absent"], **OPTIONS).outcomes
    assert (outcome.state, outcome.decision.code) == ("skipped", "not_suspended"), reads
    assert not reset.okta.writes


OPTIONS: dict[str, t.Any] = {"duplicates": "each", "clean_up": CLEAN_UP}


@pytest.mark.parametrize("days", [0.0, None])
def test_a_mac_that_comes_back_while_the_clean_up_runs_keeps_its_record(
    reset: t.Any, days: float | None
) -> None:
    """It checks in, or is enrolled, between the list of the Macs and the first step."""
    reset.okta.add("guo1", "C02", "ann", created=ago(300).isoformat())
    reset.okta.users_of["guo1"] = [user("ann")]
    reset.okta.enrolled["00u-ann"] = [PHONE]
    reset.kandji.macs = [mac()]
    back = replace(mac(days, 2), serial="C02")
    reset.kandji.before_search = lambda: reset.kandji.macs.append(back)
    outcome = reset.run(goal=GOALS["suspended"], **OPTIONS).outcomes[0]
    assert (outcome.state, outcome.decision.code) == ("skipped", "other_record")
    seen = "Kandji has its Mac, and does not show" if days is None else "Its Mac checked in last at"
    assert outcome.decision.reason.startswith(f"It changed in Kandji during the run. {seen}")
    assert not reset.okta.writes


def test_a_spare_record_does_not_depend_on_its_mac() -> None:
    spare = RecordTarget("C01", record(), kept_ids=("guo2",))
    assert clean_up.mark_changed_mac(spare, [mac()], CLEAN_UP, NOW) is spare
    stale = RecordTarget("C01", record())
    assert clean_up.mark_changed_mac(stale, [mac(61)], CLEAN_UP, NOW) is stale


def blocked(status: str = "SUSPENDED", number: int = 1, **values: t.Any) -> OktaDevice:
    return record(number, status=status, **values)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ((1.0,), "Its Mac checked in last at 2026-11-22T10:00:00+00:00."),
        ((70.0, 2.0), "Its Mac checked in last at 2026-11-21T10:00:00+00:00."),
        ((1.0, None), "Kandji has its Mac, and does not show when it checked in last."),
    ],
)
def test_a_blocked_record_that_is_no_candidate_may_be_needed(
    days: tuple[float | None, ...], sentence: str
) -> None:
    records = [
        blocked(),
        blocked("DEACTIVATED", 2),
        blocked("CREATED", 3),
        record(4),
        blocked(number=5, serial_number="C05"),
        blocked(number=6, serial_number=""),
    ]
    macs = [mac(each, number) for number, each in enumerate(days)]
    found = clean_up.find_returned([*records, records[0]], macs, ())
    assert [(each.id, each.needed) for each in found] == [("guo1", sentence), ("guo2", sentence)]
    taken = [RecordTarget("C01", records[0])]
    assert [each.id for each in clean_up.find_returned(records, macs, taken)] == ["guo2"]


@pytest.mark.parametrize(
    ("status", "lifecycle", "selected"),
    [
        ("SUSPENDED", Lifecycle(ago(20), True), True),
        ("SUSPENDED", Lifecycle(ago(20), False), False),
        ("SUSPENDED", Lifecycle(None, True), False),
        ("SUSPENDED", None, False),
        ("DEACTIVATED", Lifecycle(ago(20), True, deactivated_by="clean_up"), True),
        ("DEACTIVATED", Lifecycle(ago(20), True), False),
        ("DEACTIVATED", Lifecycle(ago(20), True, deactivated_by="deletion"), False),
    ],
)
def test_what_others_blocked_is_not_returned(
    status: str, lifecycle: Lifecycle | None, selected: bool
) -> None:
    """As a lost Mac, which may check in."""
    target = RecordTarget("C01", blocked(status), needed="It is needed.")
    lifecycles = {"guo1": lifecycle} if lifecycle else {}
    found = clean_up.select_returned([target], lifecycles)
    assert [each.id for each in found] == (["guo1"] if selected else [])
    if status == "DEACTIVATED" and selected:
        assert (found[0].needed, found[0].why) == (
            "",
            "An interrupted clean-up deactivated it, so its Mac cannot register.",
        )


def returned(reset: t.Any, status: str, steps: list[str], agent: str) -> None:
    """Add a record of a Mac that checked in today, blocked by these steps some weeks ago."""
    reset.okta.add("guo1", "C01", "ann", created=ago(300).isoformat())
    reset.okta.records["guo1"] = replace(reset.okta.records["guo1"], status=status)
    reset.okta.enrolled["00u-ann"] = [PHONE]
    reset.okta.events = [
        event(step, 20 - number, targets=["guo1"], user_agent=agent)
        for number, step in enumerate(steps)
    ]
    reset.kandji.macs = [mac()]


def test_a_mac_that_comes_back_during_the_grace_has_a_row_with_the_remedy(reset: t.Any) -> None:
    returned(reset, "SUSPENDED", [SUSPEND], AGENT)
    (outcome,) = reset.run(goal=GOALS["absent"], **OPTIONS).outcomes
    assert (outcome.state, outcome.decision.code) == ("skipped", "needed_again")
    assert outcome.decision.reason == (
        "A clean-up suspended it at 2026-11-03T10:00:00+00:00. Its Mac checked in last at"
        " 2026-11-23T10:00:00+00:00. So it is not deleted, and nobody signs in with it. Unsuspend"
        " it (state=active). If its Mac is lost, suspend it without unused_days."
    )
    assert not reset.okta.writes
    assert not reset.run(goal=GOALS["suspended"], **OPTIONS).outcomes


def test_a_mac_that_somebody_else_blocked_and_that_checks_in_has_no_row(reset: t.Any) -> None:
    returned(reset, "SUSPENDED", [SUSPEND], USER_AGENT)
    assert not reset.run(goal=GOALS["absent"], **OPTIONS).outcomes


def test_what_an_interrupted_clean_up_deactivated_goes_also_if_its_mac_is_back(
    reset: t.Any,
) -> None:
    returned(reset, "DEACTIVATED", [SUSPEND, DEACTIVATE], AGENT)
    (outcome,) = reset.run(goal=GOALS["absent"], **OPTIONS).outcomes
    assert outcome.decision.reason == (
        "An interrupted clean-up deactivated it, so its Mac cannot register. It is deleted, which"
        " cannot be undone."
    )
    assert reset.okta.writes == [("delete", "guo1")]


# Options

PERIOD_OPTIONS = {
    "unused_days": 60,
    "grace_days": 14,
    "newest_per_user": 2,
    "platforms": ["MACOS"],
    "serials": None,
    "device_ids": None,
    "users": None,
    "revoke_sessions": False,
}


@pytest.mark.parametrize("state", ["suspended", "absent"])
def test_a_clean_up_has_its_periods(state: t.Any) -> None:
    assert clean_up.read_clean_up(PERIOD_OPTIONS, GOALS[state]) == CleanUp(
        timedelta(days=60), timedelta(days=14), 2
    )
    assert clean_up.read_clean_up({**PERIOD_OPTIONS, "unused_days": None}, GOALS[state]) is None


@pytest.mark.parametrize(
    ("state", "values", "message"),
    [
        ("absent", {"serials": ["C01"]}, "serials: it is not for unused_days. Leave one of them"),
        ("absent", {"users": ["ann"], "device_ids": ["guo1"]}, "device_ids: it is not for"),
        ("absent", {"revoke_sessions": True}, "revoke_sessions: it is not for unused_days, whose"),
        ("active", {}, "unused_days: it is for state=suspended and state=absent. Leave it out, or"),
        ("deactivated", {}, "unused_days: it is for state=suspended and state=absent."),
        ("absent", {"platforms": ["MACOS", "IOS"]}, "platforms: Kandji's Macs decide for unused_"),
        ("absent", {"grace_days": 24}, "unused_days: with grace_days, it is 84, and Okta's System"),
    ],
)
def test_options_that_a_clean_up_does_not_take_are_refused(
    state: t.Any, values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadOption, match=message):
        clean_up.read_clean_up({**PERIOD_OPTIONS, **values}, GOALS[state])


@pytest.mark.parametrize(
    ("changed", "lifecycle", "suspender"),
    [
        (ago(5), by(5, "others"), "others"),
        (None, by(5, "collection"), "collection"),
        (ago(0), by(0, "collection"), "collection"),
        (ago(0), by(5, "others"), "unknown"),  # suspended again since, maybe by another
        (ago(0), Lifecycle(), "unknown"),
        (ago(80), Lifecycle(), "unknown"),
    ],
)
def test_who_suspended_a_record_is_unknown_while_the_log_may_be_late(
    changed: datetime | None, lifecycle: Lifecycle, suspender: str
) -> None:
    device = replace(SUSPENDED, last_updated=changed and changed.isoformat())
    target = RecordTarget("C01", device)
    assert clean_up.find_suspender(target, lifecycle, NOW) == suspender
    working = replace(target, device=record())
    assert clean_up.find_suspender(working, lifecycle, NOW) is None
