# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration profile as a file holds it:

read, compared as values, marked, and shown without its secrets. Pure.

Identities are not compared: Kandji gives a profile its own, and a tool that writes a file may make
others each time.
"""

from __future__ import annotations

import copy
import hashlib
import plistlib
import re
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from xml.parsers.expat import ExpatError

from ..._core.changes import ABSENT, Difference, differences
from ..._core.errors import BadOption
from ..._core.masking import MASK
from ..._core.text import walk_texts
from ..identifiers import ACME_PAYLOAD, SCEP_PAYLOAD
from .mobileconfig import MARK, VARIABLES, scep_payloads

Plist = t.Mapping[str, t.Any]

IDENTITY = ("PayloadIdentifier", "PayloadUUID")
REWRITTEN = (
    *IDENTITY,
    "PayloadDisplayName",
    "PayloadContent",
)  # of the whole profile: Kandji's own, and what is compared payload by payload
MAYBE_KEPT = (
    "PayloadDescription",
    "PayloadOrganization",
)  # of the whole profile: whether Kandji keeps them is not documented
NEEDED = {
    "PayloadVersion": int,
    "PayloadIdentifier": str,
    "PayloadUUID": str,
}  # Apple's description: no Mac installs a payload without
ENROLLING = (SCEP_PAYLOAD, ACME_PAYLOAD)
SSO = "com.apple.extensiblesso"
OKTA_VERIFY = ("com.okta.mobile", "com.okta.mobile.auth-service-extension")
ONE_OF_A_KIND = "A Mac must get each of these from one profile"
SECRET_KEY = re.compile(
    r"password|passphrase|passcode|challenge|secret|token|credential|private_?key|api_?key",
    re.IGNORECASE,
)
_MARK = re.compile(r" ?" + re.escape(MARK) + r"([0-9a-f]{32})(?:, generation (.+))?\Z", re.DOTALL)
_SIGNED = (b"\x30\x80", b"\x30\x82", b"\x30\x83", b"-----BEGIN PKCS7", b"-----BEGIN CMS", b"MII")
_UNKNOWN_VARIABLE = re.compile(r"\$[A-Z][A-Z_]+")


def read(text: str) -> dict[str, t.Any]:
    """The text of a .mobileconfig as a dictionary.

    Raises BadOption that says what it is instead; never with a value from it.
    """
    data = text.lstrip("\ufeff \t\r\n").encode(errors="surrogateescape")
    if not data:
        raise BadOption("mobileconfig: it is empty; give the text of a configuration profile.")
    if data.startswith(b"bplist"):
        raise BadOption(
            "mobileconfig: it is a binary property list; make XML of it (plutil -convert xml1)."
        )
    if data.startswith(_SIGNED):
        raise BadOption(
            "mobileconfig: it is a signed profile, which cannot be compared with what Kandji holds;"
            " give the text that was signed (security cms -D -i FILE shows it)."
        )
    try:
        plist = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except ExpatError as error:
        raise BadOption(
            f"mobileconfig: it is not well-formed XML (line {error.lineno}, column {error.offset})."
        ) from None
    except (
        plistlib.InvalidFileException,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        OverflowError,
    ):
        raise BadOption("mobileconfig: it is XML, and no property list that can be read.") from None
    check(plist)
    return t.cast(dict[str, t.Any], plist)


def check(plist: t.Any) -> None:
    """Raises BadOption for a property list that no Mac would install."""
    if not isinstance(plist, dict) or plist.get("PayloadType") != "Configuration":
        raise BadOption(
            "mobileconfig: it is a property list, and no configuration profile (a dictionary whose"
            " PayloadType is Configuration)."
        )
    if "EncryptedPayloadContent" in plist:
        raise BadOption(
            "mobileconfig: its content is encrypted for one device; give the profile before it was"
            " encrypted."
        )
    payloads = plist.get("PayloadContent")
    if not isinstance(payloads, list) or not payloads:
        raise BadOption(
            "mobileconfig: it has no PayloadContent, a list of payloads with at least one."
        )
    for number, payload in enumerate(payloads, 1):
        if not isinstance(payload, dict) or not isinstance(payload.get("PayloadType"), str):
            raise BadOption(f"mobileconfig: payload {number} is no dictionary with a PayloadType.")
        for key, kind in NEEDED.items():
            if not isinstance(payload.get(key), kind):
                raise BadOption(
                    f"mobileconfig: payload {number} ({payload['PayloadType']}) has no {key},"
                    " without which no Mac installs it."
                )


# What it says


def payloads_of(plist: Plist) -> list[dict[str, t.Any]]:
    inner = plist.get("PayloadContent")
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _split_mark(payload: Plist) -> tuple[str, re.Match[str] | None]:
    """A payload's description without our mark, and the mark."""
    description = str(payload.get("PayloadDescription", ""))
    found = _MARK.search(description)
    return (description[: found.start()] if found else description), found


