# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accepted deviations: what the vendors' OpenAPI descriptions lack or get wrong, with the source.

The recorder (lab.contract.recorder) finds differences between the lab and a description. What is
not on this list is an error of the lab or of the collection.
``python -m lab.contract.accepted_deviations`` writes the list to docs/dev/openapi-exceptions.md.
"""

from __future__ import annotations

import re
import sys
import typing as t
from dataclasses import dataclass

from tools.support.environment import CHECKOUT

PAGE = CHECKOUT / "docs" / "dev" / "openapi-exceptions.md"


@dataclass(frozen=True)
class Deviation:
    """A case in which a description is wrong or incomplete.

    ``operations`` are the names in the lab, ``*`` for all of the vendor. ``finding`` is a pattern
    that matches "status part: problem" completely.
    """

    vendor: str
    operations: tuple[str, ...]
    finding: str
    lacks: str
    source: str

    def covers(self, vendor: str, operation: str, finding: str) -> bool:
        """Return whether a finding is this case."""
        return (
            vendor == self.vendor
            and (operation in self.operations or self.operations == ("*",))
            and bool(re.fullmatch(self.finding, finding))
        )


_LIFECYCLE = (
    "activateDevice",
    "deactivateDevice",
    "suspendDevice",
    "unsuspendDevice",
    "deleteDevice",
)
_METHODS = (
    "listAuthenticatorMethods",
    "getAuthenticatorMethod",
    "replaceAuthenticatorMethod",
    "activateAuthenticatorMethod",
    "deactivateAuthenticatorMethod",
)
_AUTHORITIES = (
    "listCertificateAuthorities",
    "getCertificateAuthority",
    "listCertificateAuthorityCertificates",
    "getCertificateAuthorityCertificate",
    "listRegistrationAuthorities",
    "getRegistrationAuthority",
)
_RECORDED = "Answers of live orgs, recorded in the tests of Okta's Python SDK from 2020 to 2026."
_KANDJI_INTRODUCTION = "The status codes in the introduction of Kandji's API documentation"

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "scep",
        ("*",),
        r"\d+ operation: not in the description",
        "SCEP is not in it at all.",
        "RFC 8894, and Okta's help page Configure a certificate authority, which gives the SCEP"
        " URL.",
    ),
    Deviation(
        "okta",
        ("token",),
        r"\d+ operation: not in the description",
        "`/oauth2/v1/token` is not in the management description.",
        "Okta's OpenID Connect & OAuth 2.0 API reference, and the guide Implement OAuth for Okta"
        " with a service app.",
    ),
    Deviation(
        "okta",
        ("listUsers",),
        r"\d+ operation: not in the description",
        "The description that we have is a subset without `GET /api/v1/users`.",
        "Okta's Users API reference; Okta's Python SDK calls it (`list_users`).",
    ),
    Deviation(
        "okta",
        ("listUserGroups",),
        r"\d+ operation: not in the description",
        "The description that we have is a subset without `GET /api/v1/users/{id}/groups`.",
        "Okta's User Resources API reference, List all groups; Okta's Python SDK calls it"
        " (`list_user_groups`).",
    ),
    Deviation(
        "okta",
        ("revokeUserSessions",),
        r"\d+ operation: not in the description",
        "The description that we have is a subset without `DELETE"
        " /api/v1/users/{userId}/sessions`.",
        "Okta's User Sessions API reference; Okta's Go SDK calls it (`RevokeUserSessions`).",
    ),
    Deviation(
        "okta",
        ("listApplications", "getApplication"),
        r"\d+ operation: not in the description",
        "The description that we have is a subset without `GET /api/v1/apps` and `GET"
        " /api/v1/apps/{appId}`.",
        "Okta's Applications API reference; Okta's Python SDK calls them (`list_applications`,"
        " `get_application`).",
    ),
    Deviation(
        "okta",
        ("listPolicyRules", "getPolicyRule", "createPolicyRule", "replacePolicyRule"),
        r"200 answer: body(\[\])?\.conditions is null, not object",
        "`conditions` of a rule without any, the catch-all rule above all, are null.",
        "The examples of rules in the same description, and Okta's Policies API reference on the"
        " catch-all rule.",
    ),
    Deviation(
        "okta",
        (
            "listGroups",
            "listPolicies",
            "deletePolicy",
            "activatePolicy",
            "deactivatePolicy",
            "deletePolicyRule",
            "activatePolicyRule",
            "deactivatePolicyRule",
            "createPolicySimulation",
        ),
        r"400 status: not described",
        "A query or a body that Okta cannot take, and changes of what is Okta's own.",
        "Okta's error codes: E0000001, Api validation failed, 400; E0000003, malformed body, 400.",
    ),
    Deviation(
        "okta",
        (
            "createPolicyRule",
            "replacePolicyRule",
            "deletePolicyRule",
            "activatePolicyRule",
            "deactivatePolicyRule",
        ),
        r"500 status: not described",
        "Rules of one policy that are written at the same time.",
        "Okta's error codes: E0000009, 500; issues 836, 1198 and 2571 of Okta's Terraform"
        " provider.",
    ),
    Deviation(
        "okta",
        ("listPolicyRules", "getPolicyRule", "createPolicyRule", "replacePolicyRule"),
        r"\d+ (request|answer):"
        r" body(\[\])?\..*\.constraints\[\]\.(knowledge|possession)\.(types|methods)\[\] is"
        r" '[a-z_]+', against enum",
        "The words of `types` and `methods` in a constraint are written small.",
        "The examples of rules in the same description, and Okta's Python SDK, which refuses"
        " anything else.",
    ),
    Deviation(
        "okta",
        ("clonePolicy",),
        r"200 answer: body\.(created|lastUpdated) is null, not string",
        "A new clone has no dates yet.",
        "An answer of a live org, recorded in the tests of Okta's Python SDK.",
    ),
    Deviation(
        "okta",
        ("assignApplicationPolicy",),
        r"400 status: not described",
        "The policy of the Admin Console takes no other app.",
        "An answer of a live org, recorded in the tests of Okta's Python SDK: E0000001.",
    ),
    Deviation(
        "okta",
        ("createPolicySimulation",),
        r"\d+ request: body is object, not array",
        "One question where the description has a list of them.",
        "Okta's guide to policy simulation sends one object; an org, recorded in the tests of"
        " Okta's Python SDK, answered 400 E0000003 to a list.",
    ),
    Deviation(
        "okta",
        ("createPolicySimulation",),
        r"\d+ request: body\[\]\.policyContext\.(groups|user) is not there",
        "`policyContext` needs a user and groups by its schema; its text allows one of the two"
        " alone.",
        "The description of both fields in the same description; Okta's Python SDK sends no empty"
        " list of groups.",
    ),
    Deviation(
        "okta",
        ("*",),
        r"401 status: not described",
        "401 is listed for device integrations alone.",
        "Okta's error codes: E0000011, Invalid token provided, 401.",
    ),
    Deviation(
        "okta",
        _AUTHORITIES,
        r"200 answer: body\..*(createdDate|lastUpdatedDate|expirationDate|caExpirationDate)"
        r" is string, against format",
        "Dates of the Certificate Authorities API have an offset without a colon.",
        "The examples of this API in Okta's Go SDK: `2028-03-18T23:44:57.000+0000`.",
    ),
    Deviation(
        "okta",
        _AUTHORITIES,
        r"(403|404|405) status: not described",
        "The answers of an org without the Certificate Authorities API, or of credentials that may"
        " not read it.",
        "Okta's error codes: E0000006, 403; E0000007, 404; E0000022, 405. Which of them an org"
        " answers is unknown; it is a switch of the lab.",
    ),
    Deviation(
        "okta",
        ("listDevices",),
        r"400 status: not described",
        "A search that Okta cannot read.",
        "Okta's error codes: E0000031, Invalid search criteria, 400; E0000001, 400.",
    ),
    Deviation(
        "okta",
        _LIFECYCLE,
        r"400 status: not described",
        "A step that the status of the record does not allow.",
        "Okta's error codes: E0000001, Api validation failed, 400. Whether Okta says it here is"
        " unknown; it is a switch of the lab.",
    ),
    Deviation(
        "okta",
        ("*",),
        r"200 answer: body(\[\])?(\.user)?\.credentials\.emails is not described",
        "`credentials.emails` of a user is missing.",
        _RECORDED,
    ),
    Deviation(
        "okta",
        ("getWellknownOrgMetadata",),
        r"200 answer: body\.(cell|settings) is not described",
        "`cell` and `settings` are missing.",
        _RECORDED,
    ),
    Deviation(
        "okta",
        ("*",),
        r"200 answer: body(\[\])?\._links\.enroll is not described",
        "The link `enroll` of an authenticator that is an app is missing.",
        _RECORDED,
    ),
    Deviation(
        "okta",
        _METHODS,
        r"200 answer: body.*\.settings\.encoding is 'Base32', against enum",
        "The encoding of TOTP is written `Base32`, not `base32`.",
        _RECORDED,
    ),
    Deviation(
        "okta",
        _METHODS,
        r"200 answer: body.*\.settings\.algorithm is 'HMACSHA1', against enum",
        "The algorithm of TOTP is written `HMACSHA1`, not `HMacSHA1`.",
        "Okta's Python SDK 3.4.6 refuses anything else; answers of a live org, recorded in its"
        " tests, have it so.",
    ),
    Deviation(
        "okta",
        (
            "listAuthenticators",
            "getAuthenticator",
            "replaceAuthenticator",
            "activateAuthenticator",
            "deactivateAuthenticator",
        ),
        r"200 answer: body(\[\])?\.settings\.(enrollmentSecurityLevel|userVerificationMethods) is"
        r" not described",
        "`enrollmentSecurityLevel` and `userVerificationMethods` among the settings of Okta"
        " Verify.",
        "Answers of a live org, recorded in the tests of Okta's Terraform provider, and the"
        " acceptance test of its resource okta_authenticator.",
    ),
    Deviation(
        "okta",
        (
            "listAuthenticators",
            "getAuthenticator",
            "replaceAuthenticator",
            "activateAuthenticator",
            "deactivateAuthenticator",
        ),
        r"200 answer: body(\[\])?(\.key is string, against enum|\.settings is not described)",
        "Okta Verify as three authenticators, a switch of the lab.",
        "Okta's release notes of 2026.08.0: flexible Okta Verify.",
    ),
    Deviation(
        "okta",
        ("getDevice",),
        r"200 answer: body\._embedded is not described",
        "`_embedded.originatedFrom` of a record.",
        "Answers of a live org, recorded in the tests of Okta's Terraform provider.",
    ),
    Deviation(
        "okta",
        ("listDevices", "getDevice", "listUserDevices"),
        r"200 answer: body.*\._links\.self\.hints\.allow\[\] is 'PATCH', against enum",
        "`PATCH` as a hint of a record's own link.",
        "The example List all devices with embedded user summaries in the same description.",
    ),
    Deviation(
        "okta",
        ("listDevices", "getDevice", "listUserDevices"),
        r"200 answer: body.*\.resourceAlternateId is null, not string",
        "`resourceAlternateId` may be null.",
        "The same example.",
    ),
    Deviation(
        "okta",
        ("listAuthenticatorEnrollments",),
        r"200 answer: body is .*",
        "A list where the description has one object.",
        "The operation's text and its example List of authenticator enrollments in the same"
        " description.",
    ),
    Deviation(
        "okta",
        ("listDevices",),
        r"200 answer: body\[\]\._embedded\.users is null, not array",
        "`_embedded.users` may be null.",
        "Okta's support articles on the Devices API; a record that nobody uses has it so.",
    ),
    Deviation(
        "okta",
        ("listLogEvents",),
        r"200 answer: body\[\]\..* is null, (not \w+|against enum)",
        "Fields of an event without a value are null.",
        "The example List all System Log events in the same description: zone, id, issuer, reason,"
        " detailEntry and others are null, none is marked nullable.",
    ),
    Deviation(
        "okta",
        ("listLogEvents",),
        r"200 answer: body\[\]\.device is not described",
        "`device` of an event.",
        "The same example.",
    ),
    Deviation(
        "kandji",
        ("Remove Library Item",),
        r"\d+ operation: not in the description",
        "`POST /blueprints/{id}/remove-library-item` is missing.",
        "Kandji's Postman collection and the vendor's Go SDK (docs/BlueprintsAPI.md) have it;"
        " irusdk calls it.",
    ),
    Deviation(
        "kandji",
        ("ping",),
        r"\d+ operation: not in the description",
        "`/app/v1/ping` is missing.",
        "iructl, the vendor's own program, asks it.",
    ),
    Deviation(
        "kandji",
        (
            "Get Device",
            "Get Device Details",
            "Get Device Apps",
            "List Devices",
            "Update Inventory",
            "Send Blankpush",
            "Erase Device",
        ),
        r"200 status: not described",
        "The answer that all is well is missing for these.",
        "Kandji's Postman collection has it.",
    ),
    Deviation(
        "kandji",
        ("Delete Custom Profile", "Delete Custom Script"),
        r"204 status: not described",
        "The answer that all is well is missing for these.",
        f"{_KANDJI_INTRODUCTION}: 204 for DELETE.",
    ),
    Deviation(
        "kandji",
        ("*",),
        r"(400|403|404|415) status: not described",
        "Statuses that any operation may answer.",
        f"{_KANDJI_INTRODUCTION}: 400, 401, 403, 404, 415, 500, 503.",
    ),
    Deviation(
        "kandji",
        ("*",),
        r"429 status: not described",
        "429, too many requests.",
        "The limit of 10,000 requests an hour in the introduction of Kandji's API documentation."
        " What the answer says is unknown: switches of the lab.",
    ),
    Deviation(
        "kandji",
        ("*",),
        r"40[014] answer: (body\.\w+ is not described|body is (string|array), not object|content"
        r" type text/(plain|html) is not described.*)",
        'Every error is said to be `{"error": ...}`. They are `{"detail": ...}`, a field with its'
        " messages, a bare string, a page of HTML.",
        "Kandji's Postman collection (bare strings of assignments and device actions), tests of"
        " iructl (fields with messages), irusdk and irupkg (detail).",
    ),
    Deviation(
        "kandji",
        (
            "Create Custom Profile",
            "Update Custom Profile",
            "Get Custom Profile",
            "List Custom Profiles",
        ),
        r"20. answer: body.*\.runs_on_(android|windows) is not described",
        "`runs_on_android` and `runs_on_windows`.",
        "Answers of a tenant in the tests of iructl.",
    ),
    Deviation(
        "kandji",
        ("Create Custom Profile", "Update Custom Profile"),
        r"\d+ request: body\.runs_on_vision is not described",
        "`runs_on_vision` of a request. The answer has it.",
        "iructl, the vendor's own program, sends it.",
    ),
    Deviation(
        "kandji",
        ("List Library Items",),
        r"200 query: (limit|offset) is not described",
        "What is in the answer's own `next` link, which is followed as it is. Its parameters"
        " are the lab's assumption.",
        "The description of the answer has `next`; Kandji's Postman collection says of other lists"
        " that they page by limit and offset.",
    ),
    Deviation(
        "kandji",
        ("Daily check-in",),
        r"200 answer: no body",
        "A message is described; nothing comes.",
        "Kandji's Postman collection: device actions answer 200 without a body.",
    ),
    Deviation(
        "kandji",
        ("Get Device Library Items",),
        r"200 answer: body\.library_items\[\]\.edr_status is not there",
        "The only example is of an item of type threat-security-policy, which alone has it.",
        "The description itself: the answer is called edr status.",
    ),
    Deviation(
        "kandji",
        ("Update Device",),
        r"200 answer: body\.(user is object, not null or string|supplemental_\w+ is not described)",
        "The only example is of a Mac without a user and of 2023.",
        "Kandji's Postman collection, List Devices: `user` is an object or an empty string, and"
        " supplemental versions are there.",
    ),
    Deviation(
        "kandji",
        (
            "Get Custom Script",
            "List Custom Scripts",
            "Create Custom Script",
            "Update Custom Script",
        ),
        r"20. answer: body.*\.show_in_self_service is not described",
        "The examples are of scripts that are not shown in Self Service; the request has the"
        " field.",
        "The request body of Create Custom Script in the same description, and the tests of"
        " iructl.",
    ),
    Deviation(
        "kandji",
        ("List audit events",),
        r"200 answer:"
        r" body\.results\[\]\.new_state\.(serial_number|device_name|blueprint_id|blueprint_name) is"
        r" not described",
        "No event of a device is among the examples, so what is in one is the lab's assumption."
        " The collection reads none of these fields.",
        "The description of List audit events says in words that devices have events; their fields"
        " are unknown.",
    ),
    Deviation(
        "kandji",
        ("Certificates", "Installed profiles", "Applications"),
        r"\d+ query: cursor is not described",
        "`cursor` of Prism.",
        "The vendor's own example, prism_pagination_with_limit_and_cursor_example.py in its support"
        " repository.",
    ),
)

_INTRODUCTION = """# What the vendors' descriptions lack

The recorder ([the lab](lab.md)) compares every request and every answer with the vendors' OpenAPI
descriptions. If they differ, the lab or the collection is wrong and is fixed, or the description is
wrong. This table lists all cases of the second kind, each with the source that proves it. A finding
that is not in this table fails the tests.

`python -m lab.contract.accepted_deviations` writes this page from
`lab/contract/accepted_deviations.py`.

"""


def covering(
    vendor: str, operation: str, finding: str, deviations: t.Sequence[Deviation] = DEVIATIONS
) -> Deviation | None:
    """Return the case that a finding is, or None."""
    return next((entry for entry in deviations if entry.covers(vendor, operation, finding)), None)


def rendered(deviations: t.Sequence[Deviation] = DEVIATIONS) -> str:
    """Return the page that lists the cases."""
    lines = [_INTRODUCTION + "| vendor | operation | what | source |", "|---|---|---|---|"]
    for entry in deviations:
        names = "all" if entry.operations == ("*",) else ", ".join(entry.operations)
        lines.append(f"| {entry.vendor} | {names} | {entry.lacks} | {entry.source} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
    print(f"{PAGE.relative_to(CHECKOUT)}: {len(DEVIATIONS)} entries.")
    sys.exit(0)
