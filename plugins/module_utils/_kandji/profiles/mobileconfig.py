# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile that Macs get:

a configuration profile with one SCEP payload. Built, parsed and compared as values, never as text.

Key names are those of Apple's ``com.apple.security.scep`` payload.
"""

from __future__ import annotations

import copy
import hashlib
import plistlib
import re
import typing as t
import uuid
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError

from ..._core.changes import ABSENT, Difference, differences, shown
from ..._core.errors import BadOption
from ..._core.masking import MASK
from ..identifiers import SCEP_PAYLOAD

IDENTIFIER = "devicetrust.okta_kandji.scep"
MARK = "Written by devicetrust.okta_kandji, content "
NAMESPACE = uuid.UUID("5f0b7a3e-6a55-4b0e-9d9d-0b6f4f1f7f10")
FIRST_GENERATION = "1"
KEY_USAGES = {"signing": 1, "encryption": 4, "both": 5}
SUBJECT_TYPES = ("C", "L", "ST", "O", "OU", "CN")
SUBJECT_OIDS = {
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
}
# What Apple's description of the payload says of keys that are not there.
APPLE_DEFAULTS = {
    "Key Type": "RSA",
    "Keysize": 1024,
    "Key Usage": 0,
    "Retries": 3,
    "RetryDelay": 10,
    "KeyIsExtractable": True,
    "AllowAllAppsAccess": False,
}
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
_VARIABLE = re.compile(r"\$([A-Z][A-Z_]*)")


@dataclass
class ScepSettings:
    """What the SCEP payload shall say.

    ``retry_delay`` in seconds, ``key_size`` in bits, ``ca_fingerprint`` in hexadecimal digits.
    """

    url: str
    challenge: str = field(repr=False)
    subject: str = "CN=$SERIAL_NUMBER $PROFILE_UUID"
    scep_name: str | None = None
    subject_alt_name: t.Mapping[str, t.Any] | None = None
    key_size: int = 2048
    key_usage: str = "signing"
    retries: int = 5
    retry_delay: int = 30
    key_is_extractable: bool = False
    allow_all_apps_access: bool = True
    ca_fingerprint: str | None = None
    runs_on: tuple[str, ...] = ("mac",)  # beside the payload; part of what was asked for


def parse_subject(text: str) -> list[list[list[str]]]:
    """``CN=$SERIAL_NUMBER,O=Acme`` as the payload has it:

    [[["CN", "$SERIAL_NUMBER"]], [["O", "Acme"]]]. A comma in a value is written ``\\,``.
    """
    result = []
    for part in re.split(r"(?<!\\),", text):
        kind, equals, value = part.strip().partition("=")
        kind, value = kind.strip(), value.strip().replace("\\,", ",")
        if not equals or not value:
            raise BadOption(
                f"subject: {part.strip()!r} in {text!r} is not TYPE=value; write it like"
                " CN=$SERIAL_NUMBER,O=Acme."
            )
        if kind.upper() in SUBJECT_TYPES:
            kind = kind.upper()
        elif not re.fullmatch(r"\d+(\.\d+)+", kind):
            raise BadOption(
                f"subject: {kind!r} in {text!r} is no attribute type; use"
                f" {', '.join(SUBJECT_TYPES)} or a dotted object identifier."
            )
        if any(ord(char) < 32 for char in value):
            raise BadOption(f"subject: the value of {kind} holds a control character.")
        unknown = [name for name in _VARIABLE.findall(value) if name not in VARIABLES]
        if unknown:
            raise BadOption(
                f"subject: ${unknown[0]} is not a variable that Kandji knows; it knows"
                f" {', '.join('$' + name for name in VARIABLES)}."
            )
        result.append([[kind, value]])
    return result


def check_challenge(challenge: str) -> None:
    """Raises BadOption for a challenge that would not arrive on the Mac as it is.

    The text never holds it.
    """
    if not challenge.strip():
        raise BadOption(
            "challenge: it is empty; give the secret key that Okta showed beside the SCEP URL."
        )
    if any(ord(char) < 32 or ord(char) == 127 for char in challenge):
        raise BadOption(
            "challenge: it holds a control character (a line break, perhaps); give the secret key"
            " alone."
        )
    if challenge != challenge.strip():
        raise BadOption("challenge: it begins or ends with a space; give the secret key alone.")
    if any(
        challenge[match.start() + 1 :].startswith(VARIABLES)
        for match in re.finditer(r"\$", challenge)
    ):
        raise BadOption(
            "challenge: it holds text that Kandji would replace as a variable; reset the secret key"
            " in Okta to get another."
        )


def payload_content(settings: ScepSettings) -> dict[str, t.Any]:
    """The inner dictionary that the settings ask for. ABSENT marks a key that must not be there."""
    content: dict[str, t.Any] = {
        "URL": settings.url,
        "Challenge": settings.challenge,
        "Subject": parse_subject(settings.subject),
        "SubjectAltName": _alternative_name(settings.subject_alt_name),
        "Key Type": "RSA",
        "Keysize": settings.key_size,
        "Key Usage": KEY_USAGES[settings.key_usage],
        "Retries": settings.retries,
        "RetryDelay": settings.retry_delay,
        "KeyIsExtractable": settings.key_is_extractable,
        "AllowAllAppsAccess": settings.allow_all_apps_access,
    }
    if settings.scep_name is not None:
        content["Name"] = settings.scep_name
    if settings.ca_fingerprint:
        content["CAFingerprint"] = fingerprint_bytes(settings.ca_fingerprint)
    return content


def _alternative_name(value: t.Mapping[str, t.Any] | None) -> t.Any:
    names = {
        "rfc822_name": "rfc822Name",
        "dns_name": "dNSName",
        "uniform_resource_identifier": "uniformResourceIdentifier",
        "nt_principal_name": "ntPrincipalName",
    }
    return {names[name]: entry for name, entry in (value or {}).items() if entry} or ABSENT


def fingerprint_bytes(text: str) -> bytes:
    """A fingerprint in hexadecimal digits, with or without colons;

    SHA-1 or SHA-256 by its length. Raises BadOption.
    """
    digits = text.replace(":", "").replace(" ", "")
    if not re.fullmatch(r"[0-9A-Fa-f]+", digits) or len(digits) not in (40, 64):
        raise BadOption(
            f"ca_fingerprint: {text!r} is not a SHA-1 or SHA-256 fingerprint (40 or 64 hexadecimal"
            " digits)."
        )
    return bytes.fromhex(digits)


def parse(text: t.Any) -> dict[str, t.Any] | None:
    """A profile's XML as a dictionary, or None where it is not a property list (a signed profile,
    say).
    """
    try:
        plist = plistlib.loads(text.encode() if isinstance(text, str) else bytes(text or b""))
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        OverflowError,
    ):
        return None
    return plist if isinstance(plist, dict) else None


def scep_payloads(plist: t.Mapping[str, t.Any] | None) -> list[dict[str, t.Any]]:
    """The SCEP payloads inside a profile."""
    inner = (plist or {}).get("PayloadContent")
    rows = inner if isinstance(inner, list) else []
    return [
        row
        for row in rows
        if isinstance(row, dict)
        and row.get("PayloadType") == SCEP_PAYLOAD
        and isinstance(row.get("PayloadContent"), dict)
    ]


def our_payload(plist: t.Mapping[str, t.Any] | None, url: str) -> dict[str, t.Any] | None:
    """The SCEP payload that is meant:

    the only one, or of several the only one with this URL. None where that does not settle it.
    """
    payloads = scep_payloads(plist)
    if len(payloads) > 1:
        payloads = [one for one in payloads if one["PayloadContent"].get("URL") == url]
    return payloads[0] if len(payloads) == 1 else None


def generation_of(payload: t.Mapping[str, t.Any]) -> str | None:
    """The generation that the payload was written under, or None where the payload is not of our
    making.
    """
    identifier = str(payload.get("PayloadIdentifier", ""))
    return identifier[len(IDENTIFIER) + 1 :] if identifier.startswith(IDENTIFIER + ".") else None


def mark_of(payload: t.Mapping[str, t.Any]) -> str | None:
    description = str(payload.get("PayloadDescription", ""))
    return description[len(MARK) :] if description.startswith(MARK) else None


def content_mark(settings: ScepSettings, generation: str) -> str:
    """Tells later that exactly this was written before, so that a tenant that changes it is not
    written to for ever.

    It covers the challenge, and stands nowhere but beside it in the same payload.
    """
    keys = sorted(
        (key, repr(value))
        for key, value in payload_content(settings).items()
        if value is not ABSENT
    )
    return hashlib.sha256(repr((keys, sorted(settings.runs_on), generation)).encode()).hexdigest()[
        :32
    ]


def desired_profile(
    name: str,
    settings: ScepSettings,
    generation: str | None,
    current: t.Mapping[str, t.Any] | None,
) -> dict[str, t.Any]:
    """The whole profile as it shall be:

    what is there already, with the keys that the settings ask for.
    """
    plist: dict[str, t.Any] = copy.deepcopy(dict(current)) if current else _empty(name)
    payload = our_payload(plist, settings.url) or {}
    wanted = generation or generation_of(payload) or (FIRST_GENERATION if not current else None)
    content = payload_content(settings)
    inner = {
        key: value
        for key, value in payload.get("PayloadContent", {}).items()
        if content.get(key) is not ABSENT
    }
    inner.update({key: value for key, value in content.items() if value is not ABSENT})
    payload["PayloadContent"] = inner
    payload["PayloadDescription"] = MARK + content_mark(settings, wanted or "")
    if wanted and generation_of(payload) != wanted:
        payload["PayloadIdentifier"] = f"{IDENTIFIER}.{wanted}"
        payload["PayloadUUID"] = str(uuid.uuid5(NAMESPACE, f"{name}/{wanted}")).upper()
    if payload.get("PayloadType") != SCEP_PAYLOAD:
        payload.update(
            {"PayloadType": SCEP_PAYLOAD, "PayloadVersion": 1, "PayloadDisplayName": "SCEP"}
        )
        plist["PayloadContent"] = [*plist.get("PayloadContent", []), payload]
    return plist


def _empty(name: str) -> dict[str, t.Any]:
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadScope": "System",
        "PayloadDisplayName": name,
        "PayloadContent": [],
        "PayloadIdentifier": IDENTIFIER,
        "PayloadUUID": str(uuid.uuid5(NAMESPACE, name)).upper(),
    }


def compare(
    settings: ScepSettings, generation: str | None, payload: t.Mapping[str, t.Any]
) -> list[Difference]:
    """Where a payload differs from the settings.

    What says the same in other words is no difference. An unset generation is not compared.
    """
    found = [
        one
        for one in differences(payload_content(settings), payload.get("PayloadContent", {}))
        if not _says_the_same(one)
    ]
    if generation and generation_of(payload) != generation:
        found.append(Difference("generation", generation_of(payload), generation))
    return found


def _says_the_same(difference: Difference) -> bool:
    key, before, after = difference
    if before is ABSENT:
        return key in APPLE_DEFAULTS and APPLE_DEFAULTS[key] == after
    if key == "Subject":
        return _by_oid(before) == _by_oid(after)
    if key == "SubjectAltName" and after is ABSENT:
        return isinstance(before, dict) and not any(before.values())
    return key.startswith("SubjectAltName.") and before == [
        after
    ]  # Apple takes a text or a list of texts


def _by_oid(subject: t.Any) -> t.Any:
    """A subject with attribute types as dotted object identifiers;

    anything that is no subject as it is.
    """
    if isinstance(subject, list):
        if len(subject) == 2 and all(isinstance(part, str) for part in subject):
            return [SUBJECT_OIDS.get(subject[0].upper(), subject[0]), subject[1]]
        return [_by_oid(part) for part in subject]
    return subject


def written_before(
    settings: ScepSettings, generation: str | None, payload: t.Mapping[str, t.Any]
) -> bool:
    """Whether exactly this was written into the payload already, so that a difference now is the
    tenant's doing.
    """
    mark = content_mark(settings, generation or generation_of(payload) or "")
    return mark_of(payload) == mark


def to_xml(plist: t.Mapping[str, t.Any]) -> bytes:
    return plistlib.dumps(dict(plist), sort_keys=True)


def masked(difference: Difference) -> tuple[t.Any, t.Any]:
    """Before and after of a difference, for people: the challenge only as "is there"."""
    if difference.path == "Challenge":
        return (None if difference.before is ABSENT else f"{MASK} (another one)"), MASK
    return shown(difference.before), shown(difference.after)
