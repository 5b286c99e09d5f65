# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the certificate check printed on the Macs, read from the statuses of its Custom Script.

Pure.

The script prints one line of JSON. How much of it Kandji keeps, and with what around it, is not
documented. So all logs of a status are searched, and of a line that was cut the complete identities
count.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from ..._core.timestamps import format_timestamp, parse_timestamp
from ..._kandji.certificate_proof import UNKNOWN, Subject, UnattestedNames, is_outdated
from ..._kandji.records import ItemStatus, newest_statuses
from ..._okta.authorities.records import parse_key_id

MARK = '{"device_trust_certificates":'
_VERSION = re.compile(r"\s*\d+\s*[,}]")
_COUNTS = re.compile(r'"(count|removed|not_removed)":\s*(\d{1,9})\s*[,}]')
_IDENTITIES = '"identities":'
_CUT = "..."  # the end of a name that the check cut
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ESCAPE = re.compile(r"\\(\\|[0-9A-Fa-f]{2})|\\.?")

# From the key identifiers of the authority's certificates to when these expire, None if that is
# unknown. Empty if the authorities were not read.
KeyExpiries: t.TypeAlias = "t.Mapping[str, datetime | None]"
NO_KEYS: KeyExpiries = MappingProxyType({})


@dataclass(frozen=True)
class CheckedIdentity:
    """A certificate with its private key, as it is on a Mac.

    ``not_after`` is ISO 8601 in UTC; ``keychain`` is system or user. ``authority_key_id`` names the
    certificate that signed it, "" if the check does not report it as 40 hexadecimal digits.
    """

    common_name: str
    issuer: str
    not_after: str
    sha256: str
    keychain: str = ""
    authority_key_id: str = ""

    def may_be_of(self, key_ids: t.Collection[str]) -> bool:
        """Return whether one of these CA certificates signed it; the issuer's name decides if not.

        ``key_ids`` are key identifiers in upper case, none if the authorities were not read.
        """
        return not key_ids or not self.authority_key_id or self.is_of(key_ids)

    def is_of(self, key_ids: t.Collection[str]) -> bool:
        """Return whether one of these CA certificates certainly signed it."""
        return self.authority_key_id in key_ids

    def expires(self, keys: KeyExpiries) -> str:
        """Return when it attests nothing any more (ISO 8601).

        It expires at its own time, or with the certificate that signed it.
        """
        end = keys.get(self.authority_key_id)
        return min(self.not_after, format_timestamp(end)) if end else self.not_after

    def may_be_named_by(self, subject: Subject) -> bool:
        """Return whether SCEP profiles may have requested it, as far as its name tells.

        The check cuts long names, so the UUID of a profile may be missing in one.
        """
        return subject.may_name(self.common_name) or self.common_name.endswith(_CUT)


@dataclass(frozen=True)
class CheckReport:
    """What the check reported on one Mac, newest identity first.

    ``count`` are all identities of the authority on the Mac. Those beyond ``identities`` did not
    fit or were cut off. ``removed`` are the superseded certificates that its last run removed, and
    ``not_removed`` those that it could not remove; None where the Mac is to remove none.
    """

    identities: tuple[CheckedIdentity, ...]
    count: int
    reported_at: datetime | None = None
    removed: int | None = None
    not_removed: int | None = None


class CheckedExpiry(t.NamedTuple):
    """When a Mac's last certificate expires (ISO 8601), and when the Mac reported that.

    ``authority_key_id`` is that of the certificate, "" if the check does not report it.
    ``not_after`` is the certificate's own time if the one that signed it expires before, else "".
    """

    expires: str
    reported_at: datetime | None = None
    authority_key_id: str = ""
    not_after: str = ""

    def is_outdated(self, *since: datetime | None) -> bool:
        """Return whether the Mac got a certificate after the report, which does not know it.

        :arg since: when the certificate or the profile that requested it came, as far as is known.
        """
        return is_outdated(self.reported_at, *since)


def read_checks(statuses: t.Iterable[ItemStatus]) -> dict[str, CheckReport]:
    """Return device id -> what the check reported there, from statuses of the script's item.

    Macs without a readable report are left out. Of two reports of a Mac the true one counts.
    """
    readable = newest_statuses(status for status in statuses if _read_status(status))
    return {
        device_id: replace(check, reported_at=parse_timestamp(status.reported_at))
        for device_id, status in readable.items()
        if (check := _read_status(status))
    }


def _read_status(status: ItemStatus) -> CheckReport | None:
    """Return what the check wrote into a log of the status, or None."""
    return next(filter(None, map(read_check, status.logs)), None)


def expiries_of(
    checks: t.Mapping[str, CheckReport],
    keys: KeyExpiries = NO_KEYS,
    subject: Subject = UNKNOWN,
) -> dict[str, CheckedExpiry]:
    """Return device id -> expiry of the Mac's last certificate of the authority.

    Macs without one are left out. A certificate expires with the one that signed it, at the latest.

    :arg checks: what ``read_checks`` returned.
    :arg keys: those of the authority's certificates, if they were read. A certificate of another
        authority with the same name does not count then.
    :arg subject: of the SCEP profiles. Where only the name of the issuer speaks for certificates,
        those that hold the UUID of a profile outweigh the others. Those without any UUID do not
        count if the subject holds one.
    """
    expiries: dict[str, CheckedExpiry] = {}
    for device_id, check in checks.items():
        last = last_identity(check, keys, subject)
        if last:
            expires = last.expires(keys)
            expiries[device_id] = CheckedExpiry(
                expires,
                check.reported_at,
                last.authority_key_id,
                "" if expires == last.not_after else last.not_after,
            )
    return expiries


