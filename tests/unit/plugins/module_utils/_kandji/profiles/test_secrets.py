# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is secret in a profile, and profiles as people may see them."""

from __future__ import annotations

import copy
import json
import time
import typing as t
from datetime import datetime

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Difference,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import MASK
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    payload_keys,
    secrets,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.file_content import (
    FileContent,
)
from hypothesis import given
from hypothesis import strategies as st

CANARY = "canary-secret-1"


def payload(kind: str = "com.acme.vpn", **values: t.Any) -> dict[str, t.Any]:
    identity = {"PayloadVersion": 1, "PayloadIdentifier": "com.acme", "PayloadUUID": "U"}
    return {"PayloadType": kind, **identity, **values}


def profile(*payloads: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"PayloadType": "Configuration", "PayloadContent": list(payloads)}


# Which keys


@pytest.mark.parametrize(
    "kind, path",
    [(kind, key) for kind, keys in payload_keys.SECRET_KEYS.items() for key in keys],
)
def test_what_apple_describes_as_secret_is_secret_at_any_depth(kind: str, path: str) -> None:
    assert secrets.is_secret(path, kind) and secrets.is_secret(f"Inner.{path}.x", kind)


@pytest.mark.parametrize(
    "kind, path",
    [
        ("com.apple.vpn.managed", "IKEv2.PPK"),
        ("com.apple.vpn.managed.applayer", "IKEv2.PPK"),
        ("com.apple.vpn.managed", "Proxies.HTTPProxyPassword"),
        ("com.apple.vpn.managed", "IPSec.SharedSecret"),
        ("com.apple.eas.account", "HeaderMagic"),
        ("com.apple.relay.managed", "Relays.AdditionalHTTPHeaderFields.X-Acme"),
        ("com.apple.secondactiveethernet.managed", "EAPClientConfiguration.UserPassword"),
        ("com.apple.xsan", "sharedSecret"),
        ("com.apple.loginwindow", "AutologinPassword"),
        ("com.apple.airplay", "Passwords.Password"),
    ],
)
def test_secrets_of_apples_descriptions_are_masked(kind: str, path: str) -> None:
    assert secrets.Mask(kind).value(CANARY, path) == MASK


@pytest.mark.parametrize(
    "path",
    [
        *("AuthCode", "unlock_code", "sessionid", "userpw", "OTPSeed"),
        *("AuthKey", "PreSharedKey", "RecoveryKey", "PIN", "DevicePIN", "pin", "Psk", "apiKey"),
        *("Credentials.Name", "OktaVerify.ClientSecret", "client_secret", "API Key", "ApiToken"),
        *("bearerToken", "Authorization", "adminpassword", "LicenseKey", "licencekey", "Key"),
        *("RecoveryCode", "recovery_code", "EnrollmentCode", "enrolmentkey", "masterkey"),
        *("signingkey", "wepkey", "wpakey", "activationkey", "RegistrationCode", "invite code"),
        *("MasterKeyValue", "WPAKeyHex", "ActivationKeys", "ProductKeyID", "WEP_KEY_1"),
        *("install keys", "storagekeysValue"),
    ],
)
def test_a_key_that_looks_like_a_secret_is_one(path: str) -> None:
    assert secrets.is_secret(path)


@pytest.mark.parametrize(
    "kind, path",
    [
        ("com.apple.extensiblesso", "TokenToUserMapping.FullName"),
        ("com.apple.extensiblesso", "PlatformSSO.TokenToUserMapping.AccountName"),
        ("com.acme.app", "Mapping"),
        ("com.acme.app", "ShippingAddress"),
        ("com.acme.app", "PublicKey"),
        ("com.acme.app", "Key Type"),
        ("com.acme.app", "KeyIsExtractable"),
        ("com.acme.app", "PasswordType"),
        ("com.acme.app", "InstallKeyboards"),
        ("com.acme.app", "InstallKeyBoardLayout"),
        ("com.acme.app", "AccountKeychain"),
        ("com.acme.app", "ACCOUNT_KEYCHAIN"),
        ("com.acme.app", "ProductKeynote"),
        ("com.acme.app", "storagekeyspace"),
        ("com.apple.wifi.managed", "PayloadCertificateUUID"),
        ("com.apple.mobiledevice.passwordpolicy", "maxPINAgeInDays"),
        ("com.apple.mobiledevice.passwordpolicy", "customRegex.passwordContentRegex"),
        ("com.apple.TCC.configuration-profile-policy", "Services.ScreenCapture.Authorization"),
        ("com.apple.airplay", "Passwords.DeviceName"),
        ("com.apple.extensiblesso", "PlatformSSO.AuthorizationGroups.system.preferences"),
        ("com.apple.extensiblesso", "ExtensionData.pwReqText"),
        ("com.apple.eas.account", "OAuthTokenRequestURL"),
        ("com.apple.vpn.managed", "IPSec.XAuthPasswordEncryption"),
        ("com.apple.wifi.managed", "EAPClientConfiguration.SystemModeCredentialsSource"),
    ],
)
def test_an_ordinary_key_is_not_secret(kind: str, path: str) -> None:
    assert not secrets.is_secret(path, kind)


