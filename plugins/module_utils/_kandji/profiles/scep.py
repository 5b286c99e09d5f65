# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCEP profiles: the payload that the settings ask for, and the plan for the profile. Pure.

Payloads are compared as values, never as texts. Key names are those of Apple's
``com.apple.security.scep`` payload.
"""

from __future__ import annotations

import copy
import hashlib
import re
import typing as t
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from ..._core.changes import ABSENT, Difference, Shown, differences, render_value
from ..._core.errors import BadOption, Refused
from ..._core.masking import MASK
from ..._core.results import Result
from ..._core.text import has_control_character
from ..._core.timestamps import parse_timestamp
from ..._http.urls import is_same_url, split_url
from ..._okta.authorities.device_integration import KNOWN_SHAPE
from ..._okta.constants import CERTIFICATE_LIFETIME, OKTA_DOMAINS
from ..._scep.subjects import SUBJECT_OIDS
from ..certificate_proof import names_variable
from ..constants import SCEP_PAYLOAD
from ..records import Blueprint, CustomProfile, LibraryItem
from . import plan as custom_profile
from .mobileconfig import (
    MARK,
    VARIABLES,
    parse,
    payloads_of,
    scep_payloads,
    titled_scep_payloads,
)
from .references import IDENTITY, Plist, PlistDict, rename_references

IDENTIFIER = "devicetrust.okta_kandji.scep"
NAMESPACE = uuid.UUID("5f0b7a3e-6a55-4b0e-9d9d-0b6f4f1f7f10")
FIRST_GENERATION = "1"
# With two live certificates of one authority on a Mac, Okta accepts either.
ONE_OF_AN_AUTHORITY = "A Mac must have one SCEP profile of this authority"
NO_PIN = "absent"
KEY_USAGES = {"signing": 1, "encryption": 4, "both": 5}
ALTERNATIVE_NAMES = {
    "rfc822_name": "rfc822Name",
    "dns_name": "dNSName",
    "uniform_resource_identifier": "uniformResourceIdentifier",
    "nt_principal_name": "ntPrincipalName",
}
# Option of kandji_scep_profile -> key of the payload, as a plan names it.
CHANGEABLE = {
    "ca_fingerprint": "CAFingerprint",
    "challenge": "Challenge",
    "generation": "generation",
}
# What Apple's description of the payload says of absent keys.
APPLE_DEFAULTS: dict[str, object] = {
    "Key Type": "RSA",
    "Keysize": 1024,
    "Key Usage": 0,
    "Retries": 3,
    "RetryDelay": 10,
    "KeyIsExtractable": True,
    "AllowAllAppsAccess": False,
}
_VARIABLE = re.compile(r"\$([A-Z][A-Z_]*)")


# Settings


@dataclass(frozen=True)
class ScepSettings:
    """What the SCEP payload is to contain.

    ``retry_delay`` in seconds, ``key_size`` in bits, ``ca_fingerprint`` in hexadecimal digits, or
    NO_PIN to remove it. ``runs_on`` is not in the payload, but the digest covers it.
    """

    url: str
    challenge: str = field(repr=False)
    subject: str = "CN=$SERIAL_NUMBER $PROFILE_UUID"
    scep_name: str | None = None
    subject_alt_name: t.Mapping[str, str | None] | None = None
    key_size: int = 2048
    key_usage: str = "signing"
    retries: int = 5
    retry_delay: int = 30
    key_is_extractable: bool = False
    allow_all_apps_access: bool = True
    ca_fingerprint: str | None = None
    runs_on: tuple[str, ...] = ("mac",)


def parse_subject(text: str) -> list[list[list[str]]]:
    r"""Return ``CN=$SERIAL_NUMBER,O=Acme`` as the payload has it.

    That is [[["CN", "$SERIAL_NUMBER"]], [["O", "Acme"]]]. A comma in a value is written ``\,``.
    Raises BadOption.
    """
    return [[_parse_attribute(part.strip(), text)] for part in re.split(r"(?<!\\),", text)]


def _parse_attribute(part: str, text: str) -> list[str]:
    kind, equals, value = part.partition("=")
    kind, value = kind.strip(), value.strip().replace("\\,", ",")
    if not equals or not value:
        raise BadOption(
            f"subject: {part!r} in {text!r} is not TYPE=value. Write it like"
            " CN=$SERIAL_NUMBER,O=Acme."
        )
    if kind.upper() in SUBJECT_OIDS:
        kind = kind.upper()
    elif not re.fullmatch(r"\d+(\.\d+)+", kind):
        raise BadOption(
            f"subject: {kind!r} in {text!r} is not an attribute type. Use"
            f" {', '.join(SUBJECT_OIDS)} or a dotted object identifier."
        )
    if has_control_character(value):
        raise BadOption(f"subject: the value of {kind} holds a control character. Remove it.")
    unknown = [name for name in _VARIABLE.findall(value) if name not in VARIABLES]
    if unknown:
        raise BadOption(
            f"subject: ${unknown[0]} is not a variable that Kandji knows. Use one of"
            f" {', '.join('$' + name for name in VARIABLES)}."
        )
    return [kind, value]


def build_content(settings: ScepSettings) -> PlistDict:
    """Return the inner dictionary that the settings ask for.

    ABSENT marks a key that must not exist. Raises BadOption.
    """
    content: PlistDict = {
        "URL": settings.url,
        "Challenge": settings.challenge,
        "Subject": parse_subject(settings.subject),
        "SubjectAltName": _build_alternative_name(settings.subject_alt_name),
        "Key Type": "RSA",
        "Keysize": settings.key_size,
        "Key Usage": KEY_USAGES[settings.key_usage],
        "Retries": settings.retries,
        "RetryDelay": settings.retry_delay,
        "KeyIsExtractable": settings.key_is_extractable,
        "AllowAllAppsAccess": settings.allow_all_apps_access,
    }
    if settings.scep_name is not None:
        _check_line("scep_name", settings.scep_name)
        content["Name"] = settings.scep_name
    if settings.ca_fingerprint:
        content["CAFingerprint"] = parse_pin(settings.ca_fingerprint) or ABSENT
    return content


def _build_alternative_name(names: t.Mapping[str, str | None] | None) -> object:
    for key, name in (names or {}).items():
        _check_line(f"subject_alt_name.{key}", name or "")
    return {ALTERNATIVE_NAMES[key]: name for key, name in (names or {}).items() if name} or ABSENT


def _check_line(option: str, text: str) -> None:
    """Raise BadOption for a text that is not one line."""
    if has_control_character(text):
        raise BadOption(f"{option}: it holds a line break or another control character. Remove it.")


def parse_pin(text: str | None) -> bytes | None:
    """Return the fingerprint of an option, None if it is not set or is NO_PIN. Raises BadOption."""
    return parse_fingerprint(text) if text and text.lower() != NO_PIN else None


def parse_fingerprint(text: str) -> bytes:
    """Return a fingerprint in hexadecimal digits, with or without colons, as bytes.

    Its length tells SHA-1 from SHA-256. Raises BadOption.
    """
    digits = text.replace(":", "").replace(" ", "")
    if not re.fullmatch(r"[0-9A-Fa-f]+", digits) or len(digits) not in (40, 64):
        raise BadOption(
            f"ca_fingerprint: {text!r} is not a SHA-1 or SHA-256 fingerprint. Set 40 or 64"
            " hexadecimal digits."
        )
    return bytes.fromhex(digits)


# The payload


def find_payload(plist: Plist | None, url: str) -> PlistDict | None:
    """Return the SCEP payload to manage: the only one, or the only one with this URL.

    Returns None if neither exists.
    """
    payloads = scep_payloads(plist)
    if len(payloads) > 1:
        payloads = [
            each for each in payloads if is_same_url(each["PayloadContent"].get("URL"), url)
        ]
    return payloads[0] if len(payloads) == 1 else None


def find_platform_payload(plist: Plist | None) -> PlistDict | None:
    """Return the SCEP payload of Okta where its URL is not given, or None if that is not clear.

    It is the only one of the profile, else the only one that this collection wrote, else the only
    one whose URL looks like those of Okta.
    """
    payloads = scep_payloads(plist)
    for chosen in (payloads, *(list(filter(test, payloads)) for test in (read_mark, _is_for_okta))):
        if len(chosen) == 1:
            return chosen[0]
    return None


def find_owner(payload: Plist, url: str) -> str | None:
    """Return why a SCEP payload is that of another authority, as a verb phrase, or None.

    One that this collection wrote is its own, whatever its URL. So is one without a URL, one with
    ``url``, and one whose URL looks like those of Okta: a person may have made it by hand.
    """
    held = str(payload.get("PayloadContent", {}).get("URL") or "")
    if not held or is_same_url(held, url) or read_mark(payload) or _is_for_okta(payload):
        return None
    host = split_url(held).hostname or "an unknown host"
    return f"holds a SCEP payload of {host}, which is not Okta's"


def read_generation(payload: Plist) -> str | None:
    """Return the generation that the payload was written under.

    It is None for a payload that this collection did not write.
    """
    identifier = str(payload.get("PayloadIdentifier"))
    return identifier[len(IDENTIFIER) + 1 :] if identifier.startswith(IDENTIFIER + ".") else None


def read_pin(payload: Plist) -> str | None:
    """Return the CA fingerprint that a SCEP payload pins, in hexadecimal digits, or None."""
    pinned = payload.get("PayloadContent", {}).get("CAFingerprint")
    return pinned.hex() if isinstance(pinned, bytes) else None


def find_pins(plans: t.Iterable[custom_profile.Plan], url: str) -> dict[str, bytes]:
    """Return the CA fingerprints that Macs compare when they enroll because of plans.

    By the name of the profile: that of the content to write, else of the one that is assigned.
    """
    pins = {}
    for plan in plans:
        held = plan.current.mobileconfig if plan.current else None
        payload = find_payload(parse(plan.mobileconfig or held), url) or {}
        pin = payload.get("PayloadContent", {}).get("CAFingerprint")
        if isinstance(pin, bytes):
            pins[plan.name] = pin
    return pins


def read_mark(payload: Plist) -> str | None:
    """Return the digest that the payload was written with, if this collection wrote it."""
    description = str(payload.get("PayloadDescription"))
    return description[len(MARK) :] if description.startswith(MARK) else None


def digest_settings(settings: ScepSettings, generation: str) -> str:
    """Return a digest that identifies content already written by this module.

    It prevents endless writes to a tenant that changes what was written. It covers the challenge,
    and is only stored next to it in the same payload.
    """
    wanted = build_content(settings)
    keys = sorted((key, repr(value)) for key, value in wanted.items() if value is not ABSENT)
    if wanted.get("CAFingerprint") is ABSENT:  # which is another wish than not to compare it
        keys.append(("CAFingerprint", NO_PIN))
    content = (keys, sorted(settings.runs_on), generation)
    return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def build_profile(
    name: str, settings: ScepSettings, generation: str | None, current: Plist | None
) -> PlistDict:
    """Return the whole profile to write: the current one, with the keys that the settings set."""
    plist: PlistDict = copy.deepcopy(dict(current)) if current else _build_empty_profile(name)
    payload = find_payload(plist, settings.url) or {}
    wanted = generation or read_generation(payload) or (None if current else FIRST_GENERATION)
    content = build_content(settings)
    inner = {
        key: value
        for key, value in payload.get("PayloadContent", {}).items()
        if content.get(key) is not ABSENT
    }
    inner.update({key: value for key, value in content.items() if value is not ABSENT})
    payload["PayloadContent"] = inner
    payload["PayloadDescription"] = MARK + digest_settings(settings, wanted or "")
    if wanted and read_generation(payload) != wanted:
        _rename(plist, payload, f"{IDENTIFIER}.{wanted}", _find_uuid(plist, payload, name, wanted))
    if payload.get("PayloadType") != SCEP_PAYLOAD:
        payload.update(
            {"PayloadType": SCEP_PAYLOAD, "PayloadVersion": 1, "PayloadDisplayName": "SCEP"}
        )
        plist["PayloadContent"] = [*plist["PayloadContent"], payload]
    return plist


def _find_uuid(plist: Plist, payload: Plist, name: str, generation: str) -> str:
    """Return the PayloadUUID of a generation, which no other payload of the profile has."""
    taken = {
        str(each.get("PayloadUUID")).upper() for each in payloads_of(plist) if each is not payload
    }
    seeds = (f"{name}/{generation}", f"{name}/{generation}/{payload['PayloadContent']['URL']}")
    first, second = map(_derive_uuid, seeds)
    return second if first in taken else first


def _rename(plist: PlistDict, payload: PlistDict, identifier: str, payload_uuid: str) -> None:
    """Give a payload other names, and let what refers to it follow.

    macOS refuses a profile with a reference to a payload that it does not hold.
    """
    old = [payload.get("PayloadUUID"), payload.get("PayloadIdentifier")]
    payload["PayloadUUID"], payload["PayloadIdentifier"] = payload_uuid, identifier
    kept = {str(each.get(key)).lower() for each in payloads_of(plist) for key in IDENTITY}
    kept.add(SCEP_PAYLOAD)  # many tools use the type as identifier, too
    renamed = {
        name: new
        for name, new in zip(old, (payload_uuid, identifier), strict=True)
        if isinstance(name, str) and name and name.lower() not in kept
    }
    for each in payloads_of(plist):
        each.update(rename_references([each], renamed)[0])


def _build_empty_profile(name: str) -> PlistDict:
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadScope": "System",
        "PayloadDisplayName": name,
        "PayloadContent": [],
        "PayloadIdentifier": IDENTIFIER,
        "PayloadUUID": _derive_uuid(name),
    }


def _derive_uuid(seed: str) -> str:
    """Return a UUID of a text. A lone surrogate counts as a question mark; no profile holds it."""
    return str(uuid.uuid5(NAMESPACE, seed.encode(errors="replace").decode())).upper()


def compare_payload(
    settings: ScepSettings, generation: str | None, payload: Plist
) -> list[Difference]:
    """Return where a payload differs from the settings.

    Equivalent values are equal. An unset generation is not compared.
    """
    changed = [
        each
        for each in differences(build_content(settings), payload.get("PayloadContent", {}))
        if not _is_equivalent(each)
    ]
    if generation and read_generation(payload) != generation:
        changed.append(Difference("generation", read_generation(payload), generation))
    return changed


def _is_equivalent(difference: Difference) -> bool:
    key, before, after = difference
    if before is ABSENT:
        return key in APPLE_DEFAULTS and bool(APPLE_DEFAULTS[key] == after)
    if key == "URL":
        return is_same_url(before, str(after))
    if key == "Subject":
        return bool(_normalize_subject(before) == _normalize_subject(after))
    if key == "SubjectAltName" and after is ABSENT:
        return isinstance(before, dict) and not any(before.values())
    # Apple accepts a text or a list of texts.
    return key.startswith("SubjectAltName.") and bool(before == [after])


def _normalize_subject(subject: t.Any) -> t.Any:
    """Return a subject with attribute types as dotted object identifiers.

    Anything that is not a subject is returned unchanged.
    """
    if not isinstance(subject, list):
        return subject
    if len(subject) == 2 and all(isinstance(part, str) for part in subject):
        return [SUBJECT_OIDS.get(subject[0].upper(), subject[0]), subject[1]]
    return [_normalize_subject(part) for part in subject]


def was_written(settings: ScepSettings, generation: str | None, payload: Plist) -> bool:
    """Return whether exactly this was written into the payload before."""
    digest = digest_settings(settings, generation or read_generation(payload) or "")
    return read_mark(payload) == digest


def mask_difference(difference: Difference) -> tuple[t.Any, t.Any]:
    """Return before and after of a difference, for people, with the challenge masked."""
    if difference.path == "Challenge":
        return (None if difference.before is ABSENT else f"{MASK} (another one)"), MASK
    return render_value(difference.before), render_value(difference.after)


@dataclass(frozen=True)
class ScepContent:
    """One SCEP payload; the rest of the profile is kept. An unset generation is not compared."""

    settings: ScepSettings
    generation: str | None
    keeps_content: t.ClassVar[bool] = True
    write_effect: t.ClassVar[str] = "gives every Mac in scope a new certificate"

    def counts_as(self, current: Plist) -> str:
        """Return reissue: each change of the profile gives Macs new certificates."""
        return "reissue"

    def find_obstacle(self, current: Plist) -> str | None:
        """Return why the SCEP payload to manage is not clear, or None."""
        if payload := find_payload(current, self.settings.url):
            return find_owner(payload, self.settings.url)
        payloads = scep_payloads(current)
        if len(payloads) < 2:
            return "holds no SCEP payload"
        titles = " and ".join(title for title, _payload in titled_scep_payloads(current))
        matching = sum(
            is_same_url(each["PayloadContent"].get("URL"), self.settings.url) for each in payloads
        )
        which = f"{matching} of them have" if matching else "none of them has"
        return (
            f"holds {len(payloads)} SCEP payloads ({titles}), and {which} this SCEP URL, which does"
            " not select one"
        )

    def compare(self, current: Plist) -> list[Difference]:
        """Return where the payload of an existing profile differs."""
        return compare_payload(self.settings, self.generation, self._payload(current))

    def was_written(self, current: Plist) -> bool:
        """Return whether exactly this was written to the profile before."""
        return was_written(self.settings, self.generation, self._payload(current))

    def _payload(self, current: Plist) -> Plist:
        return find_payload(current, self.settings.url) or {}

    def build(self, name: str, current: Plist | None) -> PlistDict:
        """Return the whole profile to write."""
        return build_profile(name, self.settings, self.generation, current)

    def mask(self, difference: Difference) -> tuple[t.Any, t.Any]:
        """Return before and after of a difference, for people, with the challenge masked."""
        return mask_difference(difference)

    def describe(self) -> Shown:
        """Return the content of a new profile, for people, with the challenge masked."""
        content = {key: render_value(value) for key, value in build_content(self.settings).items()}
        return {
            **{key: value for key, value in content.items() if value is not None},
            "Challenge": MASK,
            "generation": self.generation or FIRST_GENERATION,
        }


# The plan


@dataclass(frozen=True)
class Plan(custom_profile.Plan):
    """What has to be done for one profile.

    A console-managed item is assigned, never written.
    """

    url: str = ""
    console_item: LibraryItem | None = None

    @property
    def item_id(self) -> str | None:
        """Return the id of the profile or item, or None if there is none yet."""
        return self.console_item.id if self.console_item else super().item_id

    @property
    def is_console_managed(self) -> bool:
        """Return whether it is for an item of Kandji's web app, which is assigned alone."""
        return self.console_item is not None

    @property
    def needs_test_enrollment(self) -> bool:
        """Return whether Macs enroll with the given URL and challenge because of the plan."""
        return not self.is_console_managed and self.enrolls_macs


