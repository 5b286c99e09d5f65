# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Certificate Authorities API, and a renewal as SCEP answers and certificates show it."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

BASE = "/pki/api/v2/certificate-authorities"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
KEY_ID = re.compile(r"[0-9A-F]{40}")


@pytest.fixture
def authorities(okta):
    """Ask the API below its base: ``authorities("", type="ROOT")``."""

    def ask(path="", **query):
        return okta.send("GET", BASE + path, query=query).json

    return ask


def enroll(okta, configuration):
    """Return the certificate that a client gets from a platform, by real SCEP messages."""
    ca = okta.send("GET", configuration.path, query={"operation": "GetCACert"}).content
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "C02XK1ZAJG5J 4D2E")])
    request = messages.build_request(subject, configuration.challenge, key)
    client = messages.CertifiedKey(_self_signed(subject, key, ca), key)
    sealed = messages.seal(
        messages.Attributes(messages.CERTIFICATE_REQUEST, "T", b"nonce"),
        messages.encrypt(request, ca, "aes128_cbc"),
        client,
        "sha256",
    )
    query = {"operation": "PKIOperation"}
    reply = messages.read_message(
        okta.send("POST", configuration.path, query=query, data=sealed).content
    )
    messages.verify(reply, ca)
    content, _cipher = messages.decrypt(reply.content, client)
    (der,) = messages.unpack_certificates(content)
    return x509.load_der_x509_certificate(der), x509.load_der_x509_certificate(ca)


def _self_signed(subject, key, ca):
    since = x509.load_der_x509_certificate(ca).not_valid_before_utc
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=3000))
        .sign(key, hashes.SHA256())
        .public_bytes(messages.serialization.Encoding.DER)
    )


def authority_key_id(certificate):
    extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return extension.value.key_identifier.hex().upper()


def test_both_families_are_listed_roots_first_without_dates_of_their_own(authorities):
    rows = authorities()["data"]
    assert [(row["type"], row["caType"]) for row in rows] == [
        ("ROOT", "OKTA_AS_CA"),
        ("ROOT", "DEVICE_ACCESS_OKTA_AS_CA"),
        ("INTERMEDIATE", "OKTA_AS_CA"),
        ("INTERMEDIATE", "DEVICE_ACCESS_OKTA_AS_CA"),
    ]
    assert all(KEY_ID.fullmatch(row["authorityInstanceId"]) for row in rows)
    assert len({row["authorityInstanceId"] for row in rows}) == 4
    assert set(rows[2]) == {"authorityInstanceId", "type", "caType", "status", "subjectDN"}
    assert rows[2]["subjectDN"].startswith("CN=Organization Intermediate Authority, OU=00o")
    assert rows[2]["subjectDN"].endswith(", DC=acme, DC=okta, DC=com")


def test_filters_and_certificates(authorities, okta):
    (row,) = authorities(type="INTERMEDIATE", caType="OKTA_AS_CA", expand="certificates")["data"]
    (certificate,) = row["_embedded"]["certificates"]
    assert certificate["ski"] == row["authorityInstanceId"]
    assert (certificate["rotationState"], certificate["status"]) == ("ACTIVE", "VALID")
    assert DATE.fullmatch(certificate["expirationDate"])
    place = f"/{row['authorityInstanceId']}"
    assert authorities(place) == {k: v for k, v in row.items() if k != "_embedded"}
    assert authorities(place + "/certificates") == {"data": [certificate]}
    assert authorities(f"{place}/certificates/{certificate['ski']}") == certificate
    assert authorities(f"{place}/certificates/00")["errorCode"] == "E0000007"
    assert authorities(caType="THIRD_PARTY")["errorCode"] == "E0000001"
    assert authorities("/00")["errorCode"] == "E0000007"


def test_the_key_identifiers_are_those_of_the_certificates(authorities, okta, org):
    leaf, ca = enroll(okta, org.platform.configuration)
    ski = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert authority_key_id(leaf) == ski.hex().upper() == org.platform.authority.instance_id
    numbers = ca.public_key().public_numbers()
    jwk = authorities(f"/{org.platform.authority.instance_id}/certificates")["data"][0]["jwk"]
    assert int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "=="), "big") == numbers.n
    leaf.verify_directly_issued_by(ca)


