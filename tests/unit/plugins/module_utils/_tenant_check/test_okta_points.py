# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of Okta's answers decides a point. The lab shows each position in tests/functional."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    Material,
    Reply,
    Surroundings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.okta_points import (
    OKTA_POINTS,
    lab_limits,
)

NOWHERE = Surroundings()
POINTS = {point.id: point for point in OKTA_POINTS}


def reply(body=None, status=200, path=None, query=None, headers=None, content=b""):
    return Reply(path or {}, query or {}, status, headers or {}, body, content)


def judge(name, surroundings=NOWHERE, **replies):
    named = {key.replace("_", " "): value for key, value in replies.items()}
    finding = POINTS[name].judge(Material(named, {}, surroundings))
    return finding and finding.position


def event(kind, at="2026-11-27T08:00:00.000Z", actor="00u1", targets=(), **more):
    return {
        "eventType": kind,
        "published": at,
        "actor": {"id": actor},
        "target": list(targets),
    } | more


def test_the_field_of_a_certificate_is_the_one_that_names_a_mac():
    devices = [reply([{"serial_number": "C02XK1ZAJG5J"}, {"serial_number": ""}])]
    target = {"alternateId": "unknown", "displayName": "C02XK1ZAJG5J managementAttestation"}
    events = [reply([event("pki.cert.issue", targets=[target])])]
    assert judge("certificate_target_field", List_Devices=devices, listLogEvents=events) == (
        "displayName"
    )
    others = [reply([{"serial_number": "XC02XK1ZAJG5J"}])]
    assert judge("certificate_target_field", List_Devices=others, listLogEvents=events) is None


@pytest.mark.parametrize(
    ("content", "position"),
    [(b"\x30\x82\x03\x05\x30", "der"), (b"", None), (b"<html>", None)],
)
def test_the_form_of_a_certificate_answer(content, position):
    assert judge("ca_certificate_answer", GetCACert=[reply(content=content)]) == position


def test_a_page_in_place_of_certificates_or_capabilities_is_not_coped_with():
    replies = {"GetCACert": [reply(content=b"<html>")], "GetCACaps": [reply(content=b"<html> a")]}
    for name in ("ca_certificate_answer", "scep_capabilities"):
        finding = POINTS[name].judge(Material(replies))
        assert finding and finding.position is None and not finding.copes


@pytest.mark.parametrize(
    ("content", "status", "position"),
    [
        (b"AES\nPOSTPKIOperation\nSHA-256", 200, "modern"),
        (b"scepstandard\r\n", 200, "modern"),
        (b"DES3\nSHA-1\nQXJ", 200, "old"),
        (b"", 200, "none"),
        (b"AES", 404, "missing"),
    ],
)
def test_what_a_list_of_capabilities_announces(content, status, position):
    assert judge("scep_capabilities", GetCACaps=[reply(None, status, content=content)]) == position


@pytest.mark.parametrize(
    ("host", "position"),
    [("acme.okta.com", "org"), ("login.acme.com", "alternate"), ("sso.acme.com", "other")],
)
def test_the_host_of_the_scep_url(host, position):
    links = {
        "organization": {"href": "https://acme.okta.com"},
        "alternate": {"href": "https://login.acme.com"},
    }
    metadata = [reply({"_links": links})]
    there = Surroundings("acme.okta.com", scep_host=host)
    assert judge("scep_host", there, getWellknownOrgMetadata=metadata) == position


def test_another_org_at_okta_is_not_coped_with():
    metadata = [reply({"_links": {"organization": {"href": "https://acme.okta.com"}}})]
    there = Surroundings("acme.okta.com", scep_host="other.okta.com")
    finding = POINTS["scep_host"].judge(Material({"getWellknownOrgMetadata": metadata}, {}, there))
    assert finding and not finding.copes