def plan_profile(
    wanted: custom_profile.Wanted, content: ScepContent, library: custom_profile.Library, mode: str
) -> Plan:
    """Return the plan of one profile.

    Raises BadOption, and NotAsWritten if the tenant keeps changing what was written.
    """
    identity = custom_profile.identify(wanted, library.profiles)
    plan = Plan(wanted, *identity, url=content.settings.url)
    flags = {"active": True, **custom_profile.platform_flags(content.settings.runs_on)}
    plan = custom_profile.plan_content(plan, content, flags)
    return custom_profile.plan_places(plan, library, mode)


def describe_adoption(plan: Plan) -> str:
    """Return a warning if a profile of somebody else gets another SCEP URL by the plan, or ""."""
    if plan.current is None or plan.mobileconfig is None:
        return ""
    payload = find_payload(parse(plan.current.mobileconfig), plan.url) or {}
    held = str(payload.get("PayloadContent", {}).get("URL") or "")
    is_own = read_mark(payload) or read_generation(payload)
    if not held or is_same_url(held, plan.url) or is_own:
        return ""
    return (
        f"The profile {plan.name!r} ({plan.item_id}) was not made by this collection, and enrolls"
        f" at {held}. It is taken over, and its SCEP URL becomes {plan.url}."
    )


def describe_missing_uuid(plans: t.Iterable[Plan], subject: str) -> str:
    """Return a warning if certificates that plans request cannot be distinguished, or ""."""
    is_provable = names_variable(parse_subject(subject), "PROFILE_UUID")
    if is_provable or not any(plan.writes_profile for plan in plans):
        return ""
    return (
        "subject: its common name holds no $PROFILE_UUID, so Kandji's inventory cannot show which"
        " certificate is the profile's: stages stay unconfirmed, and renewals are estimated. Use"
        " the default, CN=$SERIAL_NUMBER $PROFILE_UUID."
    )