def test_platforms_of_all_challenge_types_also_of_one_name(authorities, okta, org, control):
    configurations = org.platform.configurations
    place = f"/{org.platform.authority.instance_id}/registration-authorities"
    for challenge_type in ("STATIC", "DYNAMIC", "DELEGATED"):
        configurations.add(
            configurations.new(
                org.platform.authority, "Endpoint management", challenge_type=challenge_type
            )
        )
    rows = authorities(place)["data"]
    assert [row["challengeType"] for row in rows] == ["DELEGATED", "DYNAMIC", "STATIC", "STATIC"]
    assert {row["name"] for row in rows} == {"Endpoint management"}
    assert rows[-1]["scepUrl"] == org.platform.scep_url
    assert authorities(f"{place}/{rows[0]['id']}") == rows[0]
    configurations.remove(rows[0]["id"])
    assert authorities(f"{place}/{rows[0]['id']}")["errorCode"] == "E0000007"
    assert len(authorities(place)["data"]) == 3


def test_a_renewal_waits_until_a_platform_is_moved(authorities, okta, org):
    old = org.platform.authority.instance_id
    place = f"/{old}/certificates"
    new = org.platform.renew_authority()
    assert [(row["ski"], row["rotationState"]) for row in authorities(place)["data"]] == [
        (new, "ACTIVE"),
        (old, "RETIRING"),
    ]
    leaf, ca = enroll(okta, org.platform.configuration)
    assert authority_key_id(leaf) == old
    before = org.platform.scep_url
    moved = org.platform.migrate(org.platform.configuration.id)
    later, renewed = enroll(okta, moved)
    assert (authority_key_id(later), renewed.subject) == (new, ca.subject)
    (row,) = authorities(f"/{old}/registration-authorities")["data"]
    assert (row["aki"], row["scepUrl"]) == (new, before)


def test_an_expired_certificate_is_not_listed_any_more(authorities, okta_world, org):
    org.platform.renew_authority()
    okta_world.clock.advance(days=5 * 365 - 400 + 1)
    (certificate,) = authorities(f"/{org.platform.authority.instance_id}/certificates")["data"]
    (row,) = authorities(f"/{org.platform.authority.instance_id}/registration-authorities")["data"]
    assert certificate["ski"] != row["aki"] == org.platform.authority.instance_id


def test_a_device_access_certificate_attests_nothing(okta, org, register):
    configuration = org.platform.configurations.new(org.platform.device_access)
    org.platform.configurations.add(configuration)
    access, _ca = enroll(okta, configuration)
    leaf, _ca = enroll(okta, org.platform.configuration)
    assert authority_key_id(access) == org.platform.device_access.instance_id
    record = register()
    user = org.users[next(iter(record.users))]
    der = messages.serialization.Encoding.DER
    assert not org.platform.attests(access.public_bytes(der), record, user)
    assert org.platform.attests(leaf.public_bytes(der), record, user)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("feature", 401, "E0000015"),
        ("forbidden", 403, "E0000006"),
        ("missing", 404, "E0000007"),
        ("verb", 405, "E0000022"),
    ],
)
def test_an_org_without_the_feature(okta, okta_world, answer, status, code):
    okta_world.switches.set(certificate_authorities=answer)
    reply = okta.send("GET", BASE)
    assert (reply.status, reply.json["errorCode"]) == (status, code)
    assert okta.get("/devices").status == 200


def test_an_org_that_gives_it_to_no_api_token(okta, okta_world):
    okta_world.switches.set(api_token_reads_authorities=False)
    assert okta.send("GET", BASE).json["errorCode"] == "E0000011"


def test_the_console_steps_by_the_control_surface(control):
    added = control.send(
        "POST", "/okta/platforms", {"name": "Wi-Fi", "challenge_type": "DYNAMIC"}
    ).json
    access = control.send("POST", "/okta/platforms", {"device_access": True}).json
    platform = control.world.okta.platform
    assert platform.device_access.instance_id in access["scep_url"]
    assert control.send("DELETE", f"/okta/platforms/{access['id']}").json == {"id": access["id"]}
    assert control.send("DELETE", f"/okta/platforms/{access['id']}").status == 400
    assert control.send("POST", "/okta/platforms", {"challenge_type": "x"}).status == 400
    new = control.send("POST", "/okta/authority/renew").json["key_id"]
    assert control.send("POST", "/okta/authority/renew", {"status": "x"}).status == 400
    moved = control.send("POST", "/okta/authority/migrate", {"platforms": [added["id"]]}).json
    assert moved == {"platforms": [added["id"]]}
    assert control.send("POST", "/okta/authority/migrate", {"platforms": ["rac0"]}).status == 400
    assert platform.configuration.generation.key_id != new
    control.send("POST", "/okta/authority/migrate", {"platforms": [platform.configuration.id]})
    assert platform.configuration.generation.key_id == new
    assert platform.authority.identity.certificate == platform.authority.ca_certificate_der