@pytest.mark.parametrize(
    "words",
    [
        {"debugContext": {"debugData": {"factor": "signed_nonce"}}},
        {"targets": [{"detailEntry": {"methodTypeUsed": "Use Okta FastPass"}}]},
    ],
)
def test_a_record_that_is_older_than_the_last_sign_in_was_not_touched(words):
    events = [
        event("user.authentication.auth_via_mfa", **words),
        event("user.session.start", "2026-11-27T08:00:02.000Z", device={"id": "guo1"}),
        event("user.session.start", "2026-11-20T08:00:02.000Z", device={"id": "guo2"}),
    ]
    touched = {"id": "guo1", "lastUpdated": "2026-11-27T08:00:01.000Z"}
    older = {"id": "guo1", "lastUpdated": "2026-11-26T08:00:01.000Z"}
    later = {"id": "guo1", "lastUpdated": "2026-11-29T08:00:01.000Z"}
    without = {"id": "guo2", "lastUpdated": "2026-11-01T08:00:01.000Z"}
    for record, position in ((touched, True), (older, False), (later, None), (without, None)):
        answers = {"listLogEvents": [reply(events)], "getDevice": [reply(record)]}
        assert judge("sign_in_touches_record", **answers) is position


def test_a_gap_between_the_numbers_of_rules():
    def rules(*numbers):
        rows = [{"priority": number} for number in numbers]
        return [reply([*rows, {"priority": 99, "system": True}])]

    assert judge("rule_numbers", listPolicyRules=rules(0, 2)) == "gaps"
    assert judge("rule_numbers", listPolicyRules=rules(0, 1)) is None
    assert judge("rule_numbers", listPolicyRules=rules(1, 2)) is None
    assert judge("rule_numbers", listPolicyRules=rules()) is None


def denial(*rules, at="2026-11-27T08:00:00.000Z"):
    targets = [{"id": "0oa1", "type": "AppInstance"}, {"id": "rst1", "type": "PolicyEntity"}]
    targets += [{"id": rule, "type": "PolicyRule"} for rule in rules]
    return event("policy.evaluate_sign_on", at, targets=targets)


def test_a_denial_names_all_rules_or_the_one():
    policy = [reply([{"status": "ACTIVE"}, {"status": "ACTIVE"}], path={"policyId": "rst1"})]
    for rules, position in ((("a", "b"), "all"), (("a",), "one"), ((), None)):
        answers = {"listLogEvents": [reply([denial(*rules)])], "listPolicyRules": policy}
        assert judge("denial_rules", **answers) == position
    alone = [reply([{"status": "ACTIVE"}, {"status": "INACTIVE"}], path={"policyId": "rst1"})]
    answers = {"listLogEvents": [reply([denial("a")])], "listPolicyRules": alone}
    assert judge("denial_rules", **answers) is None


def test_a_denial_without_its_event_of_the_app():
    app = event(
        "application.policy.sign_on.deny_access",
        targets=[{"id": "0oa1"}, {"id": "00u1"}],
    )
    late = {**app, "published": "2026-11-27T09:00:00.000Z"}
    early = denial(at="2026-11-26T08:00:00.000Z")
    for rows, position in (
        ([denial("a"), app], "all"),
        ([denial("a")], "unsatisfied"),
        ([denial("a"), denial("a", at="2026-11-27T08:30:00.000Z"), app], "unsatisfied"),
        ([denial("a"), app, early], "all"),
        ([app], None),
        ([denial("a"), late], None),
    ):
        assert judge("deny_access_events", listLogEvents=[reply(rows)]) == position, rows


@pytest.mark.parametrize(
    ("status", "code", "position", "copes"),
    [
        (400, "E0000001", "none", True),
        (401, "E0000015", "none", True),
        (404, "E0000007", "none", True),
        (403, "E0000006", "refused", True),
        (401, "E0000011", "refused", False),
        (500, "E0000009", "refused", False),
    ],
)
def test_what_an_org_without_signal_policies_answers(status, code, position, copes):
    query = {"type": "DEVICE_SIGNAL_COLLECTION"}
    replies = {"listPolicies": [reply({"errorCode": code}, status, query=query)]}
    finding = POINTS["signal_policies"].judge(Material(replies))
    assert finding and (finding.position, finding.copes) == (position, copes)


