# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacements of macOS's security, profiles and defaults, and the certificate check run with them.

They answer only what the check asks, from a Mac of the lab. The check uses openssl, awk and others
of this machine.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_KEYCHAIN = "/Library/Keychains/System.keychain"
CHECK = (
    Path(__file__).resolve().parents[2]
    / "roles"
    / "managed_status"
    / "files"
    / "certificate_check.zsh"
)
_USERS = "users_folder='/Users'"
_ISSUER = re.compile(r"^issuer_base64='([A-Za-z0-9+/=]*)'$", re.MULTILINE)
_REMOVAL = re.compile(r"^removal_base64='([A-Za-z0-9+/=]*)'$", re.MULTILINE)
_KEY_IDS = re.compile(r"^removal_key_ids='([0-9A-F ]*)'$", re.MULTILINE)
_SETTINGS = (_ISSUER, _REMOVAL, _KEY_IDS)
# Of the script: signs for all identities, for those of a Mac that removes, and for a name.
_ROOM, _ROOM_AFTER_REMOVAL, _LONGEST_NAME = 780, 740, 120
SHELL = "zsh"

# Keychains are folders next to the commands. Their names are the keychain's path with its slashes
# replaced. Each certificate is a PEM file that has its place and SHA-1 as its name.
_SECURITY = r"""#!/bin/sh
here=$(dirname "$0")
for last; do :; done
keychain="$here/keychains/$(printf '%s' "$last" | tr '/ ' '__')"
if [ ! -d "$keychain" ]; then
  echo "security: SecKeychainCopySearchList: The specified keychain could not be found." >&2
  exit 44
fi
case "$1 $2 $3" in
  "find-identity -p ssl-client") cat "$keychain/identities" ;;
  "find-certificate -a -p") cat /dev/null "$keychain"/*.pem ;;
  "find-certificate -a -Z")
    for file in "$keychain"/*.pem; do
      if [ -f "$file" ]; then echo "SHA-1 hash: $(basename "$file" .pem | sed 's/.*-//')"; fi
    done
    ;;
  "delete-identity -Z $3" | "delete-certificate -Z $3")
    if [ -f "$keychain/locked" ]; then
      echo "security: SecKeychainItemDelete: User interaction is not allowed." >&2
      exit 36
    fi
    rm "$keychain"/*-"$3.pem" || exit 1
    grep -v "$3" "$keychain/identities" > "$keychain/rest"
    mv "$keychain/rest" "$keychain/identities"
    echo "$1 $3" >> "$here/deleted"
    ;;
  *) exit 2 ;;
esac
"""
_DATE = r"""#!/bin/sh
if [ "$*" != "-u +%Y-%m-%dT%H:%M:%SZ" ]; then exit 2; fi
cat "$(dirname "$0")/now"
"""
_PROFILES = r"""#!/bin/sh
cat "$(dirname "$0")/profiles.xml" 2>/dev/null
"""
_DEFAULTS = r"""#!/bin/sh
here=$(dirname "$0")
info="/Applications/Okta Verify.app/Contents/Info"
if [ "$1" = read ] && [ "$2" = "$info" ] && [ -f "$here/okta_verify" ]; then
  cat "$here/okta_verify"
  exit 0
fi
echo "The domain/default pair of ($2, $3) does not exist" >&2
exit 1
"""


@dataclass
class Keychain:
    """The content of one keychain.

    ``identities`` are DER certificates whose private key is there; ``others`` have none. Nothing is
    deleted from one that is locked.
    """

    identities: t.Sequence[bytes] = ()
    others: t.Sequence[bytes] = ()
    is_locked: bool = False


@dataclass
class MacState:
    """The part of a Mac that the check reads.

    ``users`` holds the login keychain of each short name, None without one. With None for
    ``scep_profiles`` the command profiles fails. ``now`` is ISO 8601, to the second. Kandji's
    variables of the blueprint stay as they are without one.
    """

    system: Keychain | None = field(default_factory=Keychain)
    users: t.Mapping[str, Keychain | None] = field(default_factory=dict)
    okta_verify: str | None = None
    scep_profiles: int | None = 0
    now: str = "2026-11-23T10:00:00Z"
    blueprint_id: str | None = None
    blueprint_name: str | None = None


class CheckRun(t.NamedTuple):
    """What a run of the check left. ``deleted`` has each deletion: its verb and a SHA-1."""

    returncode: int
    stdout: str
    stderr: str
    deleted: tuple[tuple[str, str], ...]


def is_certificate_check(script: str) -> bool:
    """Return whether a text is the collection's certificate check, with any settings.

    No other script runs on this machine.
    """
    return _without_settings(script) == _without_settings(check_script())


def _without_settings(script: str) -> str:
    for setting in _SETTINGS:
        script = setting.sub("", script)
    return script.rstrip()


def check_script() -> str:
    """Return the check as the role sends it to Kandji, with its default issuer."""
    return f"#!/bin/zsh\n{CHECK.read_text()}"


@dataclass(frozen=True)
class CheckedIdentity:
    """An identity as the check lists it. Its times are ISO 8601, to the second."""

    common_name: str
    issuer: str
    not_after: str
    sha256: str
    keychain: str = "system"
    authority_key_id: str = ""
    not_before: str = ""


def list_superseded(
    identities: t.Iterable[CheckedIdentity], script: str, mac: MacState
) -> list[CheckedIdentity] | None:
    """Return what the check removes, of one keychain, without running it.

    None where the Mac is not to remove any.
    """
    listed = base64.b64decode(_REMOVAL.findall(script)[0]).decode().split("\n")
    key_ids = _KEY_IDS.findall(script)[0].split()
    blueprint = {mac.blueprint_id, mac.blueprint_name} - {None, ""}
    if not key_ids or not blueprint & set(listed):
        return None
    issuer = base64.b64decode(_ISSUER.findall(script)[0]).decode()
    own = [
        each for each in identities if issuer in each.issuer and each.authority_key_id in key_ids
    ]
    valid = [each.not_before for each in own if each.not_before <= mac.now < each.not_after]
    return [each for each in own if valid and each.not_before < max(valid)]