def mark_of(plist: Plist) -> tuple[str | None, str | None]:
    """Digest and generation that it was written under; None for what is not of our making."""
    for payload in payloads_of(plist):
        found = _split_mark(payload)[1]
        if found:
            return found.group(1), found.group(2)
    return None, None


def _without_mark(payload: Plist) -> dict[str, t.Any]:
    description, mark = _split_mark(payload)
    kept = {key: value for key, value in payload.items() if not mark or key != "PayloadDescription"}
    return {**kept, "PayloadDescription": description} if mark and description else kept


def said(payload: Plist) -> dict[str, t.Any]:
    """What a payload says, without its identity and our mark. An empty description says nothing."""
    return {
        key: value
        for key, value in _without_mark(payload).items()
        if key not in IDENTITY and (key, value) != ("PayloadDescription", "")
    }


def about(plist: Plist) -> dict[str, t.Any]:
    """What the profile as a whole says, beside its payloads."""
    return {key: value for key, value in plist.items() if key not in REWRITTEN}


def compare(desired: Plist, current: Plist) -> list[Difference]:
    """Where a profile says something else.

    A payload's keys are named ``com.okta.mobile/OktaVerify.OrgUrl``; their order is no difference.

    Of the whole profile only keys that the file has count, and what Kandji may not keep counts only
    where it kept another.
    """
    top = {
        key: value
        for key, value in about(desired).items()
        if key not in MAYBE_KEPT or key in current
    }
    found = differences(top, current)
    for label, wanted, there in _pairs(payloads_of(desired), payloads_of(current)):
        if wanted is ABSENT or there is ABSENT:
            found.append(Difference(label, there, wanted))
        else:
            found += [
                one._replace(path=f"{label}/{one.path}")
                for one in differences(_whole(wanted, there), there)
            ]
    return found


def _pairs(
    desired: t.Sequence[Plist], current: t.Sequence[Plist]
) -> t.Iterator[tuple[str, t.Any, t.Any]]:
    """Payloads of one type side by side, but for those that say the same;

    the others in their order. ABSENT where a side has no more.
    """
    for kind in dict.fromkeys(str(one.get("PayloadType")) for one in [*desired, *current]):
        sides = [
            [said(one) for one in side if str(one.get("PayloadType")) == kind]
            for side in (desired, current)
        ]
        same = Counter(map(_canonical, sides[0])) & Counter(map(_canonical, sides[1]))
        for number, (wanted, there) in enumerate(
            zip_longest(*(_beside(side, same) for side in sides), fillvalue=ABSENT), 1
        ):
            yield kind if number == 1 else f"{kind} ({number})", wanted, there


def _beside(side: t.Sequence[Plist], same: Counter[str]) -> list[Plist]:
    """The payloads that are left when those that both sides have are taken away."""
    left, rest = Counter(same), []
    for one in side:
        text = _canonical(one)
        left[text] -= 1
        if left[text] < 0:
            rest.append(one)
    return rest


def _whole(desired: Plist, current: Plist) -> dict[str, t.Any]:
    """``desired`` for the differ, with what must not be there any more."""
    gone = {key: ABSENT for key in current if key not in desired}
    inner = {
        key: (
            _whole(value, current[key])
            if isinstance(value, dict) and isinstance(current.get(key), dict)
            else value
        )
        for key, value in desired.items()
    }
    return {**inner, **gone}