def check_changes(plan: Plan, may_change: t.Sequence[str] | None) -> None:
    """Raise Refused if an existing profile would change in more than these options.

    None allows every change.
    """
    if may_change is None:
        return
    kept = {CHANGEABLE[option] for option in may_change}
    others = {
        path: {"in_kandji": change.before.get(path), "asked_for": change.after.get(path)}
        for change in plan.changes
        if change.action == "update"
        for path in sorted(change.before.keys() | change.after.keys())
        if path not in kept
    }
    if others:
        texts = "; ".join(
            f"{path} from {each['in_kandji']!r} to {each['asked_for']!r}"
            for path, each in others.items()
        )
        raise Refused(
            f"may_change: the profile {plan.name!r} would change in more than"
            f" {' and '.join(may_change) or 'nothing'}: {texts}. Nothing was written. Ask for what"
            " the profile has, or write the change first, without may_change.",
            other_changes=others,
        )


def plan_console_item(
    wanted: custom_profile.Wanted, item: LibraryItem, library: custom_profile.Library, mode: str
) -> Plan:
    """Return the plan of a console-managed item: where it is assigned, and nothing else."""
    plan = Plan(wanted=wanted, name=item.name, current=None, assigned_only=True, console_item=item)
    return custom_profile.plan_places(plan, library, mode, "library item")


