# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset without HTTP: what it writes, in which order, and what stops it."""

from __future__ import annotations

import errno
import json
import os
import typing as t
from dataclasses import replace
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    NotAsWritten,
    Refused,
    RunEnded,
    Uncertain,
    Unreachable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import apply
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.messages import (
    count_states,
    describe_outcome,
    describe_person,
    list_changes,
    list_losses,
    write_messages,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    CLEAN_UP_COMMENT,
    DELETION_COMMENT,
    GOALS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.reader import (
    Selection,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    AgeLimits,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.reader import (
    Fleet,
    FleetQuery,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    USER_AGENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    ItemStatus,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
    LogEntity,
    LogEvent,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import (
    audit_of,
    refuse_the_log,
    states,
    to_state,
)


def writes_of(*ids: str) -> list[tuple[str, str]]:
    return [(step, one) for one in ids for step in ("deactivate", "delete")]


def test_each_record_is_deactivated_then_deleted(reset: t.Any) -> None:
    reset.stuck(1)
    reset.stuck(2)
    result = reset.run("C01", "C02", "C09")
    assert states(result) == ["reset", "reset", "absent"]
    assert reset.okta.writes == writes_of("guo1", "guo2")
    assert reset.progress == [
        "1 of 3 records read",
        "2 of 3 records read",
        "3 of 3 records read",
        "0 of 2 records reset",
        "1 of 2: C01 (guo1) reset",
        "2 of 2: C02 (guo2) reset",
    ]
    assert result.confirm == "" and result.reissue_after is None and result.audit_file == ""


def test_check_mode_predicts_and_writes_nothing(reset: t.Any, tmp_path: t.Any) -> None:
    reset.stuck(1)
    result = reset.run("C01", check_mode=True, state_dir=str(tmp_path / "state"), confirm_above=0)
    assert states(result) == ["would_reset"] and reset.okta.writes == []
    assert result.confirm == "RESET 1 DEVICES acme.okta.com"
    assert reset.progress[-1] == "1 of 1: C01 (guo1) would reset"
    assert not (tmp_path / "state").exists() and reset.warnings == []


def test_a_deactivated_record_is_only_deleted(reset: t.Any) -> None:
    reset.stuck(1, status="DEACTIVATED")
    assert states(reset.run("C01")) == ["reset"]
    assert reset.okta.writes == [("delete", "guo1")]


def test_nothing_selected_is_nothing_to_do(reset: t.Any) -> None:
    result = reset.run()
    assert result.outcomes == () and len(result.plan_digest) == 64 and reset.kandji.calls == []
    with pytest.raises(Refused, match="not the one that was approved"):
        reset.run(approved_digest="0" * 64)


# What stops a run before its first write


@pytest.mark.parametrize(
    "options, problem",
    [
        ({"max_devices": 1}, "max_devices: 2 device records"),
        (
            {"max_percent": 0},
            r"max_percent: 2 device records \(C01, C02\) would be deleted, and 0 % of 2 Macs",
        ),
        ({"confirm_above": 1}, "set confirm: RESET 2 DEVICES acme.okta.com"),
        ({"approved_digest": "0" * 64}, "not the one that was approved"),
    ],
)
def test_a_plan_beyond_its_limits_writes_nothing(
    reset: t.Any, options: dict[str, t.Any], problem: str
) -> None:
    reset.stuck(1)
    reset.stuck(2)
    with pytest.raises(Refused, match=problem):
        reset.run("C01", "C02", **options)
    assert reset.okta.writes == []


def test_a_plan_as_large_as_confirm_above_needs_no_phrase(reset: t.Any) -> None:
    reset.stuck(1)
    done = reset.run("C01", confirm_above=1)
    assert states(done) == ["reset"] and done.confirm == ""


@pytest.mark.parametrize("pasted", [str.upper, " {} ".format, "{}\n".format])
def test_a_digest_and_a_phrase_count_as_they_were_pasted(reset: t.Any, pasted: t.Any) -> None:
    for number in (1, 2):
        reset.stuck(number)
    digest = reset.run("C01", check_mode=True).plan_digest
    assert states(reset.run("C01", approved_digest=pasted(digest))) == ["reset"]
    confirm = " RESET 1 DEVICES acme.okta.com\n"
    assert states(reset.run("C02", confirm_above=0, confirm=confirm)) == ["reset"]


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("change", ["managed", "users", "status"])
def test_a_record_that_changes_after_its_approval_is_kept(
    reset: t.Any, approved: bool, change: str
) -> None:
    record = reset.stuck(1, "ann", "bob")
    allow = ["managed", "shared", "suspended"]
    digest = reset.run("C01", check_mode=True, allow=allow).plan_digest

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == ("device", "guo1"):
            users = reset.okta.users_of["guo1"]
            changed = {"managed": managed(users), "users": users[:1]}
            reset.okta.users_of["guo1"] = changed.get(change, users)
            if change == "status":
                reset.okta.records["guo1"] = replace(record, status="SUSPENDED")

    reset.okta.before = meanwhile
    result = reset.run("C01", allow=allow, approved_digest=digest if approved else "")
    assert states(result) == (["skipped"] if approved else ["reset"])
    if approved:
        assert result.outcomes[0].decision.code == "changed_since_approval"
        assert reset.okta.writes == []


def test_a_plan_is_approved_for_one_org(reset: t.Any) -> None:
    reset.stuck(1)
    digest = reset.run("C01", check_mode=True).plan_digest
    reset.okta.org_url = "https://other.okta.com"
    with pytest.raises(Refused, match="not the one that was approved"):
        reset.run("C01", approved_digest=digest)


def test_a_user_whom_okta_does_not_know_is_a_warning(reset: t.Any) -> None:
    reset.stuck(1, "ann")
    selection = Selection(users=["ann@acme.com", "bob@acme.com"])
    assert states(reset.run(selection=selection, check_mode=True)) == ["would_reset", "absent"]
    assert reset.warnings[0] == (
        "users: Okta has no user with the id or login 'bob@acme.com'. Write the whole login, and"
        " check its upper and lower case."
    )


@pytest.mark.parametrize(
    ("serial", "ring", "serials"),
    [("C01", "canary", ["C07", "C01"]), ("C01", None, ["C07"]), ("", "canary", ["C07"])],
)
def test_stages_select_the_macs_of_rings_that_are_at_them(
    monkeypatch: t.Any, serial: str, ring: str | None, serials: list[str]
) -> None:
    without_profile = MacFacts(serial, ring=ring)
    other = MacFacts("C02", ring="canary", profile_state="installed", certificates=["2026"])
    reads: list[t.Any] = []

    def read_fleet(*arguments: t.Any) -> Fleet:
        reads.append(arguments)
        return Fleet([without_profile, other], AgeLimits())

    monkeypatch.setattr(apply, "read_fleet", read_fleet)
    rings, stages = [Ring("canary", set())], ["PROFILE_PENDING", "NOT_IN_SCOPE"]
    selection = Selection(["C07"], stages=stages, rings=rings, okta_verify_item_ids=["item"])
    okta, kandji = t.cast(t.Any, "okta"), t.cast(t.Any, "kandji")
    selected = apply.select_stages(okta, kandji, selection)
    assert selected == replace(selection, serials=serials)
    assert reads == [("okta", "kandji", FleetQuery(rings, ["item"]))]


def test_a_reset_reads_stages_of_the_time_of_the_run(reset: t.Any, monkeypatch: t.Any) -> None:
    reset.stuck(1)
    facts: dict[str, t.Any] = {"profile_state": "installed", "certificates": ["2025-11-01"]}
    mac = MacFacts("C01", ring="canary", **facts)
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)

    def read_fleet(okta: t.Any, kandji: t.Any, _query: t.Any) -> Fleet:
        assert (okta, kandji) == (reset.okta, reset.kandji)
        return Fleet([mac], AgeLimits(now))

    monkeypatch.setattr(apply, "read_fleet", read_fleet)
    selection = Selection(stages=["CERTIFICATE_EXPIRED"])
    assert states(reset.run(selection=selection, check_mode=True)) == ["would_reset"]


def test_stages_need_the_macs_of_kandji() -> None:
    okta = t.cast(t.Any, None)
    with pytest.raises(BadOption) as refused:
        apply.select_stages(okta, None, Selection(stages=["NOT_REGISTERED"]))
    assert refused.value.message == "stages: no Kandji tenant is set. Set kandji_api_url."


def test_without_stages_no_fleet_is_read() -> None:
    nothing = t.cast(t.Any, None)
    assert apply.select_stages(nothing, nothing, Selection(["C01"])) == Selection(["C01"])


def test_an_approved_plan_needs_no_phrase(reset: t.Any) -> None:
    reset.stuck(1)
    digest = reset.run("C01", check_mode=True, confirm_above=0).plan_digest
    assert states(reset.run("C01", confirm_above=0, approved_digest=digest)) == ["reset"]


def test_the_phrase_confirms_a_plan(reset: t.Any) -> None:
    reset.stuck(1)
    done = reset.run("C01", confirm_above=0, confirm="RESET 1 DEVICES acme.okta.com")
    assert states(done) == ["reset"]


def test_created_before_is_the_start_of_the_run_or_the_option(reset: t.Any) -> None:
    reset.stuck(1, created="2026-11-23T10:00:00Z")
    allow = ("registered_after_certificate", "registered_again")
    assert states(reset.run("C01", allow=allow)) == ["skipped"]
    later = datetime(2026, 11, 24, tzinfo=timezone.utc)
    assert states(reset.run("C01", allow=allow, created_before=later)) == ["reset"]


def test_the_options_reach_the_guards(reset: t.Any) -> None:
    reset.stuck(1, "ann")
    reset.stuck(5)  # one record of two Macs may be deleted, and two records, too
    reset.okta.add("guo2", "C01", "ann", created="2026-10-01T10:00:00Z")
    assert states(reset.run("C01", check_mode=True)) == ["skipped", "skipped"]
    cleaned = reset.run("C01", duplicates="clean_up", check_mode=True)
    assert states(cleaned) == ["skipped", "would_reset"]
    weak = reset.run("C01", duplicates="each", weak_authenticators=["phone_number"])
    assert {one.decision.code for one in weak.outcomes} == {"last_authenticator"}
    phones = reset.run("C01", duplicates="each", platforms=["IOS"])
    assert {one.decision.code for one in phones.outcomes} == {"other_platform"}
    reset.kandji.certificates[0] = replace(
        reset.kandji.certificates[0], created_at="2026-11-23T09:00:00Z"
    )
    waiting = reset.run("C01", duplicates="each", check_mode=True)
    assert {one.decision.code for one in waiting.outcomes} == {"sign_in_pending"}
    graceless = reset.run("C01", duplicates="each", sign_in_grace=0.5, check_mode=True)
    assert states(graceless) == ["would_reset", "would_reset"]


# What is checked again right before a write


def managed(users: list[t.Any]) -> list[t.Any]:
    return [replace(user, management_status="MANAGED") for user in users]


def test_the_users_of_a_record_are_read_again_although_it_looks_unchanged(reset: t.Any) -> None:
    """Okta does not document whether a sign-in changes the record."""
    reset.stuck(1)
    reset.stuck(2)

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == ("delete", "guo1"):
            reset.okta.users_of["guo2"] = managed(reset.okta.users_of["guo2"])

    reset.okta.before = meanwhile
    result = reset.run("C01", "C02")
    assert states(result) == ["reset", "skipped"]
    assert result.outcomes[1].decision.code == "managed"
    assert result.outcomes[1].as_result()["users"][0]["management_status"] == "MANAGED"
    assert reset.okta.writes == writes_of("guo1")


def test_users_are_read_right_before_the_first_write_to_their_record(reset: t.Any) -> None:
    reset.stuck(1)
    reset.run("C01")
    first = reset.okta.calls.index(("deactivate", "guo1"))
    assert reset.okta.calls[first - 2 : first] == [("device", "guo1"), ("users", "guo1")]


@pytest.mark.parametrize(
    "keeper, state",
    [
        (None, "skipped"),
        ({"status": "SUSPENDED"}, "skipped"),
        ({"status": "DEACTIVATED"}, "skipped"),
        ({"status": "QUARANTINED"}, "skipped"),
        ({"status": None}, "skipped"),
        ({"status": "UNSUSPENDED"}, "reset"),
        ({}, "reset"),
    ],
)
def test_a_spare_record_is_deleted_only_next_to_the_one_that_is_kept(
    reset: t.Any, keeper: dict[str, str] | None, state: str
) -> None:
    kept = reset.stuck(1, "ann")
    reset.okta.add("guo2", "C01", "ann", created="2026-10-01T10:00:00Z")

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == ("device", "guo2"):
            reset.okta.records.pop("guo1", None)
            if keeper is not None:
                reset.okta.records["guo1"] = replace(kept, **keeper)

    reset.okta.before = meanwhile
    result = reset.run("C01", duplicates="clean_up")
    assert states(result) == ["skipped", state]
    assert result.outcomes[1].decision.code == ("kept_record_gone" if state == "skipped" else None)
    assert reset.okta.writes == (writes_of("guo2") if state == "reset" else [])


def test_a_record_that_is_gone_meanwhile_is_absent(reset: t.Any) -> None:
    reset.stuck(1)
    reset.okta.before = lambda call: (
        reset.okta.records.clear() if call == ("device", "guo1") else None
    )
    result = reset.run("C01")
    assert states(result) == ["absent"] and reset.okta.writes == []
    assert result.outcomes[0].decision.code == "no_record"


def test_a_changed_record_is_judged_next_to_the_other_ones_of_the_plan(reset: t.Any) -> None:
    """Ann has two records; when the first is decided again, her phone is gone."""
    record = reset.stuck(1, "ann")
    reset.stuck(2, "ann")

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == ("device", "guo1"):
            reset.okta.records["guo1"] = replace(record, last_updated="2")
            reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])

    reset.okta.before = meanwhile
    result = reset.run("C01", "C02")
    assert states(result) == ["skipped", "reset"]