@pytest.mark.parametrize(
    "key",
    [
        "Passwort",
        "WLAN-Kennwort",
        "contraseña",
        "MotDePasse",
        "Wachtwoord",
        "Senha",
        "Hasło",
        "密码",
    ],
)
def test_a_password_is_one_in_other_languages(key: str) -> None:
    assert secrets.Mask("com.acme.app").value(CANARY, key) == MASK


RANDOM = "q7Zt0PkR3vXw9LmB2sYd"


@pytest.mark.parametrize(
    "text",
    [
        *("Authorization: Bearer abcd1234efgh", "Basic dXNlcjpwdw==", "basic QWxhZGRpbjpvcGVu"),
        *("SSWS 00aBcDeF-12", "Token: 9f8e7d6c5b4a", "https://acme.com/x?a=1&token=s3cr"),
        *("ghp_abcdefgh12", "glpat-abcdefgh", "AKIAABCDEFGH", "xoxb-12345678"),
        *(RANDOM, f"prefix-{RANDOM}", f"{RANDOM}.suffix"),
        *("DB_PASSWORD=tr0ub4dor", "password: tr0ub4dor", '{"password": "tr0ub4dor"}'),
        *("X-API-Key: tr0ub4dor", "<password>tr0ub4dor</password>", "cn=x,password=tr0ub4dor"),
        *("user=admin\npassword=tr0ub4dor\n", "acme --password tr0ub4dor", "note: pin: 123456"),
    ],
)
def test_a_value_that_looks_like_a_credential_is_secret(text: str) -> None:
    content = payload(authString=text)
    assert secrets.Mask("com.acme.vpn").value(text, "authString") == MASK
    assert secrets.secret_texts(profile(content), []) == [text]


def test_a_further_key_counts_below_a_dictionary_with_a_name() -> None:
    content = payload(Config={"Name": "Tenant", "Value": CANARY})
    assert secrets.secret_texts(profile(content), ["Config.Value"]) == [CANARY]
    assert CANARY not in str(secrets.Mask("com.acme.vpn", ["Config.Value"]).value(content))


@pytest.mark.parametrize("piece", ["a", "1f", "-a", "ab.", "a ", "a: ", "=", "<a>"])
def test_a_long_text_is_judged_in_a_moment(piece: str) -> None:
    started = time.process_time()
    assert secrets.secret_texts(profile(payload(Blob=piece * 50_000)), []) == []
    assert time.process_time() - started < 5  # seconds; it took minutes for each text


def test_what_names_a_setting_is_secret_itself_under_key() -> None:
    content = profile(payload(Settings={"Key": "Pin", "Value": CANARY}))
    assert secrets.secret_texts(content, []) == ["Pin", CANARY]


@pytest.mark.parametrize(
    "values",
    [
        {"Name": "ClientSecret", "Value": CANARY},
        [{"name": "apiToken", "type": "text", "data": [CANARY]}],
        ["--verbose", "--password", CANARY],
        ["-api-token", CANARY],
    ],
)
def test_what_names_a_setting_judges_its_value(values: object) -> None:
    content = payload(Settings=values)
    assert secrets.secret_texts(profile(content), []) == [CANARY]
    masked = secrets.Mask("com.acme.vpn").value(content)
    older = secrets.Mask("com.acme.vpn").old_value(content, content)
    assert CANARY not in str(masked) and CANARY not in str(older)
    assert masked == older and list(masked) == list(content)


@pytest.mark.parametrize(
    "values",
    [
        {"Name": "Homepage", "Value": "plain"},
        {"Name": "ClientSecret", "Title": "plain"},
        {"Label": "ClientSecret", "Value": "plain"},
        {"Name": 7, "Value": "plain"},
        ["--user", "plain"],
        ["password", "plain"],
        ["--password", 7, "plain"],
    ],
)
def test_what_names_no_secret_hides_nothing(values: object) -> None:
    content = payload(Settings=values)
    assert secrets.secret_texts(profile(content), []) == []
    assert "plain" in str(secrets.Mask("com.acme.vpn").value(content))