def compute_line(
    identities: t.Iterable[CheckedIdentity],
    okta_verify: str | None,
    scep_profiles: int,
    script: str,
    removed: int | None = None,
) -> str:
    """Return the line that the check prints, without running it.

    It serves machines without zsh, and Macs without keys.

    :arg removed: how many certificates were removed, which are not among the identities; None where
        the Mac is not to remove any.
    """
    room = _ROOM if removed is None else _ROOM_AFTER_REMOVAL
    issuer = base64.b64decode(_ISSUER.findall(script)[0]).decode()
    fitting: list[str] = []
    matching = sorted(
        (identity for identity in identities if issuer in identity.issuer),
        key=lambda identity: (identity.not_after, identity.sha256),
        reverse=True,
    )
    for identity in matching:
        authority = {"aki": identity.authority_key_id} if identity.authority_key_id else {}
        text = _compact(
            {
                "cn": _escaped(identity.common_name),
                "issuer": _escaped(identity.issuer),
                **authority,
                "not_after": identity.not_after,
                "sha256": identity.sha256,
                "in": identity.keychain,
            }
        )
        if len(",".join(fitting)) + len(text) > room:
            break
        fitting.append(text)
    head = {
        "device_trust_certificates": 1,
        "okta_verify": okta_verify,
        "scep_profiles": scep_profiles,
        "count": len(matching),
        "left_out": len(matching) - len(fitting),
        **({} if removed is None else {"removed": removed, "not_removed": 0}),
    }
    return f'{_compact(head)[:-1]},"identities":[{",".join(fitting)}]}}'


def _compact(value: t.Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _escaped(name: str) -> str:
    r"""Return a name as openssl prints it: bytes that are not printable ASCII as \XX."""
    text = "".join(
        "\\\\" if byte == 0x5C else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:02X}"
        for byte in name.encode()
    )
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def can_run(ders: t.Iterable[bytes | None]) -> bool:
    """Return whether the check can run for a Mac with these certificates.

    This machine needs zsh and openssl, and each certificate its DER.
    """
    return all(shutil.which(name) for name in (SHELL, "openssl")) and all(
        der is not None for der in ders
    )


def run_check(shell: str, mac: MacState, script: str | None = None) -> CheckRun:
    """Run the certificate check in a shell of this machine, as the Mac would."""
    with tempfile.TemporaryDirectory(prefix="lab-mac-") as name:
        folder = Path(name)
        users = folder / "Users"
        _put_commands(folder, mac)
        _put_keychain(folder, SYSTEM_KEYCHAIN, mac.system)
        users.mkdir()
        for person, keychain in mac.users.items():
            path = users / person / "Library" / "Keychains" / "login.keychain-db"
            path.parent.mkdir(parents=True)
            if keychain is not None:
                path.touch()
                _put_keychain(folder, str(path), keychain)
        text = (check_script() if script is None else script).replace(
            _USERS, f"users_folder='{users}'"
        )
        for variable, value in (
            ("$BLUEPRINT_ID", mac.blueprint_id),
            ("$BLUEPRINT_NAME", mac.blueprint_name),
        ):
            text = text if value is None else text.replace(variable, value)
        file = folder / "certificate_check"
        file.write_text(text)
        environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "TMPDIR": str(folder),
        }
        done = subprocess.run(
            [shell, str(file)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        log = folder / "deleted"
        lines = log.read_text().splitlines() if log.exists() else []
        deleted = tuple(
            (verb, sha1) for verb, _blank, sha1 in (line.partition(" ") for line in lines)
        )
        return CheckRun(done.returncode, done.stdout, done.stderr, deleted)


def _put_commands(folder: Path, mac: MacState) -> None:
    commands = {"security": _SECURITY, "profiles": _PROFILES, "defaults": _DEFAULTS, "date": _DATE}
    for name, text in commands.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "now").write_text(mac.now + "\n")
    if mac.okta_verify is not None:
        (folder / "okta_verify").write_text(mac.okta_verify + "\n")
    if mac.scep_profiles is not None:
        types = ["com.apple.security.scep"] * mac.scep_profiles + ["com.apple.mdm"]
        (folder / "profiles.xml").write_text(
            "".join(f"<key>ProfileItemType</key>\n<string>{name}</string>\n" for name in types)
        )


def _put_keychain(folder: Path, path: str, keychain: Keychain | None) -> None:
    if keychain is None:
        return
    place = folder / "keychains" / re.sub("[/ ]", "_", path)
    place.mkdir(parents=True)
    hashes = [_sha1(der) for der in keychain.identities]
    listed = [
        f'  {number}) {sha1} "a name" (CSSMERR_TP_NOT_TRUSTED)\n'
        for number, sha1 in enumerate(hashes, start=1)
    ]
    matching = (
        f"\nPolicy: SSL (client)\n  Matching identities\n{''.join(listed)}     {len(listed)}"
        " identities found\n\n"
    )
    (place / "identities").write_text(
        f"{matching}  Valid identities only\n     0 valid identities found\n"
    )
    for number, der in enumerate([*keychain.others, *keychain.identities]):
        (place / f"{number:04}-{_sha1(der)}.pem").write_text(ssl.DER_cert_to_PEM_cert(der))
    if keychain.is_locked:
        (place / "locked").touch()


def _sha1(der: bytes) -> str:
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
