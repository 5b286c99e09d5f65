# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's official Python SDK, as it is published, against the lab's org.

It holds every answer against its own models: what it refuses is the lab's mistake.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pydantic
import pytest

from lab.clock import iso
from lab.server import Lab
from lab.state import Fault
from tests.conformance.okta_sdk import SDK, SdkError

# Devices


def test_devices_are_listed_over_pages(sdk, org_lab, record_conformance):
    record_conformance(SDK, "listDevices", "by API token, two to a page")
    pages = list(sdk.pages("list_devices", limit=2))
    assert len(pages) > 2 and max(map(len, pages)) == 2
    assert {row.id for page in pages for row in page} == set(org_lab.world.okta.devices)


def test_devices_are_found_by_search(sdk, register, record_conformance):
    record_conformance(SDK, "listDevices", "search by serial number, status and platform")
    record = register("SDKSEARCH01")
    search = (
        'profile.serialNumber eq "sdksearch01" and status eq "ACTIVE" and profile.platform eq'
        ' "MACOS"'
    )
    found = sdk.list_devices(search=search)
    assert [(row.id, row.profile.serial_number, row.status.value) for row in found] == [
        (record.id, "SDKSEARCH01", "ACTIVE")
    ]
    assert sdk.list_devices(search='profile.serialNumber eq "SDKSEARCH0"') == []


def test_a_search_that_okta_does_not_take_is_an_error_with_its_code(sdk, record_conformance):
    record_conformance(SDK, "listDevices", "search by what cannot be searched for: E0000031")
    with pytest.raises(SdkError) as refused:
        sdk.list_devices(search='managementStatus eq "MANAGED"')
    assert refused.value.code == "E0000031"


@pytest.mark.parametrize("expand", ["user", "userSummary"])
def test_devices_come_with_their_users(sdk, register, record_conformance, expand):
    record_conformance(SDK, "listDevices", f"expand {expand}")
    record = register(f"SDKEXPAND{expand}")
    found = sdk.list_devices(search=f'id eq "{record.id}"', expand=expand)
    (link,) = found[0].embedded.users
    assert (link.management_status, link.user.id) == ("NOT_MANAGED", next(iter(record.users)))


def test_a_device_and_its_users_are_read(sdk, register, record_conformance):
    record_conformance(SDK, "getDevice", "by API token")
    record_conformance(SDK, "listDeviceUsers", "by API token")
    record = register("SDKREAD01")
    device = sdk.get_device(record.id)
    assert (device.id, device.profile.serial_number, device.profile.secure_hardware_present) == (
        record.id,
        "SDKREAD01",
        True,
    )
    (link,) = sdk.list_device_users(record.id)
    assert (link.management_status, link.user.profile.login) == (
        "NOT_MANAGED",
        "sdkread01@example.com",
    )


def test_what_is_not_there_is_an_error_with_its_code(sdk, record_conformance):
    record_conformance(SDK, "getDevice", "an id that Okta does not know: E0000007")
    with pytest.raises(SdkError) as missing:
        sdk.get_device("guoUnknown0000000000")
    assert missing.value.code == "E0000007"


def test_a_device_is_taken_through_its_life(sdk, org_lab, register, record_conformance):
    record = register("SDKLIFE01")
    steps = [
        ("suspend_device", "suspendDevice", "SUSPENDED"),
        ("unsuspend_device", "unsuspendDevice", "ACTIVE"),
        ("deactivate_device", "deactivateDevice", "DEACTIVATED"),
        ("activate_device", "activateDevice", "ACTIVE"),
        ("suspend_device", "suspendDevice", "SUSPENDED"),
        ("deactivate_device", "deactivateDevice", "DEACTIVATED"),
    ]
    for call, operation, status in steps:
        record_conformance(SDK, operation, "by API token")
        getattr(sdk, call)(record.id)
        # As recorded: a second after unsuspendDevice, getDevice still had the old status.
        org_lab.world.clock.advance(seconds=5)
        assert sdk.get_device(record.id).status.value == status
    record_conformance(SDK, "deleteDevice", "by API token")
    sdk.delete_device(record.id)
    assert record.id in org_lab.world.okta.deleted
    with pytest.raises(SdkError):
        sdk.get_device(record.id)


def test_an_active_device_is_not_deleted(sdk, register, record_conformance):
    record_conformance(SDK, "deleteDevice", "of an active record: E0000152")
    with pytest.raises(SdkError) as refused:
        sdk.delete_device(register("SDKACTIVE01").id)
    assert refused.value.code == "E0000152"


# The System Log