def last_identity(
    check: CheckReport, keys: KeyExpiries = NO_KEYS, subject: Subject = UNKNOWN
) -> CheckedIdentity | None:
    """Return the identity of the authority that expires last, None if the Mac has none.

    The arguments are those of ``expiries_of``.
    """
    own = _own_identities(check, keys, subject)
    return max(own, key=lambda each: (each.expires(keys), each.not_after), default=None)


def _own_identities(
    check: CheckReport, key_ids: t.Collection[str], subject: Subject
) -> list[CheckedIdentity]:
    """Return the identities that decide when the Mac's last certificate expires.

    They are those that are proved, else those that may be of the authority. The latter prove
    nothing if a proved one may be among those that the check left out.
    """
    proved = [
        each
        for each in check.identities
        if each.is_of(key_ids)
        or each.may_be_of(key_ids)
        and subject.names_profile(each.common_name)
    ]
    can_be_proved = bool(key_ids) or bool(subject.uuids) and subject.can_be_proved
    if proved or (can_be_proved and check.count > len(check.identities)):
        return proved
    return [
        each
        for each in check.identities
        if each.may_be_of(key_ids) and each.may_be_named_by(subject)
    ]


def unattested_names(check: CheckReport, key_ids: t.Collection[str]) -> UnattestedNames:
    """Return the names whose certificates on a Mac are all of other authorities.

    None if the authorities were not read, or if the check did not list every identity: another one
    may have the same name. A name that was cut is not compared.
    """
    if not key_ids or check.count > len(check.identities):
        return UnattestedNames()
    own = {each.common_name.lower() for each in check.identities if each.may_be_of(key_ids)}
    names = {
        each.common_name.lower() for each in check.identities if not each.common_name.endswith(_CUT)
    }
    return UnattestedNames(frozenset(names - own), check.reported_at)


class MacReport(t.NamedTuple):
    """What a Mac reported of its certificates, as far as a gate needs it.

    ``expiry`` is None if none of them is of the authority. ``is_attested``: a key of the authority
    certainly signed the certificate that expires then. ``common_name`` is the name of that one.
    """

    unattested: UnattestedNames = UnattestedNames()
    expiry: CheckedExpiry | None = None
    is_attested: bool = False
    common_name: str = ""

    @property
    def reported_at(self) -> datetime | None:
        """When the Mac reported the certificate, None if it is unknown or there is none."""
        return self.expiry.reported_at if self.expiry else None


def newest_by_serial(
    expiries: t.Mapping[str, CheckedExpiry], serials: t.Mapping[str, str]
) -> dict[str, CheckedExpiry]:
    """Return serial -> expiry from device id -> expiry.

    A Mac that was enrolled again may have an older device as well, with what it reported then.

    :arg serials: device id -> serial.
    """
    by_serial: dict[str, CheckedExpiry] = {}
    for device_id, checked in expiries.items():
        serial = serials.get(device_id)
        if serial and (serial not in by_serial or checked.expires > by_serial[serial].expires):
            by_serial[serial] = checked
    return by_serial


def read_check(log: str | None) -> CheckReport | None:
    """Return what the last line of the check in a log reports, or None without such a line."""
    if log is None or MARK not in log:
        return None
    line = log[log.rindex(MARK) :].partition("\n")[0]
    if not _VERSION.match(line[len(MARK) :]):
        return None
    counts = {name: int(text) for name, text in _COUNTS.findall(line.partition(_IDENTITIES)[0])}
    identities = sorted(
        set(_identities(line)),
        key=lambda identity: (identity.not_after, identity.sha256),
        reverse=True,
    )
    return CheckReport(
        tuple(identities),
        max(counts.get("count", 0), len(identities)),
        removed=counts.get("removed"),
        not_removed=counts.get("not_removed"),
    )


def _identities(line: str) -> t.Iterator[CheckedIdentity]:
    """Yield the identities of a line, up to where it was cut."""
    decoder = json.JSONDecoder()
    rest = line.partition(_IDENTITIES + "[")[2]
    while rest.startswith("{"):
        try:
            row, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return
        not_after, sha256 = parse_timestamp(row.get("not_after")), str(row.get("sha256"))
        if not_after and _SHA256.fullmatch(sha256):
            yield CheckedIdentity(
                _unescape(row.get("cn")),
                _unescape(row.get("issuer")),
                format_timestamp(not_after),
                sha256,
                str(row.get("in") or ""),
                parse_key_id(row.get("aki")),
            )
        rest = rest[end:].lstrip().lstrip(",").lstrip()


def _unescape(text: t.Any) -> str:
    r"""Return a name from the form in which openssl writes it.

    ``\XX`` is a byte of UTF-8, ``\\`` a backslash. A character that was cut is left out.
    """
    raw = str(text or "").encode("ascii", "replace").decode()
    parts, last = [], 0
    for match in _ESCAPE.finditer(raw):
        parts.append(raw[last : match.start()].encode())
        escaped = match.group(1)
        parts.append(b"\\" if escaped == "\\" else bytes.fromhex(escaped) if escaped else b"")
        last = match.end()
    parts.append(raw[last:].encode())
    return b"".join(parts).decode("utf-8", "ignore")
