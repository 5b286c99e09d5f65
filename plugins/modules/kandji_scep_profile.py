#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_scep_profile
short_description: Manage the SCEP profile that deploys Okta's certificate to Macs
version_added: 0.1.0
description:
  - Creates and changes a Custom Profile in Kandji (Iru) with a C(com.apple.security.scep) payload,
    and assigns it to blueprints.
  - It replaces the SCEP item of Kandji's Library, which has no API. Every setting of that item is
    an option. The defaults suit a SCEP URL of Okta.
  - Custom Profiles cannot redistribute a profile before the certificate expires.
    RV(profiles[].renew_by) returns when to do that.
  - Nothing is written without a difference, because each write gives every Mac in scope a new
    certificate. Parsed payloads are compared, not texts, and only the keys that the options set.
  - Before a write that makes Macs enroll, one test enrollment checks URL and challenge
    (O(test_enrollment)).
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._assignment
  - devicetrust.okta_kandji._profile
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
requirements:
  - cryptography
  - asn1crypto
options:
  name:
    description:
      - Name of the profile in Kandji. Several profiles go into O(profiles) instead.
      - A profile of that name that a person made is taken over if its SCEP payload is Okta's. The
        module warns if its URL changes by that. It refuses one whose SCEP payload is of another
        authority, such as that of a Wi-Fi profile.
    type: str
  library_item:
    description:
      - Id or exact name of a SCEP item that was created in Kandji's web app, to manage instead of a
        Custom Profile.
      - No API reads or edits such an item, so the module manages only its assignment. It does not
        use O(url), O(challenge) and the other settings for it. RV(profiles[].proof) returns what
        the module finds of it.
      - By name, the module searches the blueprints, one Mac of each, and the audit log. If several
        items have the name, it fails. An id has to be on a blueprint or in the audit log of the
        last year.
    type: str
  replaces:
    description:
      - Id or exact name of the SCEP item that this one replaces, a Custom Profile or an item that
        was created in Kandji's web app.
      - While it is on O(blueprints), or while their Macs have its profile, the module assigns
        nothing. In check mode this is a warning.
    type: str
  generation:
    description:
      - A name inside the SCEP payload. Change it to renew all certificates of the profile.
      - Not compared when not set.
    type: str
  profiles:
    description:
      - Several profiles that share all other options, one for each ring. The module plans them from
        one read, and reads all of them again before the first write.
      - A profile, an item or a blueprint is in one entry only. With O(on_conflict=warn), entries
        may be for different nodes of one assignment map.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
      library_item_id:
        description: As O(library_item_id).
        type: str
      library_item:
        description: As O(library_item).
        type: str
      blueprints:
        description: As O(blueprints).
        type: list
        elements: str
        required: true
      assignment_nodes:
        description: As O(assignment_nodes).
        type: dict
      replaces:
        description: As O(replaces).
        type: str
      generation:
        description: As O(generation).
        type: str
  url:
    description:
      - The SCEP URL that Okta showed. One with blanks or a line break around it, or with a query,
        is refused.
      - If not set, the environment variable E(OKTA_SCEP_URL) is used.
    type: str
  challenge:
    description:
      - The secret key that Okta showed once with the SCEP URL. It is never shown. In Kandji, every
        token that may read Custom Profiles can read it.
      - If not set, the environment variable E(OKTA_SCEP_CHALLENGE) is used.
    type: str
  subject:
    description:
      - Subject of the certificates, as attribute types and values, separated by commas. Kandji
        replaces its global variables in it.
      - The default is what Kandji makes of V(CN=$SERIAL_NUMBER) in its own SCEP item.
      - Keep V($PROFILE_UUID) in its common name. Only this UUID distinguishes the certificates of
        the profile from those of other authorities in Kandji's inventory; without it the module
        warns.
    type: str
    default: CN=$SERIAL_NUMBER $PROFILE_UUID
  scep_name:
    description: The optional name of the SCEP instance (C(Name)).
    type: str
  subject_alt_name:
    description: Subject alternative name. None when not set.
    type: dict
    suboptions:
      rfc822_name:
        description: An e-mail address.
        type: str
      dns_name:
        description: A DNS name.
        type: str
      uniform_resource_identifier:
        description: A URI.
        type: str
      nt_principal_name:
        description: A user principal name.
        type: str
  key_size:
    description: Size of the RSA key in bits.
    type: int
    choices: [1024, 2048, 4096]
    default: 2048
  key_usage:
    description: What the key may be used for.
    type: str
    choices: [signing, encryption, both]
    default: signing
  retries:
    description: How often a Mac tries again while the authority answers that the request is pending
      (C(Retries)).
    type: int
    default: 5
  retry_delay:
    description: Seconds between those tries (C(RetryDelay)).
    type: int
    default: 30
  key_is_extractable:
    description: Whether the private key may be exported from the keychain.
    type: bool
    default: false
  allow_all_apps_access:
    description: Whether all apps may use the private key. Okta Verify needs it.
    type: bool
    default: true
  ca_fingerprint:
    description:
      - SHA-1 or SHA-256 fingerprint of the CA certificate, in hexadecimal digits. A Mac enrolls
        only with an authority that has it. Not compared when not set.
      - V(absent) removes the fingerprint from a profile that has one (C(CAFingerprint)). As with
        every other change, each Mac that holds the profile gets a new certificate.
    type: str
  may_change:
    description:
      - The options that may differ from an existing profile. If another key of its payload, or
        another field of it, would change, too, the module refuses, in check mode as well.
      - It is for a run that only re-issues certificates, such as a renewal. A change that waits in
        the variables does not go along with it unseen.
      - Not limited when not set.
    type: list
    elements: str
    choices: [ca_fingerprint, challenge, generation]
  redistribution_days:
    description: How many days before its expiry a certificate counts as due for renewal. It sets
      RV(profiles[].renew_by). It writes nothing and renews nothing.
    type: int
    default: 30
  on_conflict:
    description:
      - What to do if Macs of O(blueprints) have Kandji's own Okta Device Trust profiles, or a
        second profile with the same SCEP URL.
      - No API shows the SCEP URL of O(library_item). Next to it, each Custom Profile for Okta is a
        conflict.
    type: str
    choices: [fail, warn]
    default: fail
  max_remaining:
    description:
      - How many Macs may still have the profile of the item that O(replaces) names.
      - The identifier of a profile of the web app need not show its item. A Mac then
        counts with each SCEP profile of the web app, unless Kandji lists a status of the item that
        rules it out, such as EXCLUDED.
      - A Mac whose serial number or blueprint Kandji does not show counts too.
    type: int
    default: 0