def plan_removal(wanted: custom_profile.Wanted, library: custom_profile.Library) -> Plan:
    """Return the plan that removes a profile from its blueprints and keeps it in the library."""
    identity = custom_profile.identify_removed(wanted, library.profiles)
    plan = Plan(wanted, *identity, assigned_only=True)
    return custom_profile.plan_places(plan, library, "remove")


def find_conflicts(
    url: str | None,
    own_ids: t.AbstractSet[str],
    plan: Plan,
    library: custom_profile.Library,
) -> list[str]:
    """Return a sentence for each other profile of the same authority on the same blueprints.

    No API shows the URL of a console-managed item. Next to it each profile for Okta counts,
    whatever its URL.
    """
    conflicts = []
    for each in custom_profile.find_neighbours(own_ids, plan.wanted.blueprints, library):
        payloads = scep_payloads(each.plist)
        subject = _describe_neighbour(each)
        if url and any(_has_url(payload, url) for payload in payloads):
            conflicts.append(f"{subject} has the same SCEP URL and is on {each.places}")
        elif plan.console_item and any(map(_is_for_okta, payloads)):
            conflicts.append(
                f"{subject} is a SCEP profile for Okta and is on {each.places} (no API shows the"
                f" SCEP URL of {plan.name!r})"
            )
    return conflicts