def test_the_log_is_read_over_pages(sdk, org_lab, register, record_conformance):
    record_conformance(SDK, "listLogEvents", "since and until, one to a page")
    org_lab.world.clock.advance(minutes=1)
    since, records = org_lab.world.okta.now(), [register(f"SDKLOG{number}") for number in range(3)]
    org_lab.world.clock.advance(minutes=1)
    pages = list(
        sdk.pages("list_log_events", since=iso(since), until=iso(org_lab.world.okta.now()), limit=1)
    )
    targets = [
        target.id
        for page in pages
        for event in page
        if event.event_type == "device.enrollment.create"
        for target in event.target
    ]
    assert {record.id for record in records} <= set(targets) and max(map(len, pages)) == 1
    moments = [event.published for page in pages for event in page]
    assert moments == sorted(moments) and len(moments) >= 6


def test_the_log_is_filtered(sdk, org_lab, register, record_conformance):
    record_conformance(SDK, "listLogEvents", "filter, newest first")
    record = register("SDKFILTER01")
    since = iso(org_lab.world.okta.now() - timedelta(hours=1))
    events = sdk.list_log_events(
        since=since,
        filter=f'eventType eq "device.user.add" and target.id eq "{record.id}"',
        sort_order="DESCENDING",
        limit=5,
    )
    assert [event.event_type for event in events] == ["device.user.add"]
    assert events[0].outcome.result == "SUCCESS" and record.id in [
        target.id for target in events[0].target
    ]
    assert [
        event.event_type
        for event in sdk.list_log_events(
            since=since, q="SDKFILTER01", filter='eventType eq "device.user.add"'
        )
    ] == ["device.user.add"]


def test_the_log_is_polled(sdk, org_lab, register, record_conformance):
    record_conformance(
        SDK, "listLogEvents", "polling: the next link of an empty page brings what came after"
    )
    org_lab.world.clock.advance(minutes=1)
    pages = sdk.pages("list_log_events", since=iso(org_lab.world.okta.now()), limit=100)
    assert next(pages) == []
    record = register("SDKPOLL01")
    org_lab.world.clock.advance(seconds=1)
    assert record.id in [target.id for event in next(pages) for target in event.target]


def test_certificates_and_sign_ins_are_events_too(sdk, org_lab, register, record_conformance):
    record_conformance(SDK, "listLogEvents", "events of certificates, sign-ins and the platform")
    record, org = register("SDKEVENT01"), org_lab.world.okta
    with org_lab.world.lock:
        certificate = org.platform.book("SDKEVENT01 0A1B")
        org.registry.sign_in(
            user_id=next(iter(record.users)),
            device_id=record.id,
            certificate=certificate.serial_number,
        )
    org_lab.world.clock.advance(seconds=1)
    seen = {
        event.event_type
        for event in sdk.list_log_events(since=iso(org.now() - timedelta(days=30)), limit=1000)
    }
    assert {
        "pki.cert.issue",
        "user.authentication.auth_via_mfa",
        "user.session.start",
        "device.platform.add",
    } <= seen


# Authenticators


def test_authenticators_and_their_methods_are_read(sdk, record_conformance):
    record_conformance(SDK, "listAuthenticators", "by API token")
    record_conformance(SDK, "getAuthenticator", "by API token")
    record_conformance(SDK, "listAuthenticatorMethods", "of every authenticator but Okta Verify")
    record_conformance(SDK, "getAuthenticatorMethod", "signed_nonce")
    found = {row.key.value: row for row in sdk.list_authenticators()}
    assert {"okta_verify", "okta_password", "okta_email"} <= set(found)
    methods = {
        key: {
            method.type.value: method.status.value
            for method in sdk.list_authenticator_methods(row.id)
        }
        for key, row in found.items()
        if key != "okta_verify"
    }
    assert methods["okta_password"] == {"password": "ACTIVE"}
    verify = found["okta_verify"].id
    # An org was recorded with the encoding "Base32"; the SDK knows "base32" alone.
    with pytest.raises(pydantic.ValidationError, match="Base32"):
        sdk.list_authenticator_methods(verify)
    assert sdk.get_authenticator(verify).settings.user_verification.value == "PREFERRED"
    assert (
        sdk.get_authenticator_method(verify, "signed_nonce").settings.key_protection.value == "ANY"
    )


# People


def test_people_are_listed_over_pages(sdk, org_lab, record_conformance):
    record_conformance(SDK, "listUsers", "by API token, three to a page")
    pages = list(sdk.pages("list_users", limit=3))
    assert len(pages) > 1 and {user.id for page in pages for user in page} == set(
        org_lab.world.okta.users
    )