def test_a_user_who_appears_on_a_changed_record_keeps_an_authenticator(reset: t.Any) -> None:
    record = reset.stuck(1)
    other = reset.okta.add("guo9", "C09", "eve")
    reset.okta.enrolled["00u-eve"] = []

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == ("device", "guo1"):
            reset.okta.records["guo1"] = replace(record, last_updated="2")
            reset.okta.users_of["guo1"] = reset.okta.users_of[other.id]

    reset.okta.before = meanwhile
    result = reset.run("C01")
    assert result.outcomes[0].decision.code == "last_authenticator"
    assert ("enrollments", "00u-eve") in reset.okta.calls


def test_the_same_command_again_keeps_the_new_registration(reset: t.Any) -> None:
    """Whatever is allowed: the System Log has the deletion, the record is younger."""
    reset.stuck(1, created="2026-11-22T10:00:00Z")
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    deleted = LogEntity("guo0", texts=("C01",))
    reset.okta.events = [
        LogEvent(
            event_type="device.lifecycle.delete",
            published="2026-11-22T09:00:00Z",
            targets=(deleted,),
        )
    ]
    allow = ["managed", "registered_after_certificate"]
    result = reset.run("C01", allow=allow)
    assert states(result) == ["skipped"] and reset.okta.writes == []
    assert result.outcomes[0].decision.code == "registered_again"
    assert states(reset.run("C01", allow=[*allow, "registered_again"])) == ["reset"]


# Records that device_ids names, next to others of their Macs


def event_of(device_id: str, kind: str, serial: str = "") -> LogEvent:
    texts = (device_id, serial) if serial else (device_id,)
    return LogEvent(
        event_type=kind,
        published="2026-11-22T10:00:00Z",
        targets=(LogEntity(device_id, type="Device", serial_number=serial, texts=texts),),
    )


DELETION, REGISTRATION = "device.lifecycle.delete", "device.enrollment.create"


def test_who_has_an_account_on_another_record_of_the_mac_is_not_asked_to_register(
    reset: t.Any,
) -> None:
    """Steps that remove the account in Okta Verify would end what works."""
    reset.stuck(1, "ann", "bob")
    reset.okta.add("guo9", "C01", "ann")
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    named = Selection(device_ids=["guo9"])
    result = reset.run(selection=named)
    assert states(result) == ["reset"] and write_messages(result.outcomes, "acme.okta.com") == []
    assert result.outcomes[0].decision.reason.endswith(
        "; its users keep their account on guo1, of the same serial."
    )


