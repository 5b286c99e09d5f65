# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a tenant's answers."""

from __future__ import annotations

import json
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import trial
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    READ,
    REFUSED,
    SKIPPED,
    TRIAL,
    Material,
    ReadOutcome,
    Reply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.document import (
    READS_FINGERPRINT,
    build_document,
    fingerprint_of_reads,
    json_pieces,
    predict_fingerprint,
    unknown_things,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
    answer_points,
)

from tests.unit.plugins.module_utils._tenant_check.test_trial import tried

VENDORS = {"listDevices": "okta", "List Devices": "kandji"}


def reply(body=None, status=200, headers=None):
    return Reply({}, {}, status, headers or {}, body)


def document(*replies, outcomes=None):
    material = Material({"listDevices": replies}, outcomes or {})
    return build_document(material, answer_points(material), VENDORS)


def test_an_operation_that_was_not_sent_is_left_out():
    made = document()
    assert made["operations"] == [] and made["lab"] == {"switches": {}, "limits": {}}
    assert list(made)[:2] == ["format", "fingerprint"]


def test_an_operation_has_what_its_answers_look_like():
    headers = {"content-type": "application/json; charset=utf-8", "x-qxj": "1", "date": "x"}
    refused = reply({"errorCode": "E0000006", "qxj": 1}, 403, {"content-type": "text/qxj"})
    [row] = document(reply([{"id": "a"}], headers=headers), refused)["operations"]
    assert row["statuses"] == ["200", "403"] and row["answers"] == {"200": 1, "403": 1}
    assert row["codes"] == ["E0000006"] and row["rows"] == 1
    assert row["content_types"] == ["another", "application/json"]
    assert row["headers"] == ["content-type", "date", "header 1"]
    assert row["unknown_keys"] == []


def test_a_code_of_a_gateway_is_replaced():
    [row] = document(reply({"error": "qxj of acme"}, 400))["operations"]
    assert row["codes"] == ["code 1"]


def test_numbers_of_rows_leave_the_fingerprint_alone():
    once = document(reply([{"id": "a"}]))
    assert (
        document(reply([{"id": "b"}, {"id": "c"}]), reply([]))["fingerprint"]
        == (once["fingerprint"])
    )
    assert document(reply([{"id": None}]))["fingerprint"] != once["fingerprint"]


def test_a_read_that_failed_has_its_status_and_code():
    outcomes = {
        "log": ReadOutcome(REFUSED, 403, "E0000006"),
        "users": ReadOutcome(SKIPPED, reason="No user was read."),
        "devices": ReadOutcome(READ),
    }
    made = document(outcomes=outcomes)
    assert made["reads"] == {
        "log": {"state": "refused", "status": 403, "code": "E0000006"},
        "users": {"state": "skipped", "reason": "No user was read."},
        "devices": {"state": "read"},
    }
    reasons = {row["point"]: row["reason"] for row in made["points"] if "reason" in row}
    assert reasons["bind_event_serial"] == ("The read that it needs was refused (403 E0000006).")
    assert reasons["login_case"] == "No user was read."


def test_what_is_not_known_is_listed_in_words():
    rows = list(unknown_things(document(reply([{"qxj": 1, "status": "ZZK"}]))))
    assert rows == [
        ("listDevices", "[]", "key 'key 1' (number)"),
        ("listDevices", "[].status", "value 'value 1'"),
    ]


def test_the_fingerprint_is_near_the_beginning_of_the_file():
    made = document(reply([{"id": "a"}]))
    text = "".join(json_pieces(made, "2026-11-27T08:00:00Z"))
    assert str(made["fingerprint"]) in text[:200]
    assert json.loads(text) == {**made, "generated_at": "2026-11-27T08:00:00Z"}


def test_the_fingerprint_of_the_reads_is_the_same_with_and_without_the_trial():
    skipped = Material({"listDevices": [reply([{"id": "a"}])]}, {TRIAL: ReadOutcome(SKIPPED)})
    made = replace(
        skipped, outcomes={TRIAL: ReadOutcome(READ)}, trial=tried(trial.CONTENT.decode())
    )
    assert len({fingerprint_of_reads(each, VENDORS) for each in (skipped, made)}) == 1
    documents = [build_document(each, answer_points(each), VENDORS) for each in (skipped, made)]
    assert documents[0]["fingerprint"] != documents[1]["fingerprint"]
    other = replace(made, replies={})
    assert fingerprint_of_reads(other, VENDORS) != fingerprint_of_reads(made, VENDORS)


def test_check_mode_predicts_the_fingerprint_of_a_trial_that_was_made_before():
    checked = {"fingerprint": "now", READS_FINGERPRINT: "reads"}
    before = {"fingerprint": "then", READS_FINGERPRINT: "reads", "reads": {TRIAL: {"state": READ}}}
    assert predict_fingerprint(checked, before) == "then"
    for other in (
        None,
        [],
        {**before, READS_FINGERPRINT: "others"},
        {**before, "reads": {TRIAL: {"state": SKIPPED}}},
        {**before, "reads": None},
        {**before, "fingerprint": ""},
    ):
        assert predict_fingerprint(checked, other) == "now"