@pytest.mark.parametrize(
    "key, text",
    [
        ("Rule", "user=admin, host: acme.com"),
        ("Help", "The password is that of your account. See https://acme.com/password"),
        ("Command", "acme --user ada --token-type bearer"),
        ("Empty", "password: "),
        ("Mode", "Basic authentication is used"),
        ("Note", "The bearer of this Mac, a token holder"),
        ("Server", "https://acme.okta.com/app/exk1a2B3c4D5e6F7g8H9/sso?fromURI=x"),
        ("Site", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"),
        ("Digest", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("Bundle", "com.acme.SecurityAgent2.Extension14.Helper"),
        ("Build", "OktaVerify2026Release1105Build"),
        ("ClientID", "0oa1B2c3D4e5F6g7H8i9"),
        ("Path", "/Applications/Acme 14.app/Contents/MacOS/Agent64"),
        ("Flags", "AllowSilentEnrollmentOfManagedDevices"),
        ("Hosts", "s3.eu-central-1.amazonaws.com,ec2-54-93-12-1.compute.amazonaws.com"),
    ],
)
def test_ordinary_content_is_shown(key: str, text: str) -> None:
    assert secrets.Mask("com.acme.vpn").value(text, key) == text
    assert secrets.secret_texts(profile(payload(**{key: text})), []) == []


def test_a_random_text_counts_only_where_apple_describes_nothing() -> None:
    assert secrets.Mask("com.apple.vpn.managed").value(RANDOM, "RemoteIdentifierText") == RANDOM
    assert secrets.Mask().value(RANDOM, "PayloadDescription") == RANDOM


def test_further_keys_are_secret_in_any_case() -> None:
    assert secrets.is_secret("License.Number", "com.acme.app", ["license"])
    assert secrets.is_secret("OktaVerify.Site", "com.okta.mobile", ["OktaVerify.Site"])


# Which texts


def test_a_variable_that_kandji_does_not_know_is_named_unless_it_may_be_a_secret() -> None:
    texts = {"Name": "$EMIAL", "Password": "$CANARY", "Site": "$CANARY", "Note": "$EMAIL $XY"}
    assert secrets.unknown_variables(profile(payload(**texts)), ["site"]) == ["$EMIAL"]
    named = payload(Setting={"Name": "ApiToken", "Value": "$HIDDEN"})
    assert secrets.unknown_variables(profile(named), []) == []
    acme = payload("com.apple.security.acme", ClientIdentifier="$CANARY", Attest="$SERIAL_NR")
    other = payload("com.acme.app", ClientIdentifier="$CLIENT")
    assert secrets.unknown_variables(profile(acme, other), []) == ["$CLIENT", "$SERIAL_NR"]


@pytest.mark.parametrize(
    "text, texts",
    [
        ("canary", ["canary"]),
        ("XUDID", ["XUDID"]),
        ("EMAIL", ["EMAIL"]),
        ("$$EMAIL", ["$$EMAIL"]),
        ("$UDID", []),
        ("$X", ["$X"]),
    ],
)
def test_a_variable_of_kandji_is_not_a_secret(text: str, texts: list[str]) -> None:
    assert secrets.secret_texts(profile(payload(Password=text)), []) == texts


def test_a_text_is_secret_by_the_type_of_its_payload_or_by_what_it_is() -> None:
    acme = payload("com.apple.security.acme", ClientIdentifier=CANARY)
    other = payload("com.acme.app", ClientIdentifier="x", Site="https://ann:canary@acme.test")
    texts = [CANARY, "https://ann:canary@acme.test"]
    assert secrets.secret_texts(profile(acme, other), []) == texts


@pytest.mark.parametrize(
    "text, ordinary",
    [
        *[("name", True), ("Employees", True), ("20261126", True), ("hunter2", True)],
        *[("hunter2!", False), (CANARY, False), ("correcthorsebatterystaple", False)],
        *[("12345678z", False), ("12345678Z", False)],
        # Words and numbers of 16 characters and more do not occur by chance.
        *[("correcthorsebat", True), ("correcthorsebatt", False)],
        *[("202611261000000", True), ("2026112610000000", False)],
    ],
)
def test_words_and_numbers_are_ordinary_secrets(text: str, ordinary: bool) -> None:
    assert secrets.is_ordinary(text) is ordinary


# What is shown


@pytest.mark.parametrize(
    "value, masked",
    [
        ("text", "text"),
        (True, True),
        (1, 1),
        (1.5, 1.5),
        (None, None),
        (ABSENT, None),
        (datetime(2026, 1, 2), "2026-01-02 00:00:00"),
        (["a", {"Token": "canary"}], ["a", {"Token": MASK}]),
        ({"Token": ["canary", 7, True], "Name": "x"}, {"Token": [MASK, MASK, True], "Name": "x"}),
        (
            {"PIN": 1234, "forcePIN": True, "minLength": 8},
            {"PIN": MASK, "forcePIN": True, "minLength": 8},
        ),
        ("https://ann:canary@acme.test", MASK),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", MASK),
        (
            b"key",
            "3 bytes, sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683",
        ),
        ({"PSK": b"key"}, {"PSK": MASK}),
    ],
)
def test_a_value_is_masked_in_its_form(value: object, masked: object) -> None:
    assert secrets.Mask().value(value, "Name") == masked


@pytest.mark.parametrize(
    "before, after, shown",
    [
        ("old", "new", "old"),
        ("old", ABSENT, MASK),
        (7, ABSENT, MASK),
        (True, ABSENT, True),
        (ABSENT, "new", None),
        ("old", {"a": 1}, MASK),
        ({"a": "x", "b": "y"}, {"a": "z"}, {"a": "x", "b": MASK}),
        ({"PayloadType": "t", "Url": "u"}, ABSENT, {"PayloadType": "t", "Url": MASK}),
        ([{"a": "x", "b": "y"}], [{"a": 1}, {"c": 2}], [{"a": "x", "b": MASK}]),
        (["x", {"a": "y"}], ["z"], ["x", {"a": MASK}]),
        # A list has no keys: its elements are compared with one of their form.
        (["x"], [{"a": "z"}, "z"], ["x"]),
        (["x"], [{"a": "z"}], [MASK]),
        ([["x"]], ["z", ["y"]], [["x"]]),
        ([["x"]], ["z"], [[MASK]]),
        (["x"], "z", [MASK]),
        (["x"], ABSENT, [MASK]),
        (ABSENT, {"a": 1}, None),
    ],
)
def test_what_the_file_does_not_know_is_masked_in_what_kandji_holds(
    before: object, after: object, shown: object
) -> None:
    assert secrets.Mask().old_value(before, after, "Name") == shown


@pytest.mark.parametrize(
    "before, after, shown",
    [
        # All keys above a value decide, in dictionaries and in lists.
        ({"License": {"Nr": "x"}}, {"License": {"Nr": "y"}}, {"License": {"Nr": MASK}}),
        ({"License": {"Nr": ["x"]}}, {"License": {"Nr": ["y"]}}, {"License": {"Nr": [MASK]}}),
        ({"Nr": "x"}, {"Nr": "y"}, {"Nr": "x"}),
        ({"Password": {"PayloadScope": "x"}}, ABSENT, {"Password": {"PayloadScope": MASK}}),
        ({"PayloadScope": "System"}, ABSENT, {"PayloadScope": "System"}),
    ],
)
def test_an_older_value_is_secret_by_its_keys(before: object, after: object, shown: object) -> None:
    assert secrets.Mask(secret_keys=["License.Nr"]).old_value(before, after) == shown


def test_a_difference_is_masked_by_the_type_of_its_payload() -> None:
    content = FileContent(profile(payload("com.apple.security.acme")))
    path = "com.apple.security.acme (2)/ClientIdentifier"
    assert content.mask(Difference(path, CANARY, "x")) == (f"{MASK} (another one)", MASK)
    other = Difference("com.acme.app/ClientIdentifier", "x", "y")
    assert content.mask(other) == ("x", "y")
    assert content.mask(Difference("generation", None, "2")) == (None, "2")


# Any profile

KINDS = [*payload_keys.SECRET_KEYS, "com.acme.app"]
NAMES = ["SSID_STR", "Url", "Inner", "AuthKey", "PIN", "Password", "Challenge", "x"]


@st.composite
def drawn(draw: st.DrawFn, marker: str) -> dict[str, t.Any]:
    """Draw a profile whose secret values, and no others, hold the marker."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    payloads = []
    for kind in kinds:
        names = st.sampled_from([*NAMES, *payload_keys.SECRET_KEYS.get(kind, ())])

        def values(path: str, depth: int, kind: str = kind, names: t.Any = names) -> t.Any:
            form = draw(st.sampled_from(["text", "list", "dict"] if depth else ["text"]))
            if form == "list":
                return [values(path, depth - 1) for _each in range(draw(st.integers(0, 2)))]
            if form == "dict":
                chosen = draw(st.lists(names, max_size=2, unique=True))
                return {name: values(f"{path}.{name}", depth - 1) for name in chosen}
            return f"{marker}-1" if secrets.is_secret(path, kind) else "plain"

        chosen = draw(st.lists(names, max_size=3, unique=True))
        payloads.append(payload(kind, **{name: values(name, 2) for name in chosen}))
    return profile(*payloads)


@given(drawn("first-canary"), drawn("second-canary"))
def test_nothing_that_is_shown_of_any_profile_holds_a_secret(
    desired: dict[str, t.Any], current: dict[str, t.Any]
) -> None:
    content = FileContent(desired)
    before = copy.deepcopy(desired)
    shown = [content.describe(), *(content.mask(each) for each in content.compare(current))]
    assert "canary" not in json.dumps(shown)
    assert {text[:5] for text in secrets.secret_texts(desired, [])} <= {"first"}
    assert desired == before