def test_people_are_found(sdk, register, record_conformance):
    record_conformance(SDK, "listUsers", "search and filter")
    register("SDKPERSON01")
    for question in (
        {"search": 'profile.login eq "SDKPERSON01@example.com"'},
        {"filter": 'profile.login eq "sdkperson01@example.com"'},
    ):
        assert [user.profile.login for user in sdk.list_users(**question)] == [
            "sdkperson01@example.com"
        ]


def test_a_person_and_their_devices_are_read(sdk, register, record_conformance):
    record_conformance(SDK, "getUser", "by id and by login")
    record_conformance(SDK, "listUserDevices", "by API token")
    record = register("SDKPERSON02")
    user = sdk.get_user("sdkperson02@example.com")
    assert (
        sdk.get_user(user.id).profile.email == "sdkperson02@example.com"
        and user.status.value == "ACTIVE"
    )
    (held,) = sdk.list_user_devices(user.id)
    assert (held.device.id, held.device.profile.serial_number) == (record.id, "SDKPERSON02")


# The org


def test_the_org_is_read(sdk, org_lab, record_conformance):
    record_conformance(SDK, "getWellknownOrgMetadata", "by API token")
    record_conformance(SDK, "listDeviceIntegrations", "by API token")
    told = sdk.get_wellknown_org_metadata()
    assert (told.id, told.pipeline.value) == (org_lab.world.okta.org_id, "idx")
    assert [row.name.value for row in sdk.list_device_integrations()] == ["com.okta.device.osquery"]


def test_a_wrong_token_is_an_error_with_its_code(connect, record_conformance):
    record_conformance(SDK, "listDevices", "wrong API token: E0000011")
    with pytest.raises(SdkError) as refused:
        connect({"token": "00wrong"}).list_devices()
    assert refused.value.code == "E0000011"


# By private key


READS = ["okta.devices.read", "okta.users.read", "okta.logs.read", "okta.authenticators.read"]


def by_private_key(
    lab: Lab,
    form: str,
    dpop: bool,
    asked: list[str],
    granted: t.Sequence[str] = (*READS, "okta.devices.manage"),
) -> dict[str, t.Any]:
    """The SDK's configuration for a service app of its own. The SDK signs with RS256 alone."""
    with lab.world.lock:
        app = lab.world.okta.oauth.add_app("RS256", granted, dpop=dpop).announced()
    mode = {
        "authorizationMode": "PrivateKey",
        "scopes": asked,
        "dpopEnabled": dpop,
        "kid": app["key_id"],
    }
    return {
        **mode,
        "clientId": app["client_id"],
        "privateKey": app["private_key" if form == "PEM" else "private_key_jwk"],
    }


# With proof of possession it makes an RSA key of 3072 bits in Python, which takes seconds: once is
# enough.
@pytest.mark.parametrize(
    ("form", "dpop"), [("PEM", False), ("JWK", False), ("PEM", True)], ids=["PEM", "JWK", "DPoP"]
)
def test_it_signs_in_by_private_key(connect, org_lab, register, record_conformance, form, dpop):
    how = f"by private key ({form}){', with proof of possession' if dpop else ''}"
    for operation in (
        "token",
        "listDevices",
        "getDevice",
        "listDeviceUsers",
        "suspendDevice",
        "deactivateDevice",
        "deleteDevice",
    ):
        record_conformance(SDK, operation, how)
    for operation in ("listLogEvents", "listUsers", "listAuthenticators"):
        record_conformance(SDK, operation, how)
    record = register(f"SDKKEY{form}{int(dpop)}")
    mark = len(org_lab.world.requests)
    sdk = connect(by_private_key(org_lab, form, dpop, [*READS, "okta.devices.manage"]))
    assert [row.id for row in sdk.list_devices(search=f'id eq "{record.id}"')] == [record.id]
    assert (
        sdk.list_device_users(record.id) and sdk.list_users(limit=1) and sdk.list_authenticators()
    )
    assert sdk.list_log_events(since=iso(org_lab.world.okta.now() - timedelta(hours=1)), limit=1)
    sdk.suspend_device(record.id)
    assert sdk.get_device(record.id).status.value == "SUSPENDED"
    sdk.deactivate_device(record.id)
    sdk.delete_device(record.id)
    assert record.id in org_lab.world.okta.deleted
    tokens = [one.status for one in org_lab.world.requests[mark:] if one.path == "/oauth2/v1/token"]
    assert tokens == (
        [400, 200] if dpop else [200]
    )  # with DPoP the first request is told the nonce