@pytest.mark.parametrize(
    "options",
    [
        {"selection": Selection(device_ids=["guo9"])},
        {"selection": Selection(serials=["C01"]), "duplicates": "clean_up"},
        {"selection": Selection(serials=["C01"]), "duplicates": "each"},
    ],
)
@pytest.mark.parametrize("bound", [True, False])
def test_a_mac_keeps_the_certificate_of_the_managed_record_that_is_kept(
    reset: t.Any, options: dict[str, t.Any], bound: bool
) -> None:
    """However old it is, and whatever was bound to the duplicate before."""
    reset.okta.add("guo1", "C01", "ann")
    reset.kandji.add("C01", seen="2026-05-01T10:00:00Z")
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    reset.okta.add("guo9", "C01", "ann", created="2026-04-01T10:00:00.000Z")
    reset.okta.events = [event_of("guo9", "pki.cert.bind")] if bound else []
    result = reset.run(report_bound_certificates=True, **options)
    (deleted,) = [outcome for outcome in result.outcomes if outcome.state == "reset"]
    assert deleted.decision.target.id == "guo9" and deleted.certificate_bound is False
    assert result.reissue_after is None


@pytest.mark.parametrize(
    "other",
    [{"status": "SUSPENDED"}, {"platform": "WINDOWS"}, {"serial_number": "C02"}],
)
def test_an_account_on_a_record_that_does_not_work_on_the_mac_is_none(
    reset: t.Any, other: dict[str, str]
) -> None:
    reset.stuck(1, "ann")
    record = reset.okta.add("guo9", "C01", "ann")
    reset.okta.records["guo9"] = replace(record, **other)
    result = reset.run(selection=Selection(device_ids=["guo1"]))
    assert states(result) == ["reset"]
    assert len(write_messages(result.outcomes, "acme.okta.com")) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"selection": Selection(device_ids=["guo1", "guo9"])},
        {"selection": Selection(serials=["C01"]), "duplicates": "each"},
    ],
)
def test_a_record_that_is_deleted_too_keeps_no_account(
    reset: t.Any, options: dict[str, t.Any]
) -> None:
    reset.stuck(1, "ann")
    reset.stuck(2)
    reset.okta.add("guo9", "C01", "ann")
    result = reset.run(**options)
    assert states(result) == ["reset", "reset"]
    assert len(write_messages(result.outcomes, "acme.okta.com")) == 2


def test_a_record_that_is_kept_where_each_is_decided_by_itself_keeps_the_account(
    reset: t.Any,
) -> None:
    reset.stuck(1, "ann")
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    reset.okta.add("guo9", "C01", "ann")
    result = reset.run("C01", duplicates="each")
    assert states(result) == ["skipped", "reset"]
    assert write_messages(result.outcomes, "acme.okta.com") == []


@pytest.mark.parametrize(
    "events",
    [
        [event_of("guo9", DELETION, "C01")],
        [event_of("guo9", DELETION), event_of("guo9", REGISTRATION, "C01")],
        [
            event_of("guo9", DELETION)
        ],  # registered before the log begins, and the serial is not named
    ],
)
def test_the_same_command_again_keeps_the_record_that_its_first_run_kept(
    reset: t.Any, events: list[LogEvent]
) -> None:
    reset.stuck(1, "ann")
    reset.okta.add("guo9", "C01", "ann")
    both = Selection(serials=["C01"], device_ids=["guo9"])
    assert states(reset.run(selection=both)) == ["skipped", "reset"]
    reset.okta.events, reset.okta.calls = events, []
    again = reset.run(selection=both)
    assert states(again) == ["skipped", "absent"] and reset.okta.writes == []
    assert again.outcomes[0].decision.code == "kept_record"
    assert "Name guo9 no longer" in again.outcomes[0].decision.reason


@pytest.mark.parametrize(
    "events",
    [
        [],
        [event_of("guo8", DELETION, "C01")],
        [event_of("guo9", DELETION, "C02")],
        [event_of("guo9", DELETION), event_of("guo9", REGISTRATION, "C02")],
    ],
)
def test_an_id_that_was_never_of_the_mac_protects_nothing(
    reset: t.Any, events: list[LogEvent]
) -> None:
    reset.stuck(1, "ann")
    reset.okta.events = events
    done = reset.run(selection=Selection(serials=["C01"], device_ids=["guo9"]))
    assert states(done) == ["reset", "absent"]


# Audit and errors


def test_check_mode_finds_an_audit_that_is_not_writable(reset: t.Any, tmp_path: t.Any) -> None:
    (tmp_path / "file").write_text("")
    reset.stuck(1)
    with pytest.raises(BadOption, match="^state_dir: .*file/device_audit.jsonl is not wri"):
        reset.run("C01", state_dir=str(tmp_path / "file"), check_mode=True)
    reset.run("C01", state_dir=str(tmp_path / "state"), check_mode=True)
    assert not (tmp_path / "state").exists()


def test_each_step_is_kept_for_an_audit(reset: t.Any, tmp_path: t.Any) -> None:
    reset.stuck(1, display_name="Ann's Mac")
    result = reset.run("C01", state_dir=str(tmp_path / "state"))
    lines = audit_of(result)
    assert [line["result"] for line in lines] == ["started", "deactivated", "deleted"]
    assert [line["request_id"] for line in lines] == ["", "req-1", "req-1"]
    at = lines[0].pop("at")
    assert datetime.fromisoformat(at).tzinfo is not None
    assert lines[0] == {
        "requested_by": "rosa",
        "reason": "CHG-1",
        "device_id": "guo1",
        "serial_number": "C01",
        "display_name": "Ann's Mac",
        "users": ["ann1@acme.com"],
        "state_before": "ACTIVE",
        "result": "started",
        "request_id": "",
    }
    assert reset.warnings == []


def test_without_a_state_directory_a_reset_warns_and_an_idle_run_does_not(reset: t.Any) -> None:
    reset.run("C09")
    assert reset.warnings == [
        "serials: neither Okta nor Kandji knows C09. Check the spelling.",
    ]
    reset.stuck(1)
    reset.run("C01")
    assert reset.warnings[1:] == ["state_dir: it is not set, so no audit of this run is kept."]


def test_an_audit_that_is_not_writable_stops_the_run(reset: t.Any, tmp_path: t.Any) -> None:
    reset.stuck(1)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadOption, match="^state_dir: .*file/device_audit.jsonl is not wri"):
        reset.run("C01", state_dir=str(tmp_path / "file"))
    assert reset.okta.writes == []