def _canonical(value: t.Any) -> str:
    """One text for one value: types count, the order of keys does not."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    return (
        "[" + ",".join(map(_canonical, value)) + "]"
        if isinstance(value, list)
        else f"{type(value).__name__}:{value!r}"
    )


def enrols(plist: Plist | None) -> bool:
    """Whether Macs that install it ask for a certificate."""
    return any(one.get("PayloadType") in ENROLLING for one in payloads_of(plist or {}))


def claims(plist: Plist) -> set[str]:
    """What no two profiles on one Mac may both bring:

    a SCEP URL, a host for single sign-on (Apple: they must be unique), Okta Verify's settings.
    """
    found = {f"the SCEP URL {one['PayloadContent'].get('URL')}" for one in scep_payloads(plist)}
    for one in payloads_of(plist):
        if one.get("PayloadType") in OKTA_VERIFY:
            found.add(f"Okta Verify's settings ({one['PayloadType']})")
        if one.get("PayloadType") == SSO and isinstance(one.get("Hosts"), list):
            found |= {f"the single sign-on host {str(host).lower()}" for host in one["Hosts"]}
    return found


def of_okta_verify(plist: Plist) -> bool:
    """Whether it brings what Kandji's own Okta Device Trust brings too:

    Okta Verify's settings or its single sign-on extension.
    """
    return any(
        one.get("PayloadType") in OKTA_VERIFY
        or one.get("PayloadType") == SSO
        and one.get("ExtensionIdentifier") in OKTA_VERIFY
        for one in payloads_of(plist)
    )


def unknown_variables(plist: Plist, secret_keys: t.Sequence[str]) -> list[str]:
    """Values that are nothing but a variable which Kandji does not know, and would therefore arrive
    as they stand.
    """
    texts = [
        text
        for one in payloads_of(plist)
        for path, text in walk_texts(one)
        if not is_secret(path, secret_keys)
    ]
    return sorted(
        {text for text in texts if _UNKNOWN_VARIABLE.fullmatch(text) and text[1:] not in VARIABLES}
    )


def holds_variable(texts: t.Iterable[t.Any]) -> bool:
    """Whether Kandji would replace something in one of the texts."""
    return any(f"${name}" in str(text) for text in texts for name in VARIABLES)


# Secrets


def is_secret(path: str, secret_keys: t.Sequence[str]) -> bool:
    """Whether one of the keys, with dots between them, is that of a secret."""
    return bool(SECRET_KEY.search(path)) or any(
        f".{one.lower()}." in f".{path.lower()}." for one in secret_keys
    )


def secrets(plist: Plist, secret_keys: t.Sequence[str]) -> list[str]:
    """The texts that no output may hold. A variable of Kandji's is none."""
    found = [
        text
        for one in payloads_of(plist)
        for path, text in walk_texts(one)
        if is_secret(path, secret_keys)
    ]
    return [text for text in found if text.lstrip("$") not in VARIABLES]


def masked_value(value: t.Any, path: str, secret_keys: t.Sequence[str]) -> t.Any:
    """A value for people: texts and data of secret keys masked, other data as its digest."""
    if isinstance(value, dict):
        return {
            name: masked_value(inner, f"{path}.{name}", secret_keys)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [masked_value(inner, path, secret_keys) for inner in value]
    if isinstance(value, (str, bytes)) and is_secret(path, secret_keys):
        return MASK
    if isinstance(value, bytes):
        return f"{len(value)} bytes, sha256:{hashlib.sha256(value).hexdigest()}"
    return (
        value
        if isinstance(value, (str, bool, int, float))
        else None
        if value is ABSENT
        else str(value)
    )


@dataclass
class FileContent:
    """All that a file says.

    An unset generation is not compared. ``runs_on`` stands beside it and is part of what was asked
    for.
    """

    plist: dict[str, t.Any] = field(repr=False)
    generation: str | None = None
    runs_on: t.Sequence[str] = ("mac",)
    secret_keys: t.Sequence[str] = ()
    each_write = "has every Mac in scope install it anew"

    @property
    def counts_as(self) -> str:
        return "reissue" if enrols(self.plist) else "reinstall"

    def unmanageable(self, current: Plist) -> str | None:
        return None

    def compare(self, current: Plist) -> list[Difference]:
        found = compare(self.plist, current)
        generation = mark_of(current)[1]
        return found + (
            [Difference("generation", generation, self.generation)]
            if self.generation and self.generation != generation
            else []
        )

    def digest(self, generation: str | None) -> str:
        """Tells later that exactly this was written before.

        It stands nowhere but inside the profile that it is of.
        """
        content = [
            sorted(_canonical(said(one)) for one in payloads_of(self.plist)),
            _canonical(about(self.plist)),
            sorted(self.runs_on),
            generation or "",
        ]
        return hashlib.sha256(_canonical(content).encode()).hexdigest()[:32]

    def written_before(self, current: Plist) -> bool:
        mark, generation = mark_of(current)
        return mark is not None and mark == self.digest(self.generation or generation)

    def document(self, name: str, current: Plist | None) -> dict[str, t.Any]:
        generation = self.generation or mark_of(current or {})[1]
        first, *others = [
            _without_mark(one) for one in payloads_of(copy.deepcopy(self.plist))
        ]  # a file that was pulled from Kandji has the mark in it
        mark = f"{MARK}{self.digest(generation)}" + (
            f", generation {generation}" if generation else ""
        )
        own = first.get("PayloadDescription")
        first["PayloadDescription"] = f"{own} {mark}" if own else mark
        return {**self.plist, "PayloadContent": [first, *others]}

    def masked(self, difference: Difference) -> tuple[t.Any, t.Any]:
        path = difference.path.partition("/")[2] or difference.path
        before, after = (
            masked_value(value, path, self.secret_keys)
            for value in (difference.before, difference.after)
        )
        return (f"{MASK} (another one)" if before == after == MASK else before), after

    def shown(self) -> dict[str, t.Any]:
        payloads = {
            label: payload for label, payload, _there in _pairs(payloads_of(self.plist), [])
        }
        return {
            key: masked_value(value, "" if key in payloads else key, self.secret_keys)
            for key, value in {**about(self.plist), **payloads}.items()
        }