def test_a_scope_that_the_token_lacks_is_an_error_with_its_code(
    connect, org_lab, record_conformance
):
    record_conformance(SDK, "listDevices", "by private key, without its scope: E0000006")
    with pytest.raises(SdkError) as refused:
        connect(by_private_key(org_lab, "PEM", False, ["okta.logs.read"])).list_devices()
    assert refused.value.code == "E0000006"


def test_a_scope_that_the_app_was_not_granted_is_an_error_of_the_token(
    connect, org_lab, record_conformance
):
    record_conformance(SDK, "token", "a scope that the app was not granted: invalid_scope")
    with pytest.raises(SdkError) as refused:
        connect(
            by_private_key(org_lab, "PEM", False, READS, granted=["okta.logs.read"])
        ).list_devices()
    assert refused.value.code == "invalid_scope"


# Limits


@pytest.mark.parametrize(
    ("fault", "how"), [("429", "rate limit"), ("concurrency", "concurrency limit")]
)
def test_a_limit_is_waited_out(sdk, org_lab, record_conformance, fault, how):
    """The SDK waits as the headers say.

    Until the reset, which it holds against the answer's Date.
    """
    record_conformance(SDK, "listDevices", f"429 for the {how}, then the answer")
    org_lab.world.faults.append(Fault(fault, "listDevices"))
    assert sdk.list_devices(limit=1)
    assert sdk.statuses == [429, 200]


# What one writes, the other reads


@pytest.fixture
def living(org_lab, run_module):
    """The canary, whose test Macs have their certificates.

    Their people have registered them and signed in.
    """
    from lab.actors import mac as macs  # not at the top: Macs enroll by the collection's own client
    from lab.actors import person as people

    canary, *_others = org_lab.announcement["rings"]
    made = run_module(
        "kandji_scep_profile",
        {"name": "Okta SCEP - canary", "blueprints": canary["blueprints"]},
        lab=org_lab,
    )
    assert not made.get("failed"), made
    for mac in org_lab.world.macs:
        if mac.serial in canary["test_macs"]:
            mac.install_by_hand()  # Okta Verify
    macs.act(org_lab.world, canary["test_macs"])
    people.act(org_lab.world, canary["test_macs"])
    return canary


def test_a_device_that_the_sdk_suspends_is_suspended_for_the_collection(
    sdk, org_lab, living, run_module, record_conformance
):
    record_conformance(SDK, "suspendDevice", "then device_trust_info reports SUSPENDED")
    record, *_rest = sdk.list_devices(search=f'profile.serialNumber eq "{living["test_macs"][0]}"')
    ring = {
        "name": "canary",
        "blueprints": living["blueprints"],
        "scep_profile": "Okta SCEP - canary",
    }

    def stage() -> list[str]:
        report = run_module("device_trust_info", {"rings": [ring]}, lab=org_lab)
        return [
            row["stage"]
            for row in report["macs"]
            if row["serial_number"] == record.profile.serial_number
        ]

    sdk.suspend_device(record.id)
    assert stage() == ["SUSPENDED"]
    sdk.unsuspend_device(record.id)
    assert stage() != ["SUSPENDED"]


def test_a_device_that_the_collection_resets_is_gone_for_the_sdk(
    sdk, org_lab, register, run_module, record_conformance
):
    record_conformance(SDK, "getDevice", "gone after okta_device_reset")
    record = register("SDKRESET01")
    # The log has by then whether an earlier record of its serial was deleted.
    org_lab.world.clock.advance(minutes=11)
    done = run_module(
        "okta_device_reset",
        {"serials": ["SDKRESET01"], "allow": ["unknown_to_kandji"]},
        lab=org_lab,
    )
    assert done["counts"]["reset"] == 1, done
    with pytest.raises(SdkError) as gone:
        sdk.get_device(record.id)
    assert (
        gone.value.code == "E0000007"
        and sdk.list_devices(search='profile.serialNumber eq "SDKRESET01"') == []
    )


def test_a_device_that_the_sdk_deactivates_is_only_deleted_by_the_collection(
    sdk, org_lab, register, run_module, record_conformance
):
    record_conformance(
        SDK, "deactivateDevice", "then okta_device_reset deletes without deactivating"
    )
    record = register("SDKRESET02")
    org_lab.world.clock.advance(minutes=1)
    sdk.deactivate_device(record.id)
    mark = len(org_lab.world.requests)
    assert run_module(
        "okta_device_reset",
        {"device_ids": [record.id], "allow": ["unknown_to_kandji"]},
        lab=org_lab,
    )["changed"]
    assert [one.operation for one in org_lab.world.requests[mark:] if one.writes] == [
        "deleteDevice"
    ]
