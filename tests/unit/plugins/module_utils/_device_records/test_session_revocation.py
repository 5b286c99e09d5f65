# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose sessions a run ends, when, and what its audit keeps of that."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.reader import (
    Selection,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEntity,
    LogEvent,
    OktaUser,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import (
    audit_of,
    refuse_the_log,
    states,
    to_state,
)


def leaving(*others: str, **options: t.Any) -> dict[str, t.Any]:
    selection = Selection(users=("ann@acme.com", *others), exact=True)
    return to_state("absent", revoke_sessions=True, selection=selection, **options)


def test_sessions_are_revoked_after_the_last_suspension_and_each_users_once(
    reset: t.Any, tmp_path: t.Any
) -> None:
    for number in (1, 2):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann")
    options = to_state("suspended", revoke_sessions=True, state_dir=str(tmp_path))
    planned = reset.run("C01", "C02", check_mode=True, **options)
    assert planned.revoked == ["ann@acme.com"] and reset.okta.writes == []
    assert reset.run("C01", "C02", **options).revoked == ["ann@acme.com"]
    assert reset.okta.writes == [("suspend", "guo1"), ("suspend", "guo2"), ("revoke", "00u-ann")]
    lines = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()]
    assert [(line["result"], line.get("user")) for line in lines] == [
        *(("started", None), ("suspended", None)) * 2,
        ("sessions revoked", "ann@acme.com"),
    ]


@pytest.mark.parametrize(
    ("changed", "ended", "began", "revoked"),
    [
        ("2026-11-20T10:00:00.000Z", None, None, ["ann@acme.com"]),
        ("2026-11-20T10:00:00.000Z", "2026-11-20T09:59:59.000Z", None, ["ann@acme.com"]),
        ("2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.000Z", None, []),
        (None, "2026-11-20T10:00:01.000Z", None, ["ann@acme.com"]),
        (
            "2026-11-20T10:00:00.000Z",
            "2026-11-20T10:00:00.000Z",
            "2026-11-21T10:00:00.000Z",
            ["ann@acme.com"],
        ),
        (
            "2026-11-20T10:00:00.000Z",
            "2026-11-20T12:00:00.000Z",
            "2026-11-20T11:00:00.000Z",
            [],
        ),
    ],
)
def test_sessions_end_also_if_the_record_was_suspended_before_unless_they_ended_since(
    reset: t.Any, changed: str | None, ended: str | None, began: str | None, revoked: list[str]
) -> None:
    record = reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.records["guo1"] = replace(record, last_updated=changed)
    if ended:
        user = LogEntity("00u-ann", "User")
        reset.okta.events = [
            LogEvent(
                event_type="user.session.clear",
                published=ended,
                targets=(user,),
                user_agent="devicetrust.okta_kandji/1.0.0",
            )
        ]
    if began:
        start = LogEvent(
            event_type="user.session.start", published=began, actor=LogEntity("00u-ann", "User")
        )
        reset.okta.events.append(start)
    options = to_state("suspended", revoke_sessions=True)
    last = reset.run("C01", check_mode=True, **options)
    assert bool(last.ended) is not bool(revoked)
    assert reset.run("C01", check_mode=True, **options).revoked == revoked
    assert reset.okta.writes == []
    assert reset.run("C01", **options).revoked == revoked
    assert reset.okta.writes == [("revoke", "00u-ann") for _login in revoked]


def test_a_failed_revocation_keeps_no_mac_from_being_suspended(
    reset: t.Any, monkeypatch: t.Any, tmp_path: t.Any
) -> None:
    for number in (1, 2):
        reset.okta.add(f"guo{number}", f"C0{number}", f"ann{number}")

    def refuse(user_id: str) -> None:
        raise Refused("The credentials lack a scope.")

    monkeypatch.setattr(reset.okta, "revoke_sessions", refuse)
    options = to_state("suspended", revoke_sessions=True, state_dir=str(tmp_path))
    with pytest.raises(Refused) as refused:
        reset.run("C01", "C02", **options)
    assert [row["state"] for row in refused.value.details["devices"]] == ["changed"] * 2
    assert "steps" in refused.value.details["devices"][0]
    last = [json.loads(line) for line in (tmp_path / "device_audit.jsonl").open()][-1]
    assert (last["result"], last["user"]) == ("sessions not revoked", "ann1@acme.com")


