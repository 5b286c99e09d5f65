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
      - A reset in Okta after it makes the challenge stale. The module then warns, unless
        a test enrollment (O(test_enrollment)) shows otherwise.
      - A reset of another platform does not count. If Okta's event does not show of which platform
        it is, the state is unknown.
      - V(never) if no profile holds it yet, so that no reset can follow.
      - If it is not set, or older than the events that Okta keeps, and Okta shows a reset, the
        module warns that this is unknown.
    type: str
  test_enrollment:
    description:
      - Make one test enrollment with O(scep_challenge). The module discards its key and
        certificate. It is reported as a change, and never made in check mode.
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

- name: Verify the secret key in the vault by a test enrollment
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
        - C(none), one valid certificate, in use. C(waiting), Okta has a renewed certificate, and
          the platform still issues with the old one. C(rolled_over), it issues with the renewed
          one, and the old one is still valid.
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
    moved:
      description: Whether the platform issues with a certificate that renewed the first one of its
        authority, also if Okta does not list the earlier one any more because it has expired.
      type: bool
      returned: always
    pin_breaks:
      description: Whether O(ca_fingerprint) is of the certificate that the platform is moved away
        from. A profile that pins it lets no Mac enroll after the move.
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
    enrollment succeeded. C(unknown) if O(challenge_deployed_at) is not set, or is older than the
    events that were read, or if a reset may be that of another platform.
  returned: success
  type: str
  sample: current
test_enrollment:
  description: Subject and transaction id of the test enrollment.
  returned: when O(test_enrollment=true), outside check mode
  type: dict
  sample: {subject: devicetrust.okta_kandji test enrollment, transaction_id: 0A1B2C}
fail_info:
  description: The reason (C(failInfo)) that the SCEP endpoint gave for refusing the
    test enrollment.
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

from ..module_utils._core.module import run_module
from ..module_utils._module_bodies.okta_device_integration import SPEC, USES, run


def main() -> None:
    """Run the module."""
    run_module(run, USES, **SPEC)


if __name__ == "__main__":
    main()
