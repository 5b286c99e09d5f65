# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the certificate check printed on the Macs, read from the statuses of its Custom Script.

Pure.

The script prints one line of JSON; how much of it Kandji keeps, and with what around it, is not
documented. So it is looked for in all of the logs of a status, and of a line that was cut the
identities that are whole count.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._core.timestamps import parse_timestamp
from .._kandji.records import ItemStatus

MARK = '{"device_trust_certificates":'
_FIELDS = re.compile(r'"(okta_verify|scep_profiles|count|left_out)":\s*("[^"\\]*"|\d+|null)\s*[,}]')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ESCAPE = re.compile(r"\\(\\|[0-9A-Fa-f]{2})|\\.?")


class Identity(t.NamedTuple):
    """A certificate with its private key, as it lies on a Mac.

    ``not_after`` is ISO 8601 in UTC; ``keychain`` is system or user.
    """

    common_name: str
    issuer: str
    not_after: str
    sha256: str
    keychain: str = ""


class Check(t.NamedTuple):
    """What one Mac said.

    ``count`` are all identities that it has of the authority; those beyond ``identities`` did not
    fit or were cut off.
    """

    identities: list[Identity]
    count: int
    okta_verify_version: str | None = None
    scep_profiles: int | None = None


def read_checks(statuses: t.Iterable[ItemStatus]) -> dict[str, Check]:
    """Status rows of the script's item -> device id (lower case) -> what that Mac said.

    Macs that said nothing readable are not there.
    """
    found: dict[str, Check] = {}
    for status in statuses:
        check = next((one for one in map(read_check, status.logs) if one), None)
        if status.device_id and check:
            found[status.device_id] = check
    return found


def certificate_ends(statuses: t.Iterable[ItemStatus]) -> dict[str, str]:
    """Device id (lower case) -> when the Mac's last certificate of the authority ends (ISO 8601),
    for Macs that have one.
    """
    return {
        device_id: max(one.not_after for one in check.identities)
        for device_id, check in read_checks(statuses).items()
        if check.identities
    }


def read_check(log: str | None) -> Check | None:
    """The last line of the check in a log, or None where there is none."""
    if log is None or MARK not in log:
        return None
    line = log[log.rindex(MARK) :].partition("\n")[0]
    if not re.match(r"\s*\d+\s*[,}]", line[len(MARK) :]):
        return None
    values = {
        name: json.loads(value)
        for name, value in _FIELDS.findall(line.partition('"identities":')[0])
    }
    identities = sorted(
        set(_identities(line)), key=lambda one: (one.not_after, one.sha256), reverse=True
    )
    version, profiles, count = (
        values.get("okta_verify"),
        values.get("scep_profiles"),
        values.get("count"),
    )
    return Check(
        identities,
        max(count if isinstance(count, int) else 0, len(identities)),
        version if isinstance(version, str) else None,
        profiles if isinstance(profiles, int) else None,
    )


def _identities(line: str) -> t.Iterator[Identity]:
    """The identities of a line, up to where it was cut."""
    decoder, place = json.JSONDecoder(), line.partition('"identities":[')
    rest = place[2]
    while rest.startswith("{"):
        try:
            one, end = decoder.raw_decode(rest)
        except ValueError:
            return
        end_of = parse_timestamp(one.get("not_after"))
        if end_of and _SHA256.fullmatch(str(one.get("sha256"))):
            yield Identity(
                _name(one.get("cn")),
                _name(one.get("issuer")),
                f"{end_of:%Y-%m-%dT%H:%M:%SZ}",
                one["sha256"],
                str(one.get("in") or ""),
            )
        rest = rest[end:].lstrip().lstrip(",").lstrip()


def _name(text: t.Any) -> str:
    r"""A name as openssl writes it -> the name:

    ``\XX`` is a byte of UTF-8, ``\\`` a backslash. What was cut within a sign is left out.
    """
    raw = str(text or "").encode("ascii", "replace").decode()
    parts, last = [], 0
    for found in _ESCAPE.finditer(raw):
        parts.append(raw[last : found.start()].encode())
        escaped = found.group(1)
        parts.append(b"\\" if escaped == "\\" else bytes.fromhex(escaped) if escaped else b"")
        last = found.end()
    parts.append(raw[last:].encode())
    return b"".join(parts).decode("utf-8", "ignore")