seealso:
  - module: devicetrust.okta_kandji.okta_device_integration
  - module: devicetrust.okta_kandji.device_trust_gate
"""

EXAMPLES = r"""
- name: Create the SCEP profile for the canary ring
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta SCEP - canary
    blueprints:
      - Canary
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"

- name: Assign a SCEP profile to the node for engineers of an assignment map
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta SCEP - engineers
    blueprints:
      - All Macs
    assignment_nodes:
      All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"

- name: Assign a SCEP item that you created in Kandji's web app
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    library_item: Okta SCEP
    blueprints:
      - Canary

- name: Replace a SCEP item of Kandji's web app after you removed it from the blueprint
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta SCEP - canary
    replaces: Okta SCEP
    max_remaining: 2
    blueprints:
      - Canary
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"

- name: Renew the certificates of 40 Macs deliberately
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta SCEP - canary
    blueprints:
      - Canary
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"
    generation: "2027"
    may_change: [generation]
    max_reissue: 40

- name: Remove the pinned fingerprint before Okta's platform is moved to a renewed CA certificate
  devicetrust.okta_kandji.kandji_scep_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta SCEP - canary
    blueprints:
      - Canary
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"
    ca_fingerprint: absent
    max_reissue: 40

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Manage the profiles of two rings from one read, and assign them nowhere else
  devicetrust.okta_kandji.kandji_scep_profile:
    profiles:
      - library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
        blueprints: [Canary]
      - name: Okta SCEP - everybody
        blueprints: [Engineering]
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"
    blueprints_mode: exact
    max_removed: 0
    max_new: 200
    on_conflict: warn

