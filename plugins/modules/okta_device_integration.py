#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device_integration
short_description: Verify that Okta is a certificate authority for Macs
version_added: 0.1.0
description:
  - This module creates nothing, because no public API can. Only the Admin Console can create Okta's
    Desktop platform with its SCEP URL and secret key.
  - Without O(scep_url), it uses the one platform with a static SCEP URL that Okta's Certificate
    Authorities API shows. That API is Early Access, and needs a scope of its own. If it cannot be
    read or shows none, the module fails and returns the console steps with the org's own links.
  - With O(scep_url), it refuses the URL of a platform that was deleted, belongs to Device Access or
    to another org, or does not have a static challenge. If the API cannot be read, it warns that
    this was not verified.
  - The org is on Identity Engine, the SCEP URL is this org's, and the SCEP endpoint answers. Its CA
    certificates are valid and match the pinned one. The deployed challenge is not older than the
    last reset of the secret key.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.okta
requirements:
  - cryptography
  - asn1crypto
options:
  state:
    description: What to do. V(verified) is the only value.
    type: str
    choices: [verified]
    default: verified
  scep_url:
    description:
      - The SCEP URL that Okta showed when the platform was created. Not needed if the certificate
        authorities of the org can be read, and one platform has a static SCEP URL. One with blanks
        or a line break around it, or with a query, is refused. So is one whose CA certificates name
        another org (C(OU=00o...)).
      - If not set, the environment variable E(OKTA_SCEP_URL) is used.
    type: str
  platform:
    description:
      - Id or name of the platform (RV(platforms)), if several have a static SCEP URL.
    type: str
  scep_challenge:
    description:
      - The secret key that Okta showed once next to the SCEP URL. Only needed for
        O(test_enrollment=true). It is never shown.
      - If not set, the environment variable E(OKTA_SCEP_CHALLENGE) is used.
    type: str
  scep_hosts:
    description:
      - Further hosts that a SCEP URL of this org may have.
      - You need not list the org's own name at Okta, nor the custom domain in its metadata. The
        module warns of another host that may be a custom domain, unless you list it. It refuses the
        name of another org at Okta.
    type: list
    elements: str
    default: []
  ca_fingerprint:
    description:
      - SHA-1 or SHA-256 fingerprint that one of the CA certificates must have, in hexadecimal
        digits.
      - V(absent), as M(devicetrust.okta_kandji.kandji_scep_profile) takes it, compares nothing.
    type: str
  challenge_deployed_at:
    description:
      - When the challenge was last written into a profile (ISO 8601), as
        RV(devicetrust.okta_kandji.kandji_scep_profile#module:profiles[].updated_at) says.
      - A reset of the secret key after it makes the challenge stale. The module then warns, unless
        a test enrolment (O(test_enrollment)) shows otherwise.
      - A reset of another platform does not count. If Okta's event does not show of which platform
        it is, the state is unknown.
      - V(never) if no profile holds it yet, so that no reset can follow.
      - If it is not set, or older than the events that Okta keeps, and Okta shows a reset, the
        module warns that this is unknown.
    type: str
  test_enrollment:
    description:
      - Make one test enrolment with O(scep_challenge). The module discards its key and certificate.
        It is reported as a change, and never made in check mode.
    type: bool
    default: false
  expiry_warning_days:
    description: Warn so many days before a CA certificate expires.
    type: int
    default: 180
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: Verify Okta's certificate authority
  devicetrust.okta_kandji.okta_device_integration:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    scep_url: "{{ vault_okta_scep_url }}"

- name: Find the only platform with a static SCEP URL
  devicetrust.okta_kandji.okta_device_integration:
    okta_org_url: https://acme.okta.com
    okta_client_id: 0oa1b2c3d4e5f6g7h8i9
    okta_private_key: "{{ vault_okta_private_key }}"

- name: Choose one of several platforms
  devicetrust.okta_kandji.okta_device_integration:
    okta_org_url: https://acme.okta.com
    okta_client_id: 0oa1b2c3d4e5f6g7h8i9
    okta_private_key: "{{ vault_okta_private_key }}"
    platform: Endpoint management 2

- name: Verify the secret key in the vault by a test enrolment
  devicetrust.okta_kandji.okta_device_integration:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    scep_url: "{{ vault_okta_scep_url }}"
    scep_challenge: "{{ vault_okta_scep_challenge }}"
    test_enrollment: true

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Verify the authority's fingerprint, its custom domain, and that no reset made the challenge
    stale
  devicetrust.okta_kandji.okta_device_integration:
    state: verified
    scep_url: "{{ vault_okta_scep_url }}"
    scep_hosts:
      - login.example.com
    ca_fingerprint: "{{ vault_okta_ca_fingerprint }}"
    challenge_deployed_at: "2026-11-24T08:00:00Z"
    expiry_warning_days: 365
"""

RETURN = r"""
organization:
  description: Id and pipeline of the org. The pipeline C(idx) is Identity Engine.
  returned: success
  type: dict
  sample: {id: 00o1n8sbwArJ7OQRw406, pipeline: idx}
console_steps:
  description: The steps, in order, by which you create the authority in Okta's Admin Console.
  returned: when no SCEP URL is known
  type: list
  elements: str
  sample: ["Log in to the Okta Admin Console at https://acme-admin.okta.com.", "Select Add
    platform."]
scep_url:
  description: The SCEP URL, as O(scep_url) or Okta's API has it.
  returned: success
  type: str
  sample: https://acme.okta.com/pki/1699E4263D0DC9D9FDA0B6AAE1286E5F7B57ACCC/scep/rac6kzcjk4IcgtZ574x7
platform:
  description: The platform of RV(scep_url), one of RV(platforms), or null if Okta does not show it.
  returned: success
  type: dict
  sample: {id: rac6kzcjk4IcgtZ574x7, name: Endpoint management, challenge_type: STATIC}
authorities:
  description: The intermediate certificate authorities of the org, with their certificates that
    have not expired, newest first. Empty if RV(authorities_unavailable).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the authority, which is part of SCEP URLs.
      type: str
      returned: always
    family:
      description: C(OKTA_AS_CA) issues the certificates that attest management,
        C(DEVICE_ACCESS_OKTA_AS_CA) those of Device Access.
      type: str
      returned: always
    status:
      description: C(VALID) or C(INACTIVE).
      type: str
      returned: always
    subject:
      description: Name of its certificates, which a renewal does not change.
      type: str
      returned: always
    certificates:
      description: Each with C(key_id), by which certificates of Macs name their issuer,
        C(rotation_state) (C(ACTIVE) is the newest, C(RETIRING) an earlier one), C(status),
        C(subject), C(created) and C(expires).
      type: list
      elements: dict
      returned: always
platforms:
  description: The SCEP configurations of the authorities that attest management. Empty if
    RV(authorities_unavailable).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the platform, the last part of its SCEP URL.
      type: str
      returned: always
    name:
      description: Its name. Several platforms may have one name.
      type: str
      returned: always
    challenge_type:
      description: C(STATIC), C(DYNAMIC) or C(DELEGATED).
      type: str
      returned: always
    status:
      description: C(ACTIVE).
      type: str
      returned: always
    authority_id:
      description: Id of its authority.
      type: str
      returned: always
    authority_key_id:
      description: Key identifier of the CA certificate that it issues with.
      type: str
      returned: always
    scep_url:
      description: Its SCEP URL.
      type: str
      returned: always
    ca_expires:
      description: When that CA certificate expires.
      type: str
      returned: always
    created:
      description: When it was created.
      type: str
      returned: always
    last_updated:
      description: When it was last changed. The move to a renewed certificate is a change.
      type: str
      returned: always
renewal:
  description: State of the renewal of the authority itself, for the platform of RV(scep_url), or
    null if that is not known.
  returned: success
  type: dict
  contains:
    state:
      description:
        - C(none), no renewal. C(waiting), Okta has a renewed certificate, and the platform still
          issues with the old one. C(rolled_over), it issues with the renewed one, and the old one
          is still valid.
        - C(overdue), the certificate that it issues with expires in less than a year, which is how
          long certificates of Macs live. C(broken), that certificate is not valid any more.
          C(unknown), Okta does not say it, for example because a key identifier is missing.
      type: str
      returned: always
    alarm:
      description: Whether RV(renewal.deadline) has passed, or no certificate can be issued.
      type: bool
      returned: always
    message:
      description: What to do, or an empty text.
      type: str
      returned: always
    pin_breaks:
      description: Whether O(ca_fingerprint) is of the certificate that the platform is moved away
        from. A profile that pins it lets no Mac enrol after the move.
      type: bool
      returned: always
    platform:
      description: Id of the platform.
      type: str
      returned: always
    key_id:
      description: Key identifier of the CA certificate that it issues with.
      type: str
      returned: always
    expires:
      description: When that certificate expires.
      type: str
      returned: always
    deadline:
      description: When the platform has to be moved, one year and 60 days before.
      type: str
      returned: always
    replacement_key_id:
      description: Key identifier of the renewed certificate, if the platform is not on it.
      type: str
      returned: always
    replacement_expires:
      description: When that one expires.
      type: str
      returned: always
authorities_unavailable:
  description: Why authorities and platforms were not read, or null if they were.
  returned: success
  type: str
  sample: null
capabilities:
  description: The capabilities of the SCEP endpoint, as it answers GetCACaps. They are null, with a
    warning, if it answers with an error or with something other than a list of capabilities.
  returned: success
  type: list
  elements: str
  sample: [POSTPKIOperation, SHA-256, AES]
ca_certificates:
  description: The CA certificates of the SCEP endpoint, as it answers GetCACert, with SHA-1 and
    SHA-256 fingerprints. Timestamps are in ISO 8601 and UTC.
  returned: success
  type: list
  elements: dict
  sample:
    - subject: DC=com, DC=okta, DC=acme, OU=00o1n8sbwArJ7OQRw406, CN=Organization Intermediate
        Authority
      issuer: DC=com, DC=okta, DC=acme, OU=00o1n8sbwArJ7OQRw406, CN=Organization Root Authority
      not_before: "2025-01-10T09:00:00+00:00"
      not_after: "2030-01-10T09:00:00+00:00"
      sha1: 4f0c5f0e6e2b1d3a9c8b7a6f5e4d3c2b1a09f8e7
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
platform_events:
  description: The last events of the past 90 days whose type begins with C(device.platform.), the
    newest first.
  returned: success
  type: list
  elements: dict
  sample:
    - event_type: device.platform.secret_key.reset
      published: "2026-11-01T10:00:00.000Z"
      actor: admin@acme.com
challenge_stale_since:
  description: When the secret key was reset after O(challenge_deployed_at), or null.
  returned: success
  type: str
  sample: null
challenge_state:
  description: C(stale) if RV(challenge_stale_since). C(current) if no reset followed, or the test
    enrolment succeeded. C(unknown) if O(challenge_deployed_at) is not set, or is older than the
    events that were read, or if a reset may be that of another platform.
  returned: success
  type: str
  sample: current
test_enrollment:
  description: Subject and transaction id of the test enrolment.
  returned: when O(test_enrollment=true), outside check mode
  type: dict
  sample: {subject: devicetrust.okta_kandji test enrolment, transaction_id: 0A1B2C}
fail_info:
  description: The reason (C(failInfo)) that the SCEP endpoint gave for refusing the test enrolment.
  returned: failure because the endpoint refused it
  type: str
  sample: badMessageCheck
option:
  description: The option that is wrong.
  returned: failure because O(scep_challenge) is missing, or would not arrive on a Mac unchanged
  type: str
  sample: scep_challenge
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: getWellknownOrgMetadata, verb: GET, count: 1}
"""

from datetime import datetime, timedelta, timezone

from ansible.module_utils.basic import env_fallback

from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result
from ..module_utils._core.timestamps import format_milliseconds, parse_timestamp
from ..module_utils._kandji.profiles.challenge import check_challenge
from ..module_utils._kandji.profiles.scep import parse_pin
from ..module_utils._okta import client as okta_api
from ..module_utils._okta import device_integration as integration
from ..module_utils._okta.authority_renewal import authority_renewal, renewal_warnings
from ..module_utils._okta.certificate_authorities import Authorities, read_authorities
from ..module_utils._okta.constants import LOG_RETENTION
from ..module_utils._okta.records import LogEvent, Org
from ..module_utils._okta.scep_platforms import Choice, choose_url
from ..module_utils._scep.endpoint import ScepEndpoint, check_scep_url

OPTIONS: ArgumentSpec = {
    "state": {"type": "str", "choices": ["verified"], "default": "verified"},
    "scep_url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
    "platform": {"type": "str"},
    "scep_challenge": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_SCEP_CHALLENGE"]),
    },
    "scep_hosts": {"type": "list", "elements": "str", "default": []},
    "ca_fingerprint": {"type": "str"},
    "challenge_deployed_at": {"type": "str"},
    "test_enrollment": {"type": "bool", "default": False},
    "expiry_warning_days": {"type": "int", "default": 180},
}
MOST_EVENTS = 100  # of platforms, the newest
USES = (
    okta_api.GET_ORGANIZATION,
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_AUTHORITIES,
    okta_api.LIST_REGISTRATION_AUTHORITIES,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    ctx.masker.add(params["scep_challenge"])
    org = ctx.okta.organization()
    integration.check_identity_engine(org, ctx.okta.org_url)
    now = datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)
    events = _platform_events(ctx, now)
    authorities = read_authorities(ctx.okta)
    choice = _choose_url(ctx, authorities, org)
    endpoint = ScepEndpoint(choice.url, ctx.settings, ctx.masker)
    ctx.opened(endpoint.transport)
    service = endpoint.describe()
    integration.check_organization(service.certificates, org)
    fingerprint = parse_pin(params["ca_fingerprint"])
    integration.check_pin(service.certificates, fingerprint)
    renewal = authority_renewal(authorities, choice.platform, now)
    to_be_moved = renewal is not None and renewal.is_to_be_moved
    pin_breaks = integration.pin_breaks(service.certificates, fingerprint, to_be_moved)
    warnings = [
        *choice.warnings,
        *([integration.PIN_BREAKS] if pin_breaks else []),
        *renewal_warnings(renewal),
        *integration.capability_warnings(service),
        *integration.shape_warning(endpoint.url),
        *integration.expiry_warnings(service.certificates, now, params["expiry_warning_days"]),
    ]
    for text in warnings:
        ctx.warn(text)
    test_enrollment = _test_enrollment(ctx, endpoint)
    return {
        "changed": bool(test_enrollment),
        "organization": {"id": org.id or None, "pipeline": org.pipeline},
        "scep_url": endpoint.url,
        "platform": _platform(choice),
        "authorities": [each.as_result() for each in authorities.all],
        "platforms": [each.as_result() for each in authorities.platforms],
        "renewal": {**renewal.as_result(), "pin_breaks": pin_breaks} if renewal else None,
        "authorities_unavailable": authorities.unavailable or None,
        "capabilities": service.capabilities,
        "ca_certificates": [integration.certificate_facts(each) for each in service.certificates],
        "platform_events": [integration.event_facts(event) for event in events],
        **_challenge(ctx, events, choice.url, bool(test_enrollment), now),
        **({"test_enrollment": test_enrollment} if test_enrollment else {}),
    }


def _choose_url(ctx: ModuleContext, authorities: Authorities, org: Org) -> Choice:
    """Return the SCEP URL to use. A URL of the option is checked before its platform is."""
    scep_url = ctx.params["scep_url"]
    if scep_url:
        _check_url(ctx, scep_url, org)
    choice = choose_url(authorities, scep_url, ctx.params["platform"], ctx.okta.org_url)
    if not scep_url:
        _check_url(ctx, choice.url, org)
    return choice


def _platform(choice: Choice) -> Result | None:
    return choice.platform.as_result() if choice.platform else None


def _challenge(
    ctx: ModuleContext, events: list[LogEvent], scep_url: str, is_proved: bool, now: datetime
) -> Result:
    """Return what is known of the deployed challenge, with a warning if it is or may be stale."""
    if is_proved:
        return {"challenge_stale_since": None, "challenge_state": "current"}
    deployed_at = ctx.params["challenge_deployed_at"]
    stale = integration.stale_challenge(integration.split_resets(events, scep_url)[0], deployed_at)
    state, reason = integration.challenge_state(
        events, deployed_at, _log_start(events, now), scep_url
    )
    is_unreadable = bool(deployed_at) and parse_timestamp(deployed_at) is None
    if state == "unknown" and (is_unreadable or integration.has_reset(events, scep_url)):
        ctx.warn(f"Whether the deployed challenge is stale is unknown. {reason}")
    if stale:
        ctx.warn(
            f"The deployed challenge is stale: the secret key was reset in Okta on {stale}, after"
            f" it was deployed ({deployed_at}). Macs can no longer enrol with it. Put the new"
            " secret key into the vault, then run the playbook rotate_scep_challenge."
        )
    return {"challenge_stale_since": stale, "challenge_state": state}


def _log_start(events: list[LogEvent], now: datetime) -> datetime:
    """Return since when all events were read: a full page may leave out older ones."""
    oldest = parse_timestamp(events[-1].published) if len(events) >= MOST_EVENTS else None
    return oldest or (now if len(events) >= MOST_EVENTS else now - LOG_RETENTION)


def _check_url(ctx: ModuleContext, scep_url: str, org: Org) -> None:
    """Raise BadOption if no Mac of this org can enrol at a SCEP URL; warn of an unknown host."""
    check_scep_url(scep_url)
    for text in integration.check_host(scep_url, ctx.okta.org_url, org, ctx.params["scep_hosts"]):
        ctx.warn(text)


def _platform_events(ctx: ModuleContext, now: datetime) -> list[LogEvent]:
    since = format_milliseconds(now - LOG_RETENTION)
    until = format_milliseconds(now + timedelta(minutes=1))
    return list(
        ctx.okta.log_events(
            integration.PLATFORM_FILTER, since, until, newest_first=True, at_most=MOST_EVENTS
        )
    )


def _test_enrollment(ctx: ModuleContext, endpoint: ScepEndpoint) -> dict[str, str] | None:
    if not ctx.params["test_enrollment"]:
        return None
    if not ctx.params["scep_challenge"]:
        raise BadOption(
            "scep_challenge: it is not set, and test_enrollment needs it. Set the challenge, or"
            " test_enrollment: false.",
            option="scep_challenge",
        )
    check_challenge(ctx.params["scep_challenge"], "scep_challenge")
    return (
        None
        if ctx.check_mode
        else endpoint.make_test_enrollment(
            ctx.params["scep_challenge"], parse_pin(ctx.params["ca_fingerprint"])
        )
    )


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS))


if __name__ == "__main__":
    main()