def find_strays(
    url: str,
    own_ids: t.AbstractSet[str],
    blueprints: t.Sequence[Blueprint],
    library: custom_profile.Library,
) -> list[tuple[str, bool]]:
    """Return the other profiles for Okta on these blueprints, where theirs is missing.

    Each is a sentence, and whether this collection wrote the profile for ``url``. Then somebody
    gave it another name. Without ``url``, that is so for each profile of this collection.
    """
    strays = []
    for each in custom_profile.find_neighbours(own_ids, blueprints, library):
        payloads = scep_payloads(each.plist)
        of_authority = [payload for payload in payloads if not url or _has_url(payload, url)]
        if any(map(_is_for_okta, payloads)) or (url and of_authority):
            text = f"{_describe_neighbour(each)} is on {each.places}"
            strays.append((text, any(map(read_mark, of_authority))))
    return strays


def _describe_neighbour(each: custom_profile.Neighbour) -> str:
    return f"the custom profile {each.profile.name!r} ({each.profile.id})"


def _has_url(payload: Plist, url: str) -> bool:
    return is_same_url(payload["PayloadContent"].get("URL"), url)


def _is_for_okta(payload: Plist) -> bool:
    """Return whether this module made a SCEP payload, or its URL looks like those of Okta."""
    url = split_url(str(payload["PayloadContent"].get("URL")))
    is_okta_host = (url.hostname or "").endswith(OKTA_DOMAINS)
    return bool(read_generation(payload) or is_okta_host or KNOWN_SHAPE.fullmatch(url.path))