def test_a_loss_of_registrations_revokes_the_sessions_first(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.run("C01", **to_state("absent", revoke_sessions=True))
    assert [call[0] for call in reset.okta.writes] == ["revoke", "deactivate", "delete"]


def test_named_users_who_leave_lose_their_sessions_without_a_record_too(reset: t.Any) -> None:
    reset.okta.enrolled["00u-ann"] = []
    planned = reset.run(check_mode=True, **leaving())
    assert planned.revoked == ["ann@acme.com"] and reset.okta.writes == []
    done = reset.run(**leaving())
    assert done.revoked == ["ann@acme.com"] and reset.okta.writes == [("revoke", "00u-ann")]
    reset.okta.events = [
        LogEvent(
            event_type="user.session.clear",
            published="2026-11-23T10:00:00.000Z",
            targets=(LogEntity("00u-ann", "User"),),
            user_agent="devicetrust.okta_kandji/1.0.0",
        )
    ]
    assert reset.run(**leaving()).revoked == []
    off = {**leaving(), "revoke_sessions": False}
    reset.okta.events = []
    assert reset.run(**off).revoked == [] and len(reset.okta.writes) == 1


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_unknown_user_who_leaves_is_refused_before_any_write(
    reset: t.Any, check_mode: bool
) -> None:
    """It may be an old name of a person whose sessions go on."""
    reset.okta.add("guo1", "C01", "ann")
    with pytest.raises(Refused, match=r"^revoke_sessions: Okta has no user 'eve@acme\.com'"):
        reset.run(check_mode=check_mode, **leaving("eve@acme.com"))
    assert reset.okta.writes == []
    assert reset.run(**{**leaving("eve@acme.com"), "revoke_sessions": False}).revoked == []


def test_the_audit_of_a_person_without_a_record_names_the_person_alone(
    reset: t.Any, tmp_path: t.Any
) -> None:
    reset.okta.enrolled["00u-ann"] = []
    (line,) = audit_of(reset.run(**leaving(state_dir=str(tmp_path))))
    assert (line["result"], line["user"]) == ("sessions revoked", "ann@acme.com")
    assert (line["device_id"], line["serial_number"]) == ("", "")


def test_sessions_end_before_the_first_record_goes_and_once(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.run(**leaving())
    assert [call[0] for call in reset.okta.writes] == ["revoke", "deactivate", "delete"]


def test_a_shared_record_that_stays_does_not_keep_the_sessions(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann", "bob")
    assert states(reset.run(**leaving())) == ["skipped"]
    assert reset.okta.writes == [("revoke", "00u-ann")]


def test_without_the_log_sessions_are_ended_with_a_warning(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    reset.okta.enrolled["00u-ann"] = []

    def refuse(*_query: str) -> list[LogEvent]:
        raise Refused("The credentials lack a scope.")

    monkeypatch.setattr(reset.okta, "log_events", refuse)
    assert reset.run(**leaving()).revoked == ["ann@acme.com"]
    assert any("sessions of 00u-ann ended before is unknown" in text for text in reset.warnings)


@pytest.mark.parametrize(
    ("record", "options", "opens"),
    [
        ({"status": "SUSPENDED"}, {"revoke_sessions": True}, True),
        ({"status": "SUSPENDED"}, {"revoke_sessions": False}, False),
        ({"platform": "IOS"}, {"revoke_sessions": True}, False),
    ],
)
def test_an_audit_is_needed_where_sessions_may_end_though_no_record_changes(
    reset: t.Any, record: dict[str, t.Any], options: dict[str, t.Any], opens: bool
) -> None:
    reset.stuck(1, "ann", **record)
    reset.run("C01", **to_state("suspended", **options))
    assert any("no audit of this run is kept" in each for each in reset.warnings) is opens


@pytest.mark.parametrize("state", ["suspended", "absent"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_each_user_of_the_records_loses_the_sessions_once(
    reset: t.Any, state: t.Any, check_mode: bool
) -> None:
    reset.stuck(1, "ann")
    reset.stuck(2, "ann", "bob")
    options = to_state(state, revoke_sessions=True, check_mode=check_mode, allow=["shared"])
    result = reset.run("C01", "C02", **options)
    assert result.revoked == ["ann@acme.com", "bob@acme.com"]
    revoked = [user for step, user in reset.okta.writes if step == "revoke"]
    assert sorted(revoked) == ([] if check_mode else ["00u-ann", "00u-bob"])


def test_an_error_after_the_suspensions_carries_what_was_done(
    reset: t.Any, monkeypatch: t.Any
) -> None:
    """Whether sessions ended since a suspension of before is in the log."""
    reset.okta.add("guo1", "C01", "ann", status="SUSPENDED")
    reset.okta.add("guo2", "C02", "bob", status="SUSPENDED")
    refuse_the_log(reset, monkeypatch)
    with pytest.raises(Refused) as refused:
        reset.run("C01", "C02", **to_state("suspended", revoke_sessions=True))
    assert [row["state"] for row in refused.value.details["devices"]] == ["unchanged"] * 2
    assert reset.warnings[0] == (
        "guo1, guo2: whether a clean-up or another deletion may delete it is unknown. The"
        " credentials lack a scope."
    )


@pytest.mark.parametrize(("status", "revoked"), [("ACTIVE", True), ("DEPROVISIONED", False)])
def test_only_a_person_who_may_sign_in_can_have_sessions(
    reset: t.Any, monkeypatch: t.Any, status: str, revoked: bool
) -> None:
    user = OktaUser("00u-ann", "ann@acme.com", status=status)
    monkeypatch.setattr(reset.okta, "user", lambda _login: user)
    refuse_the_log(reset, monkeypatch)
    assert bool(reset.run(**leaving()).revoked) is revoked
    warning = (
        "Whether the sessions of 00u-ann ended before is unknown. The credentials lack a scope."
    )
    assert (warning in reset.warnings) is revoked


def test_a_suspension_of_named_users_ends_no_session_without_a_record(reset: t.Any) -> None:
    """The users of a lost Mac stay; only those of its record lose their sessions."""
    reset.okta.enrolled["00u-ann"] = []
    selection = Selection(users=("ann@acme.com",), exact=True)
    result = reset.run(selection=selection, **to_state("suspended", revoke_sessions=True))
    assert result.revoked == [] and reset.okta.writes == []
    assert "state_dir: it is not set, so no audit of this run is kept." not in reset.warnings
