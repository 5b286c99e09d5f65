# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration profiles as property lists: parsed and checked. Pure."""

from __future__ import annotations

import plistlib
import re
import typing as t
from xml.parsers.expat import ExpatError

from ..._core.errors import BadOption
from ..._core.json_fields import is_too_deep
from ..constants import ACME_PAYLOAD, SCEP_PAYLOAD
from .property_list import PropertyListError, find_unwritable, read_xml
from .references import Plist, PlistDict, dangling_references, payload_title

ENROLLING = (SCEP_PAYLOAD, ACME_PAYLOAD)
SSO = "com.apple.extensiblesso"
OKTA_VERIFY = ("com.okta.mobile", "com.okta.mobile.auth-service-extension")
MARK = "Written by devicetrust.okta_kandji, content "
# Apple's description: no Mac installs a payload without.
REQUIRED_KEYS = {"PayloadVersion": int, "PayloadIdentifier": str, "PayloadUUID": str}
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
_MARK = re.compile(r" ?" + re.escape(MARK) + r"([0-9a-f]{32})(?:, generation (.+))?\Z", re.DOTALL)
_SIGNED = (b"\x30\x80", b"\x30\x82", b"\x30\x83", b"-----BEGIN PKCS7", b"-----BEGIN CMS", b"MII")
# The text is decoded already, whatever encoding it names.
_DECLARATION = re.compile(r"\A<\?xml\s[^>]*\?>")
_UTF_8 = '<?xml version="1.0" encoding="UTF-8"?>'
_UNREADABLE = (
    plistlib.InvalidFileException,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    OverflowError,
)


# Reading and writing


def parse(text: str | bytes | None) -> PlistDict | None:
    """Return a profile's XML as a dictionary, or None if it is not a property list.

    A signed profile is not one, and neither is one that is nested too deeply for any Mac.
    """
    if text is None:
        return None
    try:
        data = _DECLARATION.sub(_UTF_8, text).encode() if isinstance(text, str) else text
        plist = plistlib.loads(data)
    except (ExpatError, *_UNREADABLE):
        return None
    return plist if isinstance(plist, dict) and not is_too_deep(plist) else None


def to_xml(plist: Plist) -> bytes:
    """Return the profile as XML, with its keys in a stable order.

    Raises BadOption for a value that XML cannot hold.
    """
    payloads = plist.get("PayloadContent")
    for number, payload in enumerate(payloads if isinstance(payloads, list) else (), 1):
        problem = find_unwritable(payload)
        if problem:
            raise BadOption(
                f"The profile cannot be written. {_capitalize(payload_title(number, payload))}:"
                f" {problem}. Set another value."
            )
    problem = find_unwritable(plist)
    if problem:
        raise BadOption(f"The profile cannot be written. {problem}. Set another value.")
    return plistlib.dumps(dict(plist), sort_keys=True)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def check_rewritable(text: str | None, subject: str) -> None:
    """Raise BadOption if a write would change more of a profile than the keys that are set."""
    try:
        read_xml(_DECLARATION.sub("", text or "").encode(errors="surrogatepass"))
    except PropertyListError as error:
        raise BadOption(
            f"{subject} cannot be written again without a loss: {error}. Correct it in Kandji."
        ) from None


def read(text: str) -> PlistDict:
    """Return the text of a .mobileconfig as a dictionary.

    Raises BadOption that names what the text is instead, never with a value from it.
    """
    trimmed = text.lstrip("\ufeff \t\r\n")
    data = _encoded(trimmed)
    if not data:
        raise BadOption("mobileconfig: it is empty. Set the text of a configuration profile.")
    if data.startswith(b"bplist"):
        raise BadOption(
            "mobileconfig: it is a binary property list. Convert it to XML (plutil -convert xml1)."
        )
    if data.startswith(_SIGNED):
        raise BadOption(
            "mobileconfig: it is a signed profile, which cannot be compared with what Kandji holds."
            " Set the text that was signed (security cms -D -i FILE shows it)."
        )
    # Lines are counted from the beginning of the file.
    skipped = "\n" * text[: len(text) - len(trimmed)].count("\n")
    try:
        plist = read_xml(skipped.encode() + _encoded(_DECLARATION.sub(_blank, trimmed)))
    except PropertyListError as error:
        raise BadOption(f"mobileconfig: {error}. Correct the file.") from None
    check(plist)
    return t.cast(PlistDict, plist)


def _encoded(text: str) -> bytes:
    """Return the bytes of a text, also of one that is not Unicode."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")


def _blank(match: re.Match[str]) -> str:
    """Return white space of the same form, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group())


