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
_ROOM, _LONGEST_NAME = 780, 120  # of the script: signs for all identities, and for a name
SHELL = "zsh"

# Keychains are folders of PEM files next to the commands. Their names are the keychain's path with
# its slashes replaced.
_SECURITY = r"""#!/bin/sh
here=$(dirname "$0")
for last; do :; done
keychain="$here/keychains/$(printf '%s' "$last" | tr '/ ' '__')"
if [ ! -d "$keychain" ]; then
  echo "security: SecKeychainCopySearchList: The specified keychain could not be found." >&2
  exit 44
fi
case "$1" in
  find-identity) cat "$keychain/identities" ;;
  find-certificate) cat "$keychain/certificates" ;;
  *) exit 2 ;;
esac
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

    ``identities`` are DER certificates whose private key is there; ``others`` have none.
    """

    identities: t.Sequence[bytes] = ()
    others: t.Sequence[bytes] = ()


@dataclass
class MacState:
    """The part of a Mac that the check reads.

    ``users`` holds the login keychain of each short name, None without one. With None for
    ``scep_profiles`` the command profiles fails.
    """

    system: Keychain | None = field(default_factory=Keychain)
    users: t.Mapping[str, Keychain | None] = field(default_factory=dict)
    okta_verify: str | None = None
    scep_profiles: int | None = 0


def is_certificate_check(script: str) -> bool:
    """Return whether a text is the collection's certificate check, for any issuer.

    No other script runs on this machine.
    """
    return _ISSUER.sub("", script.rstrip()) == _ISSUER.sub("", check_script().rstrip())


def check_script() -> str:
    """Return the check as the role sends it to Kandji, with its default issuer."""
    return f"#!/bin/zsh\n{CHECK.read_text()}"


@dataclass(frozen=True)
class CheckedIdentity:
    """An identity as the check lists it. ``not_after`` is ISO 8601, to the second."""

    common_name: str
    issuer: str
    not_after: str
    sha256: str
    keychain: str = "system"
    authority_key_id: str = ""


def compute_line(
    identities: t.Iterable[CheckedIdentity],
    okta_verify: str | None,
    scep_profiles: int,
    script: str,
) -> str:
    """Return the line that the check prints, without running it.

    It serves machines without zsh, and Macs without keys.
    """
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
        if len(",".join(fitting)) + len(text) > _ROOM:
            break
        fitting.append(text)
    head = {
        "device_trust_certificates": 1,
        "okta_verify": okta_verify,
        "scep_profiles": scep_profiles,
        "count": len(matching),
        "left_out": len(matching) - len(fitting),
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


def run_check(
    shell: str, mac: MacState, script: str | None = None
) -> subprocess.CompletedProcess[str]:
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
        file = folder / "certificate_check"
        file.write_text(text)
        environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "TMPDIR": str(folder),
        }
        return subprocess.run(
            [shell, str(file)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def _put_commands(folder: Path, mac: MacState) -> None:
    for name, text in (("security", _SECURITY), ("profiles", _PROFILES), ("defaults", _DEFAULTS)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
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
    hashes = [
        hashlib.sha1(der, usedforsecurity=False).hexdigest().upper() for der in keychain.identities
    ]
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
    (place / "certificates").write_text(
        "".join(map(ssl.DER_cert_to_PEM_cert, [*keychain.others, *keychain.identities]))
    )