def full_disk(monkeypatch: t.Any, *results: str) -> None:
    """Let the disk be full in the middle of each line of the audit with such a result."""
    write, marks = os.write, [f'"result": "{result}"'.encode() for result in results]
    cut = [False]

    def fill(descriptor: int, content: bytes) -> int:
        if cut[0]:
            cut[0] = False
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        cut[0] = any(mark in content for mark in marks)
        return write(descriptor, content[: len(content) // 2] if cut[0] else content)

    monkeypatch.setattr(os, "write", fill)


FULL = "state_dir: {}/device_audit.jsonl is not writable (No space left on device). Free space"
FINISH = " Name it in device_ids to finish it."


@pytest.mark.parametrize(
    "state, result, kept, end",
    [
        (None, "deactivated", ["started"], f" The record guo1 is deactivated already.{FINISH}"),
        (None, "deleted", ["started", "deactivated"], " The record guo1 is deleted already."),
        ("suspended", "suspended", ["started"], " The record guo1 is suspended already."),
        (None, "started", [], " another disk."),
    ],
)
def test_a_step_that_a_full_disk_keeps_out_of_the_audit_is_named(
    reset: t.Any,
    monkeypatch: t.Any,
    tmp_path: t.Any,
    state: str | None,
    result: str,
    kept: list[str],
    end: str,
) -> None:
    reset.stuck(1)
    full_disk(monkeypatch, result)
    with pytest.raises(BadOption) as raised:
        reset.run("C01", state_dir=str(tmp_path), **(to_state(state) if state else {}))
    message = raised.value.message
    assert message.startswith(FULL.format(tmp_path)) and message.endswith(end), message
    assert raised.value.may_be_done is (result != "started")
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [line["result"] for line in lines] == kept, "no half a line is left"


def test_a_line_that_is_written_in_pieces_is_whole(
    reset: t.Any, monkeypatch: t.Any, tmp_path: t.Any
) -> None:
    reset.stuck(1)
    write = os.write
    monkeypatch.setattr(
        os, "write", lambda number, content: write(number, content[: len(content) // 2 + 1])
    )
    result = reset.run("C01", state_dir=str(tmp_path))
    assert [line["result"] for line in audit_of(result)] == ["started", "deactivated", "deleted"]


def test_a_disk_with_room_for_few_lines_stops_the_run_before_the_first_write(
    reset: t.Any, monkeypatch: t.Any, tmp_path: t.Any
) -> None:
    reset.stuck(1)
    write = os.write

    def fill(descriptor: int, content: bytes) -> int:
        if len(content) > 4096:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(BadOption, match="No space left on device"):
        reset.run("C01", state_dir=str(tmp_path))
    assert reset.okta.writes == []
    assert (tmp_path / "device_audit.jsonl").read_bytes() == b""


@pytest.mark.parametrize("kind", [ApiError, Uncertain])
def test_the_error_of_a_step_outweighs_that_of_the_audit(
    reset: t.Any, monkeypatch: t.Any, tmp_path: t.Any, kind: type[DeviceTrustError]
) -> None:
    reset.stuck(1)
    full_disk(monkeypatch, "not deactivated", "not known to be deactivated")

    def fail(call: tuple[str, ...]) -> None:
        if call[0] == "deactivate":
            raise kind("Okta: no.")

    reset.okta.before = fail
    with pytest.raises(kind) as raised:
        reset.run("C01", state_dir=str(tmp_path))
    assert raised.value.message.startswith(f"Okta: no. {FULL.format(tmp_path)}")
    unsure = f" The record guo1 may be deactivated.{FINISH}"
    assert raised.value.message.endswith(unsure) is (kind is Uncertain)


def test_sessions_that_are_revoked_and_not_kept_are_named(
    reset: t.Any, monkeypatch: t.Any, tmp_path: t.Any
) -> None:
    reset.stuck(1)
    full_disk(monkeypatch, "sessions revoked")
    with pytest.raises(BadOption, match=r"The sessions of ann1@acme\.com are revoked already\."):
        reset.run("C01", state_dir=str(tmp_path), revoke_sessions=True)


def test_an_idle_run_opens_no_audit(reset: t.Any, tmp_path: t.Any) -> None:
    assert reset.run("C09", state_dir=str(tmp_path / "state")).audit_file == ""
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "call, error, kept",
    [
        (("deactivate", "guo2"), ApiError, ["started", "not deactivated"]),
        (("delete", "guo2"), ApiError, ["started", "deactivated", "not deleted"]),
        (("deactivate", "guo2"), Uncertain, ["started", "not known to be deactivated"]),
        (("delete", "guo2"), Uncertain, ["started", "deactivated", "not known to be deleted"]),
    ],
)
def test_an_error_carries_what_was_done_before_it(
    reset: t.Any,
    tmp_path: t.Any,
    call: tuple[str, str],
    error: type[DeviceTrustError],
    kept: list[str],
) -> None:
    reset.stuck(1)
    reset.stuck(2)

    def fail(now: tuple[str, ...]) -> None:
        if now == call:
            raise error("Okta: no.", request_id="req-9")

    reset.okta.before = fail
    with pytest.raises(error) as raised:
        reset.run("C01", "C02", state_dir=str(tmp_path))
    details = raised.value.details
    assert [(row["device_id"], row["state"]) for row in details["devices"]] == [("guo1", "reset")]
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [line["result"] for line in lines][3:] == kept and lines[-1]["request_id"] == "req-9"


def test_an_error_at_the_first_record_lists_no_other(reset: t.Any, tmp_path: t.Any) -> None:
    reset.stuck(1)

    def fail(call: tuple[str, ...]) -> None:
        if call[0] == "deactivate":
            raise ApiError("Okta: no.")

    reset.okta.before = fail
    with pytest.raises(ApiError) as raised:
        reset.run("C01", state_dir=str(tmp_path))
    assert raised.value.details["devices"] == []
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [line["request_id"] for line in lines] == ["", ""], "an answer without a request id"


def test_the_audit_says_that_a_step_was_not_taken_because_the_run_ended(
    reset: t.Any, tmp_path: t.Any
) -> None:
    """Nobody sees the result of a module whose ansible-playbook was killed."""
    reset.stuck(1)

    def end(call: tuple[str, ...]) -> None:
        if call == ("delete", "guo1"):
            raise RunEnded("ansible-playbook: it ended.")

    reset.okta.before = end
    with pytest.raises(RunEnded):
        reset.run("C01", state_dir=str(tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [line["result"] for line in lines] == [
        "started",
        "deactivated",
        "not deleted, because ansible-playbook ended",
    ]


def test_a_record_that_somebody_else_deleted_is_kept_as_absent(
    reset: t.Any, tmp_path: t.Any
) -> None:
    reset.stuck(1)
    reset.okta.before = lambda call: (
        reset.okta.records.clear() if call == ("delete", "guo1") else None
    )
    result = reset.run("C01", state_dir=str(tmp_path))
    assert [line["result"] for line in audit_of(result)] == ["started", "deactivated", "absent"]
    assert states(result) == ["absent"] and result.outcomes[0].decision.code == "no_record"
    assert result.outcomes[0].is_changed, "this run deactivated it"
    assert result.outcomes[0].decision.reason == (
        "This run deactivated its device record. Another run or person deleted it then."
    )
    assert count_states(result.outcomes) == {"reset": 0, "skipped": 0, "absent": 1}
    assert list_losses(result.outcomes), "its users are lost for good"


# Certificates


def test_bound_certificates_are_reported_with_a_time_after_them(reset: t.Any) -> None:
    reset.stuck(1)
    reset.stuck(2)
    reset.okta.events = [LogEvent(event_type="pki.cert.bind", targets=(LogEntity("guo1"),))]
    result = reset.run("C01", "C02", report_bound_certificates=True)
    assert [one.certificate_bound for one in result.outcomes] == [True, False]
    assert result.reissue_after == datetime(2026, 11, 21, 10, 0, 1, tzinfo=timezone.utc)
    logs = [call for call in reset.okta.calls if call[0] == "log" and "pki" in call[1]]
    assert [call[2:] for call in logs] == [("2026-08-25T10:00:00.000Z", "2026-11-23T10:01:00.000Z")]


def test_a_revoked_certificate_that_nobody_saw_counts_from_its_revocation(reset: t.Any) -> None:
    reset.kandji.add("C09", seen=None)
    revoked = "pki.cert.lifecycle.revoke"
    entity = LogEntity(texts=("CN=C09 0A1B",))
    reset.okta.events = [LogEvent("", revoked, "2026-11-22T10:00:00Z", targets=(entity,))]
    result = reset.run("C09", report_bound_certificates=True)
    assert states(result) == ["absent"] and result.outcomes[0].certificate_bound is True
    assert result.reissue_after == datetime(2026, 11, 22, 10, tzinfo=timezone.utc)


def test_without_the_option_the_log_is_not_read_for_certificates(reset: t.Any) -> None:
    reset.stuck(1)
    result = reset.run("C01")
    assert result.outcomes[0].certificate_bound is None
    assert [call for call in reset.okta.calls if call[0] == "log" and "pki" in call[1]] == []


def test_of_a_record_that_the_plan_skips_no_certificate_is_looked_for(reset: t.Any) -> None:
    reset.stuck(1)
    reset.stuck(2)
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    reset.okta.events = [LogEvent(event_type="pki.cert.bind", targets=(LogEntity("guo1"),))]
    result = reset.run("C01", "C02", report_bound_certificates=True)
    assert [one.state for one in result.outcomes] == ["skipped", "reset"]
    assert [one.certificate_bound for one in result.outcomes] == [None, False]


def test_a_skipped_record_keeps_its_certificate(reset: t.Any) -> None:
    reset.stuck(1)
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    reset.kandji.certificates[0] = replace(
        reset.kandji.certificates[0], created_at="2026-07-01T10:00:00Z"
    )
    result = reset.run("C01", report_bound_certificates=True)
    assert result.outcomes[0].certificate_bound is None and result.reissue_after is None


# A run to a state


def test_a_suspension_reads_each_record_again_and_its_users_once(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "C02", "bob", status="SUSPENDED")
    result = reset.run("C01", "C02", "C09", **to_state("suspended"))
    assert states(result) == ["changed", "unchanged", "absent"]
    assert [call[0] for call in reset.okta.calls] == [
        *("search", "users", "device", "users", "log", "device", "suspend")
    ]
    assert "Okta has no device record of C09. Check the spelling of serials and ids." in (
        reset.warnings
    )


def test_a_record_that_the_search_shows_suspended_is_read_again(reset: t.Any) -> None:
    """It was unsuspended a moment ago, and the search does not know it yet."""
    record = reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")

    def unsuspend(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            reset.okta.records["guo1"] = replace(record, status="ACTIVE")

    reset.okta.before = unsuspend
    assert states(reset.run("C01", **to_state("suspended"))) == ["changed"]
    assert reset.okta.writes == [("suspend", "guo1")]


@pytest.mark.parametrize(
    ("state", "status", "ends"),
    [
        ("suspended", "ACTIVE", "absent"),
        ("active", "SUSPENDED", "absent"),
        ("deactivated", "ACTIVE", "absent"),
        ("absent", "ACTIVE", "absent"),
        ("absent", "DEACTIVATED", "absent"),
    ],
)
def test_a_record_that_is_deleted_before_its_step_is_absent(
    reset: t.Any, monkeypatch: t.Any, state: str, status: str, ends: str
) -> None:
    reset.okta.add("guo1", "C01", "ann", status=status)
    monkeypatch.setattr(reset.okta, "take_step", lambda *_step: "absent")
    outcome = reset.run("C01", **to_state(state)).outcomes[0]
    assert (outcome.state, outcome.decision.code) == (ends, "no_record")
    assert outcome.decision.reason == "Its device record was deleted during the run."
    assert not outcome.is_changed


def test_a_record_that_was_suspended_meanwhile_is_not_suspended_again(reset: t.Any) -> None:
    record = reset.okta.add("guo1", "C01", "ann")

    def suspend_before(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            reset.okta.records["guo1"] = replace(record, status="SUSPENDED")

    reset.okta.before = suspend_before
    assert states(reset.run("C01", **to_state("suspended"))) == ["unchanged"]
    assert reset.okta.writes == []


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [("already_done", "unchanged", "unchanged"), ("may_be_done", "changed", None)],
)
def test_a_step_that_another_run_took_first_is_no_change_of_this_one(
    reset: t.Any, monkeypatch: t.Any, answer: str, state: str, code: str | None
) -> None:
    reset.okta.add("guo1", "C01", "ann")
    monkeypatch.setattr(reset.okta, "take_step", lambda _step, _id: answer)
    result = reset.run("C01", **to_state("suspended", revoke_sessions=True))
    (outcome,) = result.outcomes
    assert (outcome.state, outcome.decision.code) == (state, code)
    assert outcome.is_changed == (state == "changed")
    assert result.revoked == ["ann@acme.com"], "the sessions end all the same"
    goal = GOALS["suspended"]
    assert len(list_changes([outcome], goal)) == outcome.is_changed
    assert describe_outcome(outcome, goal)["steps"] == (["suspend"] if code is None else [])


def test_a_lost_mac_that_is_deleted_after_it_was_unsuspended_is_absent(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.events = suspended_by(BY_CLEAN_UP, "guo1")
    answers = {"unsuspend": "done", "suspend": "absent"}
    monkeypatch.setattr(reset.okta, "take_step", lambda step, _id: answers[step])
    (outcome,) = reset.run("C01", **to_state("suspended")).outcomes
    assert (outcome.state, outcome.is_changed) == ("absent", True)
    goal = GOALS["suspended"]
    assert describe_outcome(outcome, goal)["steps"] == ["unsuspend"]
    (change,) = list_changes([outcome], goal)
    assert (change.before, change.after) == ({"status": "SUSPENDED"}, {"status": None})


def test_a_loss_of_registrations_reads_the_users_again(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")

    def become_managed(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            users = reset.okta.users_of["guo1"]
            reset.okta.users_of["guo1"] = [replace(users[0], management_status="MANAGED")]

    reset.okta.before = become_managed
    result = reset.run("C01", **to_state("absent"))
    assert states(result) == ["skipped"] and reset.okta.writes == []
    assert result.outcomes[0].decision.code == "managed"


def test_a_loss_of_registrations_reads_nothing_twice(reset: t.Any) -> None:
    """The record and its users are read right before its steps. A search plans."""
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "C02", "ann")
    assert states(reset.run("C01", "C02", **to_state("absent"))) == ["changed", "changed"]
    assert reset.okta.calls == [
        ("search", "serial", "C01", "C02"),
        ("enrollments", "00u-ann"),
        *(
            (call, device_id)
            for device_id in ("guo1", "guo2")
            for call in ("device", "users", "deactivate", "delete")
        ),
    ]


@pytest.mark.parametrize(
    ("read", "state", "written"),
    [("by id", "skipped", ["guo1"]), ("by search", "changed", ["guo1", "guo2"])],
)
def test_the_read_by_id_is_what_keeps_a_mac_that_is_lost_meanwhile(
    reset: t.Any, monkeypatch: t.Any, read: str, state: str, written: list[str]
) -> None:
    """Why a deletion costs four calls.

    A search right before the deletion may show the record as it was, and the users of a suspended
    record do not show its status. With them alone, the record of a lost Mac is deleted, which lifts
    the block.
    """
    reset.okta.add("guo1", "C01", "ann")
    record = reset.okta.add("guo2", "C02", "bob")

    def lose(call: tuple[str, ...]) -> None:
        if call == ("delete", "guo1"):
            reset.okta.records["guo2"] = replace(record, status="SUSPENDED")
            reset.okta.stale_records["guo2"] = record

    reset.okta.before = lose
    if read == "by search":
        search = reset.okta.devices_with_ids
        monkeypatch.setattr(reset.okta, "device", lambda device_id: (*search([device_id]), None)[0])
    result = reset.run("C01", "C02", **to_state("absent"))
    assert states(result) == ["changed", state]
    assert reset.okta.writes == writes_of(*written)
    assert read == "by search" or result.outcomes[1].decision.code == "suspended"


def test_a_reset_reads_nothing_twice(reset: t.Any) -> None:
    for number in (1, 2):
        reset.stuck(number, "ann")
    assert states(reset.run("C01", "C02")) == ["reset", "reset"]
    assert [call for call in reset.okta.calls if call[0] != "log"] == [
        ("search", "serial", "C01", "C02"),
        ("enrollments", "00u-ann"),
        *(
            (call, device_id)
            for device_id in ("guo1", "guo2")
            for call in ("device", "users", "deactivate", "delete")
        ),
    ]


def test_a_record_that_a_reset_skips_costs_a_read_and_no_second_read_of_the_log(
    reset: t.Any,
) -> None:
    for number in (1, 2):
        reset.stuck(number, created="2026-11-22T10:00:00Z")
    reset.okta.users_of["guo1"] = managed(reset.okta.users_of["guo1"])
    assert states(reset.run("C01", "C02", allow=["registered_after_certificate"])) == [
        "skipped",
        "reset",
    ]
    calls = [call[0] for call in reset.okta.calls]
    assert calls.count("log") == 1
    assert [call for call in reset.okta.calls if call[0] == "users"] == [
        ("users", "guo1"),
        ("users", "guo2"),
    ]


def test_a_reset_whose_search_shows_no_users_reads_what_decides_about_their_record(
    reset: t.Any,
) -> None:
    """Of a record without users, the deletion of an earlier one does not matter."""
    reset.stuck(1, created="2026-11-22T10:00:00Z")
    reset.okta.stale_users_of = {"guo1": []}
    reset.okta.events = [
        LogEvent(
            event_type="device.lifecycle.delete",
            published="2026-11-22T09:00:00Z",
            targets=(LogEntity("guo0", texts=("C01",)),),
        )
    ]
    result = reset.run("C01", allow=["registered_after_certificate"])
    assert states(result) == ["skipped"] and reset.okta.writes == []
    assert result.outcomes[0].decision.code == "registered_again"


def test_which_duplicate_a_reset_keeps_is_not_decided_by_a_search(reset: t.Any) -> None:
    reset.stuck(1)
    reset.okta.add("guo2", "C01", "ann1", created="2026-10-01T10:00:00Z")
    reset.okta.stale_users_of = {"guo2": reset.okta.users_of["guo2"]}
    reset.okta.users_of["guo2"] = managed(reset.okta.users_of["guo2"])
    result = reset.run("C01", duplicates="clean_up")
    codes = [each.decision.code for each in result.outcomes]
    assert codes == ["other_record", "managed"] and reset.okta.writes == []


def stale_users(reset: t.Any, **status: str) -> None:
    """Let the search show another management status of the users of these records."""
    for device_id, shown in status.items():
        users = reset.okta.users_of[device_id]
        reset.okta.stale_users_of[device_id] = [
            replace(user, management_status=shown) for user in users
        ]


def test_stale_users_of_a_search_do_not_keep_a_record(reset: t.Any) -> None:
    for number in (1, 2):
        reset.okta.add(f"guo{number}", f"C0{number}", f"ann{number}")
    stale_users(reset, guo1="MANAGED")
    result = reset.run("C01", "C02", max_devices=2, **to_state("deactivated"))
    assert states(result) == ["changed", "changed"]
    reads = [call[1] for call in reset.okta.calls if call[0] == "users"]
    assert reads == ["guo1", "guo1", "guo2"], "the plan reads those that it would keep, alone"
    with pytest.raises(Refused, match="max_devices: 2 device records"):
        reset.okta.add("guo3", "C03", "ann3")
        reset.okta.add("guo4", "C04", "ann4")
        stale_users(reset, guo3="MANAGED")
        reset.run("C03", "C04", max_devices=1, **to_state("deactivated"))


def test_stale_users_of_a_search_count_for_no_limit_phrase_or_approval(reset: t.Any) -> None:
    for number in (1, 2):
        reset.okta.add(f"guo{number}", f"C0{number}", f"ann{number}")
    users = reset.okta.users_of["guo1"]
    reset.okta.users_of["guo1"] = [replace(users[0], management_status="MANAGED")]
    stale_users(reset, guo1="NOT_MANAGED")
    options = to_state("deactivated", max_devices=1, confirm_above=1)
    digest = reset.run("C01", "C02", check_mode=True, **options).plan_digest
    options["approved_digest"] = digest
    assert states(reset.run("C01", "C02", **options)) == ["skipped", "changed"]
    assert reset.okta.writes == [("deactivate", "guo2")]


@pytest.mark.parametrize("stale", [("guo1",), ("guo2",), ("guo1", "guo2"), ("guo3",)])
@pytest.mark.parametrize("enrolled", [1, 2, 3])
def test_check_mode_predicts_a_run_whose_search_shows_stale_users(
    reset: t.Any, stale: tuple[str, ...], enrolled: int
) -> None:
    """Of the records of one user, both keep the same ones."""
    for number in (1, 2, 3, 4):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann")
    reset.okta.enrolled["00u-ann"] = [Enrollment("okta_verify", "ACTIVE")] * enrolled
    reset.okta.stale_users_of = {device_id: [] for device_id in stale}
    serials, options = ("C01", "C02", "C03"), to_state("deactivated")
    planned = reset.run(*serials, check_mode=True, **options)
    done = reset.run(*serials, **options)
    names = {"would_change": "changed"}
    assert [names.get(each, each) for each in states(planned)] == states(done)
    assert states(done).count("changed") == min(enrolled - 1, 3)


def test_a_record_that_is_gone_while_its_stale_users_keep_it_is_absent(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    stale_users(reset, guo1="MANAGED")
    del reset.okta.users_of["guo1"]
    assert states(reset.run("C01", **to_state("absent"))) == ["absent"]


def test_the_records_of_a_user_are_searched_for_their_users(reset: t.Any) -> None:
    for number in (1, 2, 3):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann")
    reset.okta.unsearchable = {"guo3"}
    reset.run(selection=Selection(users=["ann@acme.com"], exact=True), **to_state("deactivated"))
    reads = [call for call in reset.okta.calls if call[0] in ("search", "users")]
    assert reads == [
        ("search", "id", "guo1", "guo2", "guo3"),
        ("users", "guo3"),  # the search does not know it yet
        *(("users", f"guo{number}") for number in (1, 2, 3)),
    ]


def test_each_step_to_a_state_is_in_the_audit(reset: t.Any, tmp_path: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.run("C01", state_dir=str(tmp_path), **to_state("active"))
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [line["result"] for line in lines] == ["started", "unsuspended"]


def test_users_select_exactly_their_own_records(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "C01", "bob")
    result = reset.run(
        selection=Selection(users=["ann@acme.com"], exact=True), **to_state("deactivated")
    )
    assert [outcome.decision.target.id for outcome in result.outcomes] == ["guo1"]
    assert reset.okta.writes == [("deactivate", "guo1")]


def test_max_percent_counts_the_macs_of_kandji_where_registrations_are_lost(
    reset: t.Any,
) -> None:
    for number in (1, 2):
        reset.okta.add(f"guo{number}", f"C0{number}", f"ann{number}")
        reset.kandji.add(f"C0{number}")
    with pytest.raises(Refused, match="max_percent: 2 device records .* would be deactivated"):
        reset.run("C01", "C02", max_percent=20, **to_state("deactivated"))
    assert reset.okta.writes == []


@pytest.mark.parametrize(
    ("state", "comments"),
    [("absent", [DELETION_COMMENT] * 2), ("deactivated", [""]), ("suspended", [""])],
)
def test_the_log_tells_a_deletion_from_a_block(
    reset: t.Any, state: str, comments: list[str]
) -> None:
    """When a person leaves, a deletion that was interrupted is finished, and a block stays."""
    reset.okta.add("guo1", "C01", "ann")
    reset.run("C01", **to_state(state))
    assert reset.okta.comments == comments


def test_a_record_that_is_deactivated_and_not_deleted_is_named(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    """It has lost its users, so their logins do not select it any more."""
    reset.okta.add("guo1", "C01", "ann")
    take_step, refused = reset.okta.take_step, ""

    def refuse(step: str, *names: str) -> str:
        if step == refused:
            raise Refused("Okta refused.")
        return str(take_step(step, *names))

    monkeypatch.setattr(reset.okta, "take_step", refuse)
    sentence = " The record guo1 is deactivated already. Name it in device_ids to finish it."
    for step, rest in ("deactivate", ""), ("delete", sentence):
        refused = step
        with pytest.raises(Refused) as error:
            reset.run("C01", **to_state("absent"))
        assert error.value.message == f"Okta refused.{rest}"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("absent", " The record guo1 may be deactivated. Name it in device_ids to finish it."),
        ("suspended", ""),
    ],
)
@pytest.mark.parametrize("kind", [Uncertain, Unreachable])
def test_a_record_that_may_be_deactivated_is_named(
    reset: t.Any,
    monkeypatch: t.Any,
    tmp_path: t.Any,
    state: str,
    sentence: str,
    kind: type[DeviceTrustError],
) -> None:
    reset.okta.add("guo1", "C01", "ann")

    def lose(*_step: str) -> str:
        error = kind("The answer was lost.")
        error.may_be_done = True
        raise error

    monkeypatch.setattr(reset.okta, "take_step", lose)
    with pytest.raises(kind) as error:
        reset.run("C01", state_dir=str(tmp_path), **to_state(state))
    assert error.value.message == f"The answer was lost.{sentence}"
    [audit] = tmp_path.glob("*.jsonl")
    assert '"result": "not known to be ' in audit.read_text(encoding="utf-8")


def test_what_is_left_to_the_users_of_a_record_is_reported(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann", "bob")
    reset.okta.add("guo2", "C02", "ann", display_name="iMac")
    reset.okta.add("guo3", "C03", "ann", status="SUSPENDED")
    reset.okta.enrolled["00u-bob"] = [Enrollment("okta_verify", "ACTIVE")]
    result = reset.run("C01", report_people=True, **to_state("suspended"))
    assert [describe_person(person)["summary"] for person in result.people] == [
        "ann@acme.com can still sign in with phone_number, Okta Verify on iMac (C02).",
        "Okta names nothing else that bob@acme.com can sign in with.",
    ]


def suspended_by(agent: str, *device_ids: str) -> list[LogEvent]:
    return [
        LogEvent(
            event_type="device.lifecycle.suspend",
            published="2026-11-20T10:00:00.000Z",
            actor=LogEntity("admin", "User"),
            targets=(LogEntity(device_id, "UDDevice"),),
            user_agent=agent,
        )
        for device_id in device_ids
    ]


BY_CLEAN_UP = f"{USER_AGENT} {CLEAN_UP_COMMENT}"


def test_a_lost_mac_that_a_clean_up_suspended_is_suspended_again(reset: t.Any) -> None:
    """Its record would be deleted after the grace period, and the Mac could register again."""
    for number in (1, 2, 3):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann", status="SUSPENDED")
    reset.okta.add("guo4", "C04", "ann")
    reset.okta.events = [
        *suspended_by(BY_CLEAN_UP, "guo1"),
        *suspended_by(USER_AGENT, "guo2"),
        *suspended_by(BY_CLEAN_UP, "guo4"),
    ]
    serials = ["C01", "C02", "C03", "C04"]
    planned = reset.run(*serials, check_mode=True, **to_state("suspended"))
    assert reset.okta.writes == []
    done = reset.run(*serials, **to_state("suspended"))
    assert states(done) == ["changed", "unchanged", "unchanged", "changed"]
    assert [state.replace("would_change", "changed") for state in states(planned)] == states(done)
    assert reset.okta.writes == [("unsuspend", "guo1"), ("suspend", "guo1"), ("suspend", "guo4")]
    assert reset.okta.comments == ["", "", ""] and planned.plan_digest == done.plan_digest


JUST_NOW = "2026-11-23T09:55:00Z"
AFTER = "Run again after 2026-11-23T10:05:00Z."


def test_a_lost_mac_whose_suspension_the_log_does_not_show_yet_is_named(reset: t.Any) -> None:
    """A clean-up may have suspended it, and would delete its record."""
    for number, status in enumerate(("SUSPENDED", "SUSPENDED", "SUSPENDED", "DEACTIVATED"), 1):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann", status=status)
        reset.okta.records[f"guo{number}"] = replace(
            reset.okta.records[f"guo{number}"], last_updated=JUST_NOW
        )
    reset.okta.events = [*suspended_by(BY_CLEAN_UP, "guo2"), *suspended_by(USER_AGENT, "guo3")]
    result = reset.run("C01", "C02", "C03", "C04", revoke_sessions=True, **to_state("suspended"))
    unclear = "deletion_pending"
    codes = [each.decision.code for each in result.outcomes]
    assert codes == [unclear, unclear, "unchanged", unclear]
    assert states(result) == ["unchanged", "unchanged", "unchanged", "skipped"]
    assert AFTER in result.outcomes[0].decision.reason and result.revoked == ["ann@acme.com"]
    assert not [write for write in reset.okta.writes if write[0] != "revoke"]


@pytest.mark.parametrize("is_shown", [True, False])
@pytest.mark.parametrize("step", ["device", "suspend"])
def test_a_clean_up_that_suspends_a_lost_mac_first_does_not_delete_it(
    reset: t.Any, monkeypatch: t.Any, step: str, is_shown: bool
) -> None:
    """It does so before the record is read again, or before the step."""
    reset.okta.add("guo1", "C01", "ann")

    def meanwhile(call: tuple[str, ...]) -> None:
        if call == (step, "guo1") and reset.okta.records["guo1"].status == "ACTIVE":
            reset.okta.records["guo1"] = replace(
                reset.okta.records["guo1"], status="SUSPENDED", last_updated=JUST_NOW
            )
            shown = [
                replace(each, published=JUST_NOW) for each in suspended_by(BY_CLEAN_UP, "guo1")
            ]
            reset.okta.events = shown if is_shown else []

    def take(step: str, device_id: str) -> str:
        meanwhile((step, device_id))
        return "already_done"

    reset.okta.before = meanwhile
    if step == "suspend":
        monkeypatch.setattr(reset.okta, "take_step", take)
    result = reset.run("C01", **to_state("suspended"))
    if is_shown and step == "device":
        assert states(result) == ["changed"]
        assert reset.okta.writes == [("unsuspend", "guo1"), ("suspend", "guo1")]
        return
    assert states(result) == ["unchanged"]
    assert result.outcomes[0].decision.code == "deletion_pending"


def test_a_lost_mac_whose_record_an_interrupted_deletion_deactivated_is_named(reset: t.Any) -> None:
    """Another run finishes the deletion, and then the Mac can register again."""
    for name in ("guo1", "guo2", "guo3"):
        reset.okta.add(name, f"C0{name[-1]}", status="DEACTIVATED")
    agents = {"guo1": BY_CLEAN_UP, "guo2": USER_AGENT, "guo3": f"{USER_AGENT} {DELETION_COMMENT}"}
    reset.okta.events = [
        replace(each, event_type="device.lifecycle.deactivate")
        for name, agent in agents.items()
        for each in suspended_by(agent, name)
    ]
    result = reset.run("C01", "C02", "C03", **to_state("suspended"))
    codes = [each.decision.code for each in result.outcomes]
    assert codes == ["deletion_pending", "other_status", "deletion_pending"]
    assert reset.okta.writes == []
    reason = result.outcomes[0].decision.reason
    assert "Another such run may delete it" in reason and "Activate it (state=active)" in reason


@pytest.mark.parametrize("state", ["active", "deactivated", "absent"])
def test_another_state_does_not_ask_what_suspended_a_record(reset: t.Any, state: str) -> None:
    """An id names one record, so it does not matter who suspended that."""
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.run(selection=Selection(device_ids=["guo1"]), allow=["suspended"], **to_state(state))
    assert not [call for call in reset.okta.calls if call[0] == "log"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_result_of_a_found_mac_has_who_suspended_each_record(
    reset: t.Any, check_mode: bool
) -> None:
    for number in (1, 2, 3, 4):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann", status="SUSPENDED")
    reset.okta.add("guo5", "C05", "ann")
    reset.okta.events = [
        *suspended_by(BY_CLEAN_UP, "guo1"),
        *suspended_by(USER_AGENT, "guo2", "guo5"),
        *suspended_by("Mozilla/5.0", "guo3"),
    ]
    serials = [f"C0{number}" for number in range(1, 6)]
    result = reset.run(*serials, check_mode=check_mode, **to_state("active"))
    rows = [describe_outcome(outcome, GOALS["active"]) for outcome in result.outcomes]
    suspenders = [row["suspended_by"] for row in rows]
    assert suspenders == ["clean_up", "collection", "others", "unknown", None]
    words = "the System Log does not show who suspended it, so it may be somebody else's block."
    assert f"guo4: {words}" in reset.warnings


def test_without_the_log_a_found_mac_is_unsuspended_with_a_warning(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    refuse_the_log(reset, monkeypatch)
    assert states(reset.run("C01", **to_state("active"))) == ["changed"]
    assert "guo1: who suspended it is unknown. The credentials lack a scope." in reset.warnings


def test_without_the_log_a_lost_mac_stays_suspended_with_a_warning(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.add("guo2", "C02", "bob")

    def refuse(*_query: str) -> list[LogEvent]:
        raise Refused("The credentials lack a scope.")

    monkeypatch.setattr(reset.okta, "log_events", refuse)
    assert states(reset.run("C01", "C02", **to_state("suspended"))) == ["unchanged", "changed"]
    assert (
        "guo1: whether a clean-up or another deletion may delete it is unknown. The credentials"
        " lack a scope." in reset.warnings
    )


@pytest.mark.parametrize("refusals", [1, 2, 3])
def test_a_suspension_that_okta_takes_for_done_is_tried_again(
    reset: t.Any, monkeypatch: t.Any, refusals: int
) -> None:
    """Okta may show the status before the unsuspension for some seconds."""
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.events = suspended_by(BY_CLEAN_UP, "guo1")
    take_step, stale = reset.okta.take_step, refusals

    def take(step: str, device_id: str) -> str:
        nonlocal stale
        if step == "suspend" and stale:
            stale -= 1
            return "already_done"
        return str(take_step(step, device_id))

    monkeypatch.setattr(reset.okta, "take_step", take)
    if refusals < 3:
        assert states(reset.run("C01", **to_state("suspended"))) == ["changed"]
        assert reset.okta.records["guo1"].status == "SUSPENDED"
        return
    with pytest.raises(NotAsWritten) as error:
        reset.run("C01", **to_state("suspended"))
    assert error.value.message == (
        "Okta shows guo1 as suspended since before it was unsuspended, so it may be active. Run"
        " again at once. The record guo1 is unsuspended already. Name it in device_ids to finish"
        " it."
    )
    assert error.value.details["vendor"] == "okta"
    stale = 0
    assert states(reset.run("C01", **to_state("suspended"))) == ["changed"]
    assert reset.okta.records["guo1"].status == "SUSPENDED"


@pytest.mark.parametrize(
    ("shown", "writes"),
    [
        ("2026-11-20T09:00:00.000Z", [("suspend", "guo1")]),
        ("2026-11-20T10:00:00.000Z", [("suspend", "guo1")]),
        ("2026-11-20T10:00:01.000Z", []),
        (None, []),
    ],
)
def test_an_old_suspension_that_okta_still_shows_does_not_keep_a_mac_active(
    reset: t.Any, shown: str | None, writes: list[tuple[str, str]]
) -> None:
    """A second after an unsuspension getDevice has the old status; a newer one counts."""
    record = reset.okta.add("guo1", "C01", "ann")
    active = replace(record, last_updated="2026-11-20T10:00:00.000Z")
    reset.okta.records["guo1"] = active

    def go_back(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            reset.okta.records["guo1"] = replace(record, status="SUSPENDED", last_updated=shown)

    reset.okta.before = go_back
    reset.run("C01", **to_state("suspended"))
    assert reset.okta.writes == writes


@pytest.mark.parametrize(
    ("state", "fresh", "code"),
    [("absent", "SUSPENDED", "suspended"), ("suspended", "DEACTIVATED", "other_status")],
)
def test_another_new_status_counts_also_if_it_is_of_the_same_second(
    reset: t.Any, state: t.Any, fresh: str, code: str
) -> None:
    """Only a suspension may be an old one, and only before another suspension."""
    changed = "2026-11-20T10:00:00.000Z"
    record = replace(reset.okta.add("guo1", "C01", "ann"), last_updated=changed)
    reset.okta.records["guo1"] = record

    def change(call: tuple[str, ...]) -> None:
        if call[0] == "device":
            reset.okta.records["guo1"] = replace(record, status=fresh)

    reset.okta.before = change
    (outcome,) = reset.run("C01", **to_state(state)).outcomes
    assert (outcome.state, outcome.decision.code) == ("skipped", code)
    assert reset.okta.writes == []


def test_a_phrase_and_an_approval_are_those_of_the_state(reset: t.Any) -> None:
    """What is confirmed or approved for one state permits no other one, and no reset."""
    reset.stuck(1, "ann")
    planned = reset.run("C01", check_mode=True, confirm_above=0, **to_state("deactivated"))
    assert planned.confirm == "DEACTIVATE 1 DEVICES acme.okta.com"
    for other in ("RESET", "DELETE"):
        phrase = f"{other} 1 DEVICES acme.okta.com"
        with pytest.raises(Refused) as refused:
            reset.run("C01", confirm_above=0, confirm=phrase, **to_state("deactivated"))
        assert refused.value.details["confirm"] == planned.confirm
        assert " would be deactivated, " in refused.value.message
    digest = planned.plan_digest
    for options in (to_state("suspended"), {}):
        with pytest.raises(Refused, match="not the one that was approved"):
            reset.run("C01", approved_digest=digest, **options)
    with pytest.raises(Refused, match="1 device records would be suspended now"):
        reset.run("C01", approved_digest=digest, **to_state("suspended"))
    assert reset.okta.writes == []
    done = reset.run("C01", confirm_above=0, confirm=planned.confirm, **to_state("deactivated"))
    assert states(done) == ["changed"]


@pytest.mark.parametrize(("confirm", "phrase"), [(None, ""), ("", ""), ("RESET 3", "RESET 3")])
def test_the_limits_are_those_of_the_options(confirm: str | None, phrase: str) -> None:
    params = {"max_devices": 1, "max_percent": 2, "confirm_above": 3, "confirm": confirm}
    assert apply.read_limits(params) == apply.Limits(1, 2, 3, phrase)


def test_at_least_one_platform_is_named() -> None:
    assert apply.read_platforms({"platforms": ["MACOS"]}) == ["MACOS"]
    with pytest.raises(BadOption) as refused:
        apply.read_platforms({"platforms": []})
    assert refused.value.message == (
        "platforms: it is empty. Name at least one platform, or leave it out."
    )


@pytest.mark.parametrize(
    ("state", "serial", "warns"),
    [("suspended", "C09", True), ("suspended", "C01", False), ("absent", "C09", False)],
)
def test_a_serial_without_a_record_matters_unless_it_is_to_be_absent(
    reset: t.Any, state: t.Any, serial: str, warns: bool
) -> None:
    reset.stuck(1)
    reset.run(serial, **to_state(state))
    assert any("Okta has no device record" in each for each in reset.warnings) is warns


def test_a_record_that_somebody_else_deletes_meanwhile_is_not_counted(reset: t.Any) -> None:
    """Of two clean-ups at once, each deletion is one of the run that made it."""
    reset.stuck(1)

    def delete(call: tuple[str, ...]) -> None:
        if call[0] == "delete":
            reset.okta.records.pop("guo1")

    reset.okta.before = delete
    result = reset.run("C01", **to_state("absent"))
    assert [each.state for each in result.outcomes] == ["absent"]


def test_the_macs_alone_are_counted_for_the_limit(reset: t.Any) -> None:
    reset.stuck(1)
    reset.run("C01", **to_state("absent"))
    assert reset.kandji.calls == ["Mac"]


def test_the_certificate_check_of_the_option_is_read_for_macs_with_a_certificate(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    reset.stuck(1)
    asked: list[t.Any] = []
    monkeypatch.setattr(
        reset.kandji, "item_statuses", lambda *item: asked.append(item) or [], raising=False
    )
    reset.run("C01")
    assert asked == []
    reset.run("C01", certificate_check_item_id="item-1")
    assert [item[0] for item in asked] == ["item-1"]


@pytest.mark.parametrize(("key", "state"), [("0A", "reset"), ("B9", "skipped")])
def test_a_certificate_that_another_authority_signed_permits_no_reset(
    reset: t.Any, monkeypatch: t.Any, key: str, state: str
) -> None:
    """By the report of the Mac, and by the keys of Okta's authorities."""
    reset.stuck(1)
    (certificate,) = reset.kandji.certificates
    identity = {
        "cn": certificate.common_name,
        "aki": key * 20,
        "sha256": "a" * 64,
        "not_after": "2027-11-23T10:00:00Z",
    }
    check = {"device_trust_certificates": 1, "count": 1, "identities": [identity]}
    status = ItemStatus("d-C01", log=json.dumps(check, separators=(",", ":")))
    monkeypatch.setattr(reset.kandji, "item_statuses", lambda *_item: [status], raising=False)
    keys = {id(reset.okta): {"0A" * 20: None}}
    monkeypatch.setattr(apply, "read_key_expiries", lambda okta: keys[id(okta)])
    (outcome,) = reset.run("C01", certificate_check_item_id="item-1").outcomes
    assert outcome.state == state
    assert outcome.decision.code == (None if state == "reset" else "no_profile")


def test_profiles_of_other_rings_and_macs_of_other_platforms_do_not_count(reset: t.Any) -> None:
    reset.stuck(1)
    other = CustomProfile("3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e", mobileconfig="<plist/>")
    ring = Ring("canary", set(), other)
    (outcome,) = reset.run(selection=Selection(["C01"], rings=[ring])).outcomes
    assert outcome.decision.code == "no_profile" and reset.kandji.calls[0] == "Mac"
    reset.kandji.calls.clear()
    reset.run("C01", platforms=["MACOS", "IOS"])
    assert reset.kandji.calls[0] is None


def test_serials_that_nobody_knows_are_named_together_and_ids_are_not(reset: t.Any) -> None:
    reset.kandji.add("C07")
    reset.run(selection=Selection(["C08", "C07", "C09"], device_ids=["guo9"]))
    assert reset.warnings == [
        "serials: neither Okta nor Kandji knows C08, C09. Check the spelling."
    ]
    reset.warnings.clear()
    selection = Selection(["C08", "C09"], users=["eve@acme.com"], exact=True)
    reset.okta.enrolled["00u-eve"] = []
    reset.run(selection=selection, **to_state("active"))
    assert reset.warnings == [
        "Okta has no device record of C08, C09. Check the spelling of serials and ids."
    ]


def test_the_people_of_skipped_records_are_not_reported(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann", platform="IOS")
    reset.okta.add("guo2", "C02", "bob")
    result = reset.run("C01", "C02", report_people=True, **to_state("suspended"))
    assert [person.user.user.login for person in result.people] == ["bob@acme.com"]
    assert reset.run("C02", **to_state("active")).people == []


def test_a_repeated_suspension_waits_before_each_attempt(reset: t.Any, monkeypatch: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.events = suspended_by(BY_CLEAN_UP, "guo1")
    pauses: list[tuple[float, str]] = []
    settings = SimpleNamespace(wait=lambda seconds, text: pauses.append((seconds, text)))
    transport = SimpleNamespace(**{**vars(reset.okta.transport), "settings": settings})
    monkeypatch.setattr(type(reset.okta), "transport", transport)
    monkeypatch.setattr(
        reset.okta, "take_step", lambda step, _id: "already_done" if step == "suspend" else "done"
    )
    with pytest.raises(NotAsWritten):
        reset.run("C01", **to_state("suspended"))
    assert [seconds for seconds, _text in pauses] == list(apply.STALE_PAUSES)
    assert {text for _seconds, text in pauses} == {"Okta: waiting until the last step shows"}


def test_the_progress_of_a_run_to_a_state(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "C02", "bob", status="SUSPENDED")
    reset.run("C01", "C02", **to_state("suspended"))
    assert reset.progress == [
        "1 of 2 records read",
        "2 of 2 records read",
        "0 of 1 records changed",
        "1 of 1: C01 (guo1) changed",
    ]