def check(plist: object) -> None:
    """Raise BadOption for a property list that no Mac would install."""
    if not isinstance(plist, dict) or plist.get("PayloadType") != "Configuration":
        raise BadOption(
            "mobileconfig: it is a property list, but not a configuration profile (a dictionary"
            " whose PayloadType is Configuration). Set the content of a .mobileconfig file."
        )
    if "EncryptedPayloadContent" in plist:
        raise BadOption(
            "mobileconfig: its content is encrypted for one device. Set the profile before it was"
            " encrypted."
        )
    payloads = plist.get("PayloadContent")
    if not isinstance(payloads, list) or not payloads:
        raise BadOption(
            "mobileconfig: it has no PayloadContent, a list of payloads with at least one."
            " Add a payload."
        )
    for number, payload in enumerate(payloads, 1):
        if not isinstance(payload, dict) or not isinstance(payload.get("PayloadType"), str):
            raise BadOption(
                f"mobileconfig: {payload_title(number, payload)} is not a dictionary with a"
                " PayloadType. Correct the payload."
            )
        for key, kind in REQUIRED_KEYS.items():
            value = payload.get(key)
            if not isinstance(value, kind) or isinstance(value, bool) or value == "":
                raise BadOption(
                    f"mobileconfig: {payload_title(number, payload)} has no {key}, without which"
                    " no Mac installs it. Add the key."
                )
        if not isinstance(payload.get("PayloadDescription", ""), str):
            raise BadOption(
                f"mobileconfig: the PayloadDescription of {payload_title(number, payload)} is not"
                " a text. Set a text, or leave it out."
            )
    dangling = dangling_references(payloads)
    if dangling:
        raise BadOption(
            "mobileconfig: no payload of the profile has this PayloadUUID, and no Mac installs a"
            f" profile whose certificate is missing ({'; '.join(dangling[:5])}). Add the payload of"
            " the certificate to the file."
        )


# Payloads


def payloads_of(plist: Plist | None) -> list[PlistDict]:
    """Return the payloads inside a profile."""
    content = (plist or {}).get("PayloadContent")
    return (
        [payload for payload in content if isinstance(payload, dict)]
        if isinstance(content, list)
        else []
    )


def shared_identities(plist: Plist) -> list[str]:
    """Return for people which payloads have the UUID or the identifier of another one."""
    shared = []
    for key in ("PayloadUUID", "PayloadIdentifier"):
        titles: dict[str, list[str]] = {}
        for number, payload in enumerate(payloads_of(plist), 1):
            titles.setdefault(str(payload.get(key)), []).append(payload_title(number, payload))
        shared += [
            f"{' and '.join(same)} have the same {key}" for same in titles.values() if same[1:]
        ]
    return shared


def scep_payloads(plist: Plist | None) -> list[PlistDict]:
    """Return the SCEP payloads inside a profile."""
    return [
        payload
        for payload in payloads_of(plist)
        if payload.get("PayloadType") == SCEP_PAYLOAD
        and isinstance(payload.get("PayloadContent"), dict)
    ]


def enrolls(plist: Plist | None) -> bool:
    """Return whether Macs that install the profile ask for a certificate."""
    return any(payload.get("PayloadType") in ENROLLING for payload in payloads_of(plist))


def exclusive_resources(plist: Plist) -> set[str]:
    """Return what no two profiles on one Mac may both bring.

    A SCEP URL, a host for single sign-on (Apple: they must be unique), Okta Verify's settings.
    """
    resources = {
        f"the SCEP URL {payload['PayloadContent'].get('URL')}" for payload in scep_payloads(plist)
    }
    for payload in payloads_of(plist):
        if payload.get("PayloadType") in OKTA_VERIFY:
            resources.add(f"Okta Verify's settings ({payload['PayloadType']})")
        if payload.get("PayloadType") == SSO and isinstance(payload.get("Hosts"), list):
            resources |= {
                f"the single sign-on host {str(host).lower()}" for host in payload["Hosts"]
            }
    return resources


def configures_okta_verify(plist: Plist) -> bool:
    """Return whether the profile brings what Kandji's own Okta Device Trust brings too.

    That is Okta Verify's settings or its single sign-on extension.
    """
    return any(
        payload.get("PayloadType") in OKTA_VERIFY
        or payload.get("PayloadType") == SSO
        and payload.get("ExtensionIdentifier") in OKTA_VERIFY
        for payload in payloads_of(plist)
    )


def titled_scep_payloads(plist: Plist) -> list[tuple[str, PlistDict]]:
    """Return the SCEP payloads of a profile, each with its title for messages."""
    own = scep_payloads(plist)
    return [
        (payload_title(number, payload), payload)
        for number, payload in enumerate(payloads_of(plist), 1)
        if any(payload is each for each in own)
    ]


# The mark of what this collection wrote


def split_mark(payload: Plist) -> tuple[str, re.Match[str] | None]:
    """Return a payload's description without the collection's mark, and the mark."""
    description = str(payload.get("PayloadDescription", ""))
    match = _MARK.search(description)
    return (description[: match.start()] if match else description), match


def read_mark(plist: Plist) -> tuple[str | None, str | None]:
    """Return digest and generation that the profile was written under.

    They are None for a profile that this collection did not write.
    """
    for payload in payloads_of(plist):
        match = split_mark(payload)[1]
        if match:
            return match.group(1), match.group(2)
    return None, None


def remove_mark(payload: Plist) -> PlistDict:
    """Return the payload without the collection's mark."""
    description, match = split_mark(payload)
    kept = {
        key: value for key, value in payload.items() if not match or key != "PayloadDescription"
    }
    return {**kept, "PayloadDescription": description} if match and description else kept


# Kandji's variables


def holds_variable(texts: t.Iterable[object]) -> bool:
    """Return whether Kandji would replace something in one of the texts."""
    return any(f"${name}" in str(text) for text in texts for name in VARIABLES)
