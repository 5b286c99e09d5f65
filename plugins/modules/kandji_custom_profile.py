#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_custom_profile
short_description: Manage a Custom Profile in Kandji
version_added: 0.1.0
description:
  - Creates, changes, assigns and deletes a Custom Profile in Kandji (Iru) with any content.
  - Nothing is written without a difference, because each write makes every Mac in scope install the
    profile again.
  - Parsed payloads are compared as a whole, not texts. The order of payloads is not compared.
  - Identifiers and UUIDs of payloads are not compared. A value that refers to a payload, such as
    C(PayloadCertificateUUID), is compared by the payload that it means. A tool may build the file
    with new UUIDs each time.
  - Of the keys outside the payloads, only those of O(mobileconfig) are compared;
    C(PayloadDescription) and C(PayloadOrganization) only where Kandji shows one.
  - For the SCEP profile of Okta use M(devicetrust.okta_kandji.kandji_scep_profile), which builds
    it.
  - Every API token that may list or get Custom Profiles can read their content, including secrets.
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
  - cryptography and asn1crypto, where O(test_enrollment) tests a SCEP payload
options:
  name:
    description:
      - Name of the profile in Kandji. Several profiles go into O(profiles) instead.
      - With O(library_item_id), the name that the profile is to have. With O(state=absent) or
        O(blueprints_mode=remove), the name that it has.
    type: str
  generation:
    description:
      - A name that is stored inside the profile. Change it to make the module write the profile
        again, and its Macs install it again.
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
      blueprints:
        description: As O(blueprints).
        type: list
        elements: str
      assignment_nodes:
        description: As O(assignment_nodes).
        type: dict
      generation:
        description: As O(generation).
        type: str
  mobileconfig:
    description:
      - The text of the configuration profile, as XML, neither signed nor encrypted. Kandji replaces
        its global variables in it, such as C($SERIAL_NUMBER). A SCEP URL or challenge with such a
        variable needs O(test_enrollment=false).
      - Kandji sets its own C(PayloadIdentifier), C(PayloadDisplayName) and C(PayloadUUID) on the
        whole profile. The module adds a mark to the first payload's C(PayloadDescription), to
        recognize what it wrote.
      - If a payload of Apple's names a certificate, as C(PayloadCertificateUUID) does, the same
        file needs the payload of that certificate. Otherwise macOS does not install the profile.
      - Required, except with O(state=absent) and O(blueprints_mode=remove). It is never shown.
    type: str
  secret_keys:
    description:
      - Further keys inside O(mobileconfig) whose values are secret. Data is shown as its digest.
      - Keys that Apple describes as passwords, secrets and the like are always secret. So are other
        keys with C(password), C(passphrase), C(passcode), C(challenge), C(secret), C(token),
        C(credential), C(pin) or C(psk) in their names, and keys that end with C(Key). Common words
        of other languages, such as C(Passwort), count, too. So do names of settings in values, as
        in the pair C(Name=token, Value=...).
      - Values that look like credentials are secret under any key. These are C(Bearer ...) and
        other authorizations, passwords and tokens in URLs, texts that assign something to such a
        name, as C(DB_PASSWORD=...) and C(--token ...) do, and, in payloads that Apple does not
        describe, random texts of 20 letters and digits or more, unless they are hexadecimal.
      - What Kandji holds under a key that O(mobileconfig) does not have is never shown.
    type: list
    elements: str
    default: []
  active:
    description: Whether Macs get the profile at all. V(false) removes it from those that have it,
      within O(max_removed).
    type: bool
    default: true
  state:
    description: V(absent) deletes the profile, and all its Macs lose it. It does not need
      O(blueprints).
    type: str
    choices: [present, absent]
    default: present
  on_conflict:
    description:
      - What to do if Macs of O(blueprints) would get the same configuration twice.
      - This covers a SCEP URL, a host for single sign-on, or Okta Verify's settings from another
        Custom Profile. It also covers Okta Verify's configuration on Macs with Kandji's own Okta
        Device Trust.
    type: str
    choices: [fail, warn]
    default: fail
  max_reinstall:
    description: How many Macs that hold the profile may reinstall it because of a change.
    type: int
    default: 0
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
  - module: devicetrust.okta_kandji.kandji_custom_script
"""

EXAMPLES = r"""
- name: Deploy the company's Wi-Fi to the canary ring
  devicetrust.okta_kandji.kandji_custom_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Wi-Fi
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    blueprints:
      - Canary

- name: Delete a profile that 12 Macs hold
  devicetrust.okta_kandji.kandji_custom_profile:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Old Wi-Fi
    state: absent
    max_removed: 12

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Deploy a profile to two rings alone, one of them a node of an assignment map
  devicetrust.okta_kandji.kandji_custom_profile:
    profiles:
      - name: Wi-Fi - canary
        blueprints: [Canary]
        generation: "2027"
      - name: Wi-Fi - engineers
        blueprints: [All Macs]
        assignment_nodes:
          All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    secret_keys: [SSID_STR]
    active: true
    runs_on: [mac]
    blueprints_mode: exact
    on_conflict: warn
    test_enrollment: true
    max_new: 200
    max_removed: 0

- name: Change the content of a profile that 40 Macs hold
  devicetrust.okta_kandji.kandji_custom_profile:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    name: Wi-Fi
    blueprints: [Canary]
    mobileconfig: "{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}"
    max_reinstall: 40
    max_reissue: 40
"""

RETURN = r"""
profiles:
  description:
    - Each profile after the run, or as it would be in check mode, without its content.
    - C(library_item_id), C(mdm_identifier), C(payload_uuid) and C(updated_at) are null if the
      profile does not exist. C(generation) is null if you set none.
    - Each write gives C(payload_uuid) another value.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Wi-Fi
      library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      mdm_identifier: com.kandji.profile.custom.8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
      payload_uuid: 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E
      generation: null
      updated_at: "2026-11-23T10:00:00.000Z"
      blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]
      changed: false
macs_touched:
  description:
    - Number of Macs that the changes reach. All are 0 if there are no changes.
    - C(reissue) counts Macs that get a new certificate. C(new) counts Macs that get the profile for
      the first time. C(removed) counts Macs that lose it.
    - C(reinstall) counts Macs that reinstall the profile.
  returned: success
  type: dict
  sample: {reissue: 0, reinstall: 0, new: 4, removed: 0}
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update profile 'Wi-Fi': com.apple.wifi.managed/SSID_STR", "assign profile 'Wi-Fi' to
    blueprint 'Canary'"]
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
from ..module_utils._module_bodies.kandji_custom_profile import SPEC, USES, run


def main() -> None:
    """Run the module."""
    run_module(run, USES, **SPEC)


if __name__ == "__main__":
    main()