# The result


def estimate_renewal(updated_at: str | None, redistribution_days: int) -> str | None:
    """Return the date (YYYY-MM-DD) by which the certificates under a profile must be renewed.

    It is estimated from the last write of the profile.
    """
    written = parse_timestamp(updated_at)
    if written is None:
        return None
    renewal = written + CERTIFICATE_LIFETIME - timedelta(days=redistribution_days)
    return renewal.date().isoformat()


def summarize(
    plan: Plan, profile: CustomProfile | None, challenge: str | None, redistribution_days: int
) -> Result:
    """Return what the result shows of one profile, without a secret."""
    plist = parse(profile.mobileconfig if profile else None)
    payload = find_payload(plist, plan.url) or {}
    updated_at = profile.updated_at if profile else None
    return {
        "name": plan.name,
        "library_item_id": profile.id if profile else plan.item_id,
        "mdm_identifier": profile.mdm_identifier if profile else None,
        "payload_uuid": (plist or {}).get("PayloadUUID"),
        "generation": read_generation(payload),
        "challenge_matches": (
            payload["PayloadContent"].get("Challenge") == challenge if payload else None
        ),
        "pinned_fingerprint": read_pin(payload),
        "updated_at": updated_at,
        "renew_by": estimate_renewal(updated_at, redistribution_days),
        "blueprints": [blueprint.as_result() for blueprint in plan.wanted.blueprints],
        "changed": bool(plan.changes),
    }
