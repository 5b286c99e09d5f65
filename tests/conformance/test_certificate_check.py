# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate check runs for real, on stand-ins for macOS's commands, and the collection reads
what it prints.

On a Mac it runs under zsh, and so it does here where `make test-all` has installed that; the other
shells take the same text on every machine.
"""

from __future__ import annotations

import base64
import json
import subprocess
import typing as t
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    check_report as certificate_check,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.actors.macos_shims import (
    CHECK,
    CheckedIdentity,
    Keychain,
    MacState,
    check_script,
    compute_line,
    is_certificate_check,
    list_superseded,
    run_check,
)

ISSUER = "Organization Intermediate Authority"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
SHELLS = ["sh", "bash", pytest.param("zsh", marks=pytest.mark.programs)]
VARIABLES = (
    "SERIAL_NUMBER",
    "DEVICE_NAME",
    "ASSET_TAG",
    "DEVICE_ID",
    "UDID",
    "PROFILE_UUID",
    "MODEL_NAME",
    "MODEL_IDENTIFIER",
    "BLUEPRINT_NAME",
    "BLUEPRINT_ID",
    "EMAIL",
    "EMAIL_PREFIX",
    "FULL_NAME",
    "USERNAME",
    "USERNAME_PREFIX",
    "DEPARTMENT",
    "JOB_TITLE",
)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return request.param


@lru_cache
def key() -> t.Any:
    return ec.generate_private_key(ec.SECP256R1())


@lru_cache
def key_of_another() -> t.Any:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    common_name: str = "C02XK1ZAJG5J",
    issuer: str = ISSUER,
    days: int = 365,
    authority_key_id: str = "",
    private: t.Any = None,
) -> bytes:
    def name(text: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "00o1"),
                x509.NameAttribute(NameOID.COMMON_NAME, text),
            ]
        )

    end = NOW + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(name(issuer))
        .public_key((private or key()).public_key())
    )
    builder = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=365))
        .not_valid_after(end)
    )
    if authority_key_id:
        identifier = x509.AuthorityKeyIdentifier(bytes.fromhex(authority_key_id), None, None)
        builder = builder.add_extension(identifier, critical=False)
    return builder.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def sha256(der: bytes) -> str:
    return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex()


def printed_by(shell: str, mac: MacState, script: str | None = None) -> str:
    """Run the check, hold its output to what it promises, and return its line."""
    done = run_check(shell, mac, script)
    assert (done.returncode, done.stderr) == (0, ""), done
    (line,) = done.stdout.splitlines()
    assert (
        line.isascii() and len(line) <= 920 and json.loads(line)["device_trust_certificates"] == 1
    )
    return line


def looked(shell: str, mac: MacState, script: str | None = None) -> certificate_check.CheckReport:
    """Run the check, and read its line as Kandji may keep it."""
    line = printed_by(shell, mac, script)
    check = certificate_check.read_check(f"Executing script...\n{line}\nExit code: 0")
    assert check is not None
    return check


def with_issuer(issuer: str) -> str:
    """As the role writes it."""
    default = base64.b64encode(ISSUER.encode()).decode()
    assert check_script().count(default) == 1
    return check_script().replace(default, base64.b64encode(issuer.encode()).decode())


def test_a_mac_without_certificates_has_none(shell):
    assert looked(shell, MacState()) == certificate_check.CheckReport((), 0)
    printed = json.loads(printed_by(shell, MacState()))
    assert (printed["okta_verify"], printed["scep_profiles"]) == (None, 0)


def test_a_mac_without_its_keychain_and_commands_that_fail(shell):
    state = MacState(system=None, scep_profiles=None)
    assert looked(shell, state) == certificate_check.CheckReport((), 0)
    assert json.loads(printed_by(shell, state))["scep_profiles"] is None


@pytest.mark.parametrize("key_id", ["1699E4263D0DC9D9FDA0B6AAE1286E5F7B57ACCC", f"{0xAB:040X}"])
def test_the_authority_key_identifier_is_reported(shell, key_id):
    ders = [certificate(authority_key_id=key_id), certificate("older", days=9)]
    newest, oldest = looked(shell, MacState(Keychain(ders))).identities
    assert (newest.authority_key_id, oldest.authority_key_id) == (key_id, "")


def test_one_identity_is_told_whole(shell):
    der = certificate("C02XK1ZAJG5J 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E")
    state = MacState(Keychain([der]), okta_verify="9.52.0", scep_profiles=2)
    printed = json.loads(printed_by(shell, state))
    identity = certificate_check.CheckedIdentity(
        "C02XK1ZAJG5J 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E",
        ISSUER,
        "2027-11-23T10:00:00Z",
        sha256(der),
        "system",
    )
    assert looked(shell, state) == certificate_check.CheckReport((identity,), 1)
    assert (printed["okta_verify"], printed["scep_profiles"]) == ("9.52.0", 2)


def test_of_two_identities_the_one_that_ends_last_comes_first(shell):
    older, newer = certificate(days=5), certificate(days=300)
    found = looked(shell, MacState(Keychain([older, newer])))
    assert [one.sha256 for one in found.identities] == [sha256(newer), sha256(older)]


def test_an_expired_identity_is_told_too(shell):
    assert [
        one.not_after
        for one in looked(shell, MacState(Keychain([certificate(days=-18)]))).identities
    ] == ["2026-11-05T10:00:00Z"]


def test_certificates_without_key_and_of_other_authorities_do_not_count(shell):
    mine = certificate()
    found = looked(
        shell,
        MacState(
            Keychain(
                [mine, certificate(issuer="com.apple.systemdefault")],
                others=[certificate(), certificate("Other")],
            )
        ),
    )
    assert [one.sha256 for one in found.identities] == [sha256(mine)] and found.count == 1


def test_keychains_of_users_are_looked_at_and_may_be_absent(shell):
    both, hers = certificate(), certificate(days=100)
    found = looked(
        shell,
        MacState(
            Keychain([both]),
            users={
                "ana": Keychain([both, hers]),
                "new person": None,
                "with space": Keychain([certificate(days=9)]),
            },
        ),
    )
    assert [(one.sha256, one.keychain) for one in found.identities[:2]] == [
        (sha256(both), "user"),
        (sha256(hers), "user"),
    ] and found.count == 3


@pytest.mark.parametrize(
    "name",
    [
        "quote \" and ' and `id` and $(id)",
        "Zoë さくら",
        "line\nbreak",
        "tab\there",
        "back\\slash",
        "ends with \\",
        '{"device_trust_certificates":9}',
        "a = b, CN = c",
    ],
)
def test_any_name_comes_through(shell, name):
    (identity,) = looked(shell, MacState(Keychain([certificate(name)]))).identities
    assert identity.common_name == name


def test_what_does_not_fit_is_counted_and_the_last_to_end_is_kept(shell):
    held = [certificate(f"C02XK1ZAJG5J {'x' * 40} {number}", days=number) for number in range(1, 9)]
    found = looked(shell, MacState(Keychain(held)))
    assert found.count == 8 and 1 < len(found.identities) < 8
    assert [one.sha256 for one in found.identities] == [sha256(one) for one in reversed(held)][
        : len(found.identities)
    ]


def test_the_longest_names_leave_room_for_one_identity(shell):
    (identity,) = looked(
        shell, MacState(Keychain([certificate("\\ü" * 21, issuer=f"{ISSUER} {'ü' * 14}")]))
    ).identities
    assert identity.common_name.startswith("\\ü\\ü")


@pytest.mark.parametrize("version", ["9.52.0", "10.0-beta+1"])
def test_the_version_of_okta_verify(shell, version):
    assert json.loads(printed_by(shell, MacState(okta_verify=version)))["okta_verify"] == version


def test_a_version_that_is_none_is_not_passed_on(shell):
    assert json.loads(printed_by(shell, MacState(okta_verify='9","x":"')))["okta_verify"] is None


@pytest.mark.parametrize(
    "issuer",
    [
        "Acme's CA",
        'Acme "Device" CA',
        "Zoë CA",
        "$(touch owned)",
        "`touch owned`",
        "'; touch owned; '",
        "\\n",
        "Acme\\Issuing",
        "\\\\server\\CA\\",
        "a.*b",
        "-n",
        "x" * 64,
        "$UDID",
        "two  spaces ",
    ],
)
def test_another_authority_whatever_its_name(shell, issuer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = certificate(issuer=issuer)
    assert is_certificate_check(with_issuer(issuer))
    found = looked(shell, MacState(Keychain([mine, certificate()])), with_issuer(issuer))
    assert [(one.sha256, one.issuer) for one in found.identities] == [(sha256(mine), issuer)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "none"),
        (2, 'Zoë "さくら" \\'),
        (5, "C02XK1ZAJG5J 5D9E1F7A-3C64-4E0B-8B6F-0D1C2B3A4F5E"),
        (3, "\\ü" * 21),
    ],
)
def test_what_the_lab_reckons_is_what_the_script_prints(shell, number, name):
    held = [certificate(name, days=days) for days in range(number)] + [
        certificate(name, issuer="Another")
    ]
    parsed = [x509.load_der_x509_certificate(der) for der in held]
    issuers = [
        str(one.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value) for one in parsed
    ]
    seen = [
        CheckedIdentity(name, issuer, f"{one.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}", sha256(der))
        for one, issuer, der in zip(parsed, issuers, held, strict=True)
    ]
    printed = run_check(
        shell, MacState(Keychain(held), okta_verify="9.52.0", scep_profiles=1)
    ).stdout
    assert printed == compute_line(seen, "9.52.0", 1, check_script()) + "\n"


def test_the_shell_reads_it_without_complaint(shell):
    assert (
        subprocess.run([shell, "-n", str(CHECK)], capture_output=True, text=True, check=True).stderr
        == ""
    )


@pytest.mark.programs
def test_shellcheck_has_nothing_to_say():
    """It cannot read zsh, and reads this as the sh that the script keeps to."""
    done = subprocess.run(["shellcheck", str(CHECK)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_kandji_finds_no_variable_of_its_own_in_it():
    code = "\n".join(line for line in check_script().splitlines() if not line.startswith("#"))
    found = [name for name in VARIABLES if f"${name}" in code or f"${{{name}" in code]
    assert found == ["BLUEPRINT_NAME", "BLUEPRINT_ID"], "those by which a Mac knows its blueprint"
    assert code.count("$BLUEPRINT") == 2


# Superseded certificates

ATTESTING, DEVICE_ACCESS = f"{0xA77:040X}", f"{0xDA:040X}"
CANARY = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1"


def removing(*blueprints: str, key_ids: str = ATTESTING) -> str:
    """As the role writes it for these blueprints."""
    listed = base64.b64encode("\n".join(blueprints).encode()).decode()
    return (
        check_script()
        .replace("removal_base64=''", f"removal_base64='{listed}'")
        .replace("removal_key_ids=''", f"removal_key_ids='{key_ids}'")
    )


def issued(days: int, **values: t.Any) -> bytes:
    """A certificate of so many days ago, valid for a year."""
    return certificate(**{"days": 365 - days, "authority_key_id": ATTESTING, **values})


def sha1(der: bytes) -> str:
    return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA1()).hex().upper()


def on_canary(*identities: bytes, **values: t.Any) -> MacState:
    return MacState(Keychain(identities), blueprint_id=CANARY, blueprint_name="Canary", **values)


def removed_by(shell: str, mac: MacState, script: str) -> tuple[list[str], t.Any]:
    """Return the SHA-1 of what was deleted, and what the check reports then."""
    done = run_check(shell, mac, script)
    assert (done.returncode, done.stderr) == (0, ""), done
    line, *report = done.stdout.splitlines()
    assert line.isascii() and len(line) <= 920
    check = certificate_check.read_check(done.stdout)
    assert check is not None
    attempts = (check.removed or 0) + (check.not_removed or 0)
    assert len(report) == attempts and len(done.deleted) == (check.removed or 0)
    return [sha for _verb, sha in done.deleted], check


@pytest.mark.parametrize("named", [(CANARY,), ("Staging", "Canary")])
def test_what_the_newest_valid_certificate_has_superseded_is_removed(shell, named):
    """An expired one, two valid ones, and those of an earlier generation alike."""
    newest, valid, expired = issued(1), issued(200), issued(500)
    gone, check = removed_by(shell, on_canary(expired, newest, valid), removing(*named))
    assert sorted(gone) == sorted([sha1(valid), sha1(expired)])
    assert [each.sha256 for each in check.identities] == [sha256(newest)]
    assert (check.count, check.removed, check.not_removed) == (1, 2, 0)
    again, check = removed_by(shell, on_canary(newest), removing(*named))
    assert again == [] and (check.removed, check.not_removed) == (0, 0)


@pytest.mark.parametrize(
    "mac, script",
    [
        (on_canary(issued(1), issued(200)), check_script()),
        (on_canary(issued(1), issued(200)), removing("Staging")),
        (on_canary(issued(1), issued(200)), removing("anary")),
        (on_canary(issued(1), issued(200)), removing(CANARY, key_ids="")),
        (on_canary(issued(1), issued(200)), removing()),
        (MacState(Keychain([issued(1), issued(200)])), removing(CANARY)),
        (MacState(Keychain([issued(1), issued(200)]), blueprint_name=""), removing("", CANARY)),
    ],
    ids=["off", "another ring", "a part", "no key", "no blueprint", "no variable", "empty"],
)
def test_nothing_is_removed_where_it_is_not_asked_for(shell, mac, script):
    gone, check = removed_by(shell, mac, script)
    assert gone == [] and check.count == 2 and check.removed is None


@pytest.mark.parametrize(
    "held",
    [
        [issued(1)],
        [issued(500), issued(600)],
        [issued(-2), issued(-9)],
        [issued(1), issued(1, common_name="another")],
        [issued(1), issued(200, authority_key_id=DEVICE_ACCESS)],
        [issued(1, authority_key_id=DEVICE_ACCESS), issued(200)],
        [issued(1), issued(200, authority_key_id="")],
        [issued(1), issued(200, issuer="Another authority")],
        [issued(-2), issued(1)],
    ],
    ids=[
        *("the last", "none valid", "none valid yet", "of one time", "another authority's"),
        *("superseded by another's", "of no known key", "of another name", "the next one"),
    ],
)
def test_never_the_last_and_never_another_authoritys(shell, held):
    gone, check = removed_by(shell, on_canary(*held), removing(CANARY))
    assert gone == [] and (check.removed, check.not_removed) == (0, 0)


def test_each_keychain_keeps_its_newest_and_a_locked_one_all(shell):
    mine, old = issued(300), issued(301)
    mac = MacState(
        Keychain([issued(1)]),
        users={
            "ana": Keychain([mine, old]),
            "bob": Keychain([issued(5), issued(6)], is_locked=True),
        },
        blueprint_id=CANARY,
    )
    gone, check = removed_by(shell, mac, removing(CANARY))
    assert gone == [sha1(old)]
    assert (check.removed, check.not_removed, check.count) == (1, 1, 4)


def test_a_key_that_the_newest_needs_stays(shell):
    """The certificates of these tests share one; the others of a Mac have their own."""
    own = certificate(days=100, authority_key_id=ATTESTING, private=key_of_another())
    done = run_check(shell, on_canary(issued(1), issued(200), own), removing(CANARY))
    verbs = {sha: verb for verb, sha in done.deleted}
    assert verbs[sha1(own)] == "delete-identity"
    assert [verb for sha, verb in verbs.items() if sha != sha1(own)] == ["delete-certificate"]


@pytest.mark.parametrize("ages", [(1,), (1, 200, 500), (400, 500), (-3, 2, 9), ()])
def test_the_lab_removes_what_the_script_removes(shell, ages):
    held = [issued(age) for age in ages] + [issued(300, authority_key_id=DEVICE_ACCESS)]
    mac, script = on_canary(*held), removing(CANARY)
    seen = {
        CheckedIdentity(
            "C02XK1ZAJG5J",
            ISSUER,
            f"{parsed.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            sha256(der),
            authority_key_id=DEVICE_ACCESS if number == len(ages) else ATTESTING,
            not_before=f"{parsed.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        ): der
        for number, der in enumerate(held)
        for parsed in [x509.load_der_x509_certificate(der)]
    }
    superseded = list_superseded(seen, script, mac)
    assert superseded is not None and list_superseded(seen, check_script(), mac) is None
    done = run_check(shell, mac, script)
    assert {sha for _verb, sha in done.deleted} == {sha1(seen[each]) for each in superseded}
    left = [each for each in seen if each not in superseded]
    line = compute_line(left, None, 0, script, len(superseded))
    assert done.stdout.splitlines()[0] == line