- name: Set each option of a SCEP payload
  devicetrust.okta_kandji.kandji_scep_profile:
    name: Okta SCEP - everything
    blueprints: [Engineering]
    url: "{{ vault_okta_scep_url }}"
    challenge: "{{ vault_okta_scep_challenge }}"
    ca_fingerprint: "{{ vault_okta_ca_fingerprint }}"
    scep_name: Okta
    subject: CN=$SERIAL_NUMBER $PROFILE_UUID,O=Example
    subject_alt_name:
      rfc822_name: $EMAIL
      dns_name: $SERIAL_NUMBER.macs.example.com
      uniform_resource_identifier: https://macs.example.com/$SERIAL_NUMBER
      nt_principal_name: $EMAIL
    key_size: 4096
    key_usage: both
    key_is_extractable: false
    allow_all_apps_access: true
    retries: 3
    retry_delay: 60
    runs_on: [mac]
    redistribution_days: 45
    may_change: [ca_fingerprint, challenge, generation]
    test_enrollment: true
"""

RETURN = r"""
profiles:
  description: Each profile after the run, or as it would be in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the profile.
      type: str
      returned: always
    library_item_id:
      description: Id of the profile in Kandji. Null if check mode would create it.
      type: str
      returned: always
    mdm_identifier:
      description: Identifier under which Macs report the profile.
      type: str
      returned: always
    payload_uuid:
      description: Identity of the profile (C(PayloadUUID)). Each write gives it another value.
      type: str
      returned: always
    generation:
      description: Generation of the last write. Null for a profile that this module did not write.
      type: str
      returned: always
    challenge_matches:
      description: Whether the profile holds O(challenge).
      type: bool
      returned: always
    pinned_fingerprint:
      description: CA fingerprint that the profile pins (C(CAFingerprint)), in hexadecimal digits.
        Null if it pins none.
      type: str
      returned: always
    updated_at:
      description: When the profile was last written, in ISO 8601 and UTC.
      type: str
      returned: always
    renew_by:
      description: Date by which you have to renew its certificates, estimated from the last
        write.
      type: str
      returned: always
    blueprints:
      description: Ids and names of the blueprints that O(blueprints) names.
      type: list
      elements: dict
      returned: always
    proof:
      description:
        - What Kandji reports of a console-managed item. C(statuses) counts the Macs on the
          blueprints by the item's state on them. It is empty if Kandji does not report it.
        - C(profiles) counts the Macs that reported a profile whose identifier holds the item's id.
          Kandji does not document whether it puts the id there. If no identifier does, each SCEP
          profile of the web app counts that names no other item of the blueprints.
        - A blueprint that gets the item in this run shows nothing of it yet.
        - C(certificates) counts the Macs whose identity certificate holds the UUID of that profile.
        - C(unproved) counts the other Macs whose identity certificate holds their serial number.
          Certificates of other authorities can hold it, too.
      type: dict
      returned: when O(library_item) is set
    changed:
      description: Whether the module changed something, or would in check mode.
      type: bool
      returned: always
  sample:
    - name: Okta SCEP - canary
      library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      mdm_identifier: com.kandji.profile.custom.8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      payload_uuid: 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E
      generation: "1"
      challenge_matches: true
      pinned_fingerprint: null
      updated_at: "2026-11-23T10:00:00.000Z"
      renew_by: "2027-10-24"
      blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]
      changed: false
macs_touched:
  description:
    - Number of Macs that the changes reach. All are 0 if there are no changes.
    - C(reissue) counts Macs that get a new certificate. C(new) counts Macs that get the profile for
      the first time. C(removed) counts Macs that lose it.
  returned: success
  type: dict
  sample: {reissue: 0, new: 4, removed: 0}
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create profile 'Okta SCEP - canary'", "assign profile 'Okta SCEP - canary' to blueprint
    'Canary'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Custom Profiles, verb: GET, count: 1}
"""

from ..module_utils._core.module import run_module
from ..module_utils._module_bodies.kandji_scep_profile import SPEC, USES, run


def main() -> None:
    """Run the module."""
    run_module(run, USES, **SPEC)


if __name__ == "__main__":
    main()