def test_the_link_of_a_mapping_counts_for_signal_policies_alone():
    policies = [reply([{"id": "rst1"}], query={"type": "DEVICE_SIGNAL_COLLECTION"})]
    for policy, position in (("rst1", "policy"), ("rst2", None)):
        links = {"self": {}, "policy": {}, "qxj": {}}
        mappings = [reply([{"_links": links}], path={"policyId": policy})]
        answers = {"listPolicies": policies, "listPolicyMappings": mappings}
        assert judge("signal_policy_link", **answers) == position


def test_the_keys_of_okta_verify():
    one = [reply([{"key": "okta_verify", "settings": {"appInstanceId": ""}}, {"key": "webauthn"}])]
    three = [reply([{"key": "okta_verify_push"}, {"key": "okta_verify"}])]
    assert judge("flexible_okta_verify", listAuthenticators=one) is False
    assert judge("flexible_okta_verify", listAuthenticators=three) is True
    assert judge("legacy_okta_verify_listed", listAuthenticators=one) is None
    assert judge("legacy_okta_verify_listed", listAuthenticators=three) is True
    assert judge("app_instance_id", listAuthenticators=one) == "empty"
    assert judge("app_instance_id", listAuthenticators=three) is None


def test_the_form_of_a_simulation():
    refused, taken = reply({"errorCode": "E0000003"}, 400), reply([])
    assert judge("simulation", createPolicySimulation=[taken]) == "object"
    assert judge("simulation", createPolicySimulation=[refused, taken]) == "list"
    assert judge("simulation", createPolicySimulation=[refused, refused]) is None
    missing = reply({"errorCode": "E0000015"}, 401)
    assert judge("simulation", createPolicySimulation=[missing]) == "missing"
    assert judge("simulation", createPolicySimulation=[reply({}, 403)]) is None


def test_enrollments_count_against_the_records_of_their_user():
    def record(*users):
        return {"_embedded": {"users": [{"user": {"id": user}} for user in users]}}

    devices = [reply([record("00u1", "00u2"), record("00u1")])]
    for keys, position in (
        (["okta_verify", "okta_verify"], "each"),
        (["okta_verify_fastpass", "okta_password"], "fewer"),
    ):
        enrolled = [reply([{"key": key} for key in keys], path={"userId": "00u1"})]
        answers = {"listDevices": devices, "listAuthenticatorEnrollments": enrolled}
        assert judge("enrollments_by_device", **answers) == position
    single = [reply([{"key": "okta_verify"}], path={"userId": "00u2"})]
    answers = {"listDevices": devices, "listAuthenticatorEnrollments": single}
    assert judge("enrollments_by_device", **answers) is None


def test_a_token_that_is_refused_everywhere_says_nothing_of_the_authorities():
    refused = [reply({"errorCode": "E0000011"}, 401)]
    assert judge("api_token_reads_authorities", listCertificateAuthorities=refused) is None
    read = {"listCertificateAuthorities": refused, "listLogEvents": [reply([])]}
    assert judge("api_token_reads_authorities", **read) is False
    app = Surroundings(signs_in_by="service app")
    assert judge("api_token_reads_authorities", app, **read) is None
    assert judge("certificate_authorities", **read) is None


@pytest.mark.parametrize("value", ["", "many", "-5", "50, 60", "9" * 12])
def test_a_limit_that_is_no_number_is_none(value):
    headers = {"x-rate-limit-limit": value}
    material = Material({"listDevices": [reply([], headers=headers)]})
    assert lab_limits(material) == {}
    assert judge("rate_limits", listDevices=[reply([], headers=headers)]) is None


def test_the_limits_of_the_lab():
    one, two = ({"x-rate-limit-limit": number} for number in ("50", "0"))
    replies = [reply([], headers=one), reply([], headers=two)]
    assert lab_limits(Material({"listDevices": replies})) == {"devices": 50}
