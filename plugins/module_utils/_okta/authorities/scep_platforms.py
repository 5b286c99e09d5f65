# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which platform of Okta a SCEP URL belongs to, and which one serves if no URL is given. Pure.

Names of certificates are never compared: two authorities may have one name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ..._core.errors import BadOption, NeedsConsole, Refused
from ..._core.lookup import Catalog
from ..._http.urls import split_url
from .certificate_authorities import Authorities
from .device_integration import list_console_steps
from .records import (
    ACTIVE,
    ATTESTATION,
    DELEGATED,
    DEVICE_ACCESS,
    DYNAMIC,
    STATIC,
    CertificateAuthority,
    RegistrationAuthority,
)

_PATH = re.compile(r"/pki/([0-9A-Fa-f]+)/scep/([^/]+)/?")


@dataclass(frozen=True)
class Choice:
    """The SCEP URL to use, its platform if Okta shows it, and what to warn of."""

    url: str
    platform: RegistrationAuthority | None = None
    warnings: tuple[str, ...] = ()


def choose_url(
    authorities: Authorities, scep_url: str | None, platform: str | None, org_url: str
) -> Choice:
    """Return the SCEP URL of an option, verified, or that of the one static platform.

    :arg platform: id or name of a platform, if several may serve.

    Raises NeedsConsole if there is none, BadOption if several serve, Refused if the URL is of a
    platform that cannot serve.
    """
    if not authorities.is_read:
        return _unverified(authorities, scep_url, platform, org_url)
    if scep_url:
        return _verify(authorities, scep_url, platform)
    chosen = _named(authorities, platform) if platform else _only_static(authorities, org_url)
    if not chosen.scep_url:
        raise Refused(
            f"platform: Okta shows no SCEP URL for {_describe(chosen)}. Set scep_url to the one"
            " that the Admin Console shows."
        )
    return Choice(chosen.scep_url, chosen, _type_warnings(chosen))


def _unverified(
    authorities: Authorities, scep_url: str | None, platform: str | None, org_url: str
) -> Choice:
    """Return the URL of the option as it is.

    Without one it raises NeedsConsole, or Refused if a later run may read the authorities.
    """
    if scep_url:
        text = (
            "scep_url: Okta's certificate authorities cannot be read, because"
            f" {authorities.unavailable}. Whether the URL is of a static platform that attests"
            " management was not verified."
        )
        return Choice(scep_url, None, (text,))
    wanted = f", and platform {platform!r} cannot be found" if platform else ""
    why = (
        f"scep_url: it is not set{wanted}, because Okta's certificate authorities cannot be read:"
        f" {authorities.unavailable}."
    )
    if authorities.is_passing:
        later = "" if "again later" in why else " Run again later."
        raise Refused(f"{why}{later}")
    raise NeedsConsole(
        f"{why} Follow the console steps once in the Okta Admin Console, then run again with"
        " scep_url.",
        console_steps=list_console_steps(org_url),
    )


# Without a URL


def _only_static(authorities: Authorities, org_url: str) -> RegistrationAuthority:
    static = [each for each in _serving(authorities) if each.challenge_type == STATIC]
    if len(static) > 1:
        listed = "; ".join(map(_describe, static))
        raise BadOption(
            f"platform: Okta has {len(static)} platforms with a static SCEP URL: {listed}. Set it"
            " to the id of the one whose secret key you have."
        )
    if not static:
        _check_unknown(authorities)
        others = "; ".join(map(_describe, authorities.platforms))
        raise NeedsConsole(
            "scep_url: it is not set, and Okta has no platform with a static SCEP URL"
            f"{' (' + others + ')' if others else ''}. No API can create one. Follow the console"
            " steps once in the Okta Admin Console, then run again. If the console shows one"
            " already, set scep_url to its URL.",
            console_steps=list_console_steps(org_url),
        )
    return static[0]


def _check_unknown(authorities: Authorities) -> None:
    """Raise Refused if Okta may have a static platform that cannot be recognised as one."""
    known = (STATIC, DYNAMIC, DELEGATED)
    unknown = [
        _describe(each) for each in _serving(authorities) if each.challenge_type not in known
    ]
    unknown += [f"authorities of the family {family}" for family in authorities.unknown_families]
    if unknown:
        raise Refused(
            "scep_url: it is not set, and whether Okta has a platform with a static SCEP URL is not"
            f" known ({'; '.join(unknown)}). Set scep_url to the one that the Admin Console shows."
        )


def _named(authorities: Authorities, platform: str) -> RegistrationAuthority:
    catalog = Catalog(
        "platform",
        "Okta",
        _serving(authorities),
        id_of=lambda each: each.id,
        name_of=lambda each: each.name,
    )
    chosen = catalog.resolve_one(platform, "platform")
    _check_type(chosen, "platform")
    return chosen


# With a URL


def _verify(authorities: Authorities, scep_url: str, platform: str | None) -> Choice:
    own = find_platform(authorities, scep_url)
    if own is None:
        return _without_platform(authorities, scep_url)
    _check_type(own, "scep_url")
    if platform and _named(authorities, platform) != own:
        raise BadOption(
            f"platform: scep_url is the URL of {_describe(own)}, not of {platform!r}. Set one of"
            " the two options."
        )
    return Choice(scep_url, own, _type_warnings(own))


def find_platform(authorities: Authorities, scep_url: str) -> RegistrationAuthority | None:
    """Return the platform in service that a SCEP URL belongs to, or None.

    By the path of Okta's own URL, or by the ids in it if that URL cannot be read. The host is left
    out: an org has several names.
    """
    wanted = _key(split_url(scep_url).path)
    return next(
        (
            each
            for each in _serving(authorities)
            if wanted in (_key(each.path), (each.authority_id, each.id))
        ),
        None,
    )


def superseded_expiries(authorities: Authorities, scep_url: str) -> dict[str, datetime | None]:
    """Return ``Authorities.key_expiries`` for a renewal: of a key that still issues, None.

    A certificate that replaces one of such a key expires with the key, too.

    :arg scep_url: of the platform that issues; "" for any platform.
    """
    own = find_platform(authorities, scep_url) if scep_url else None
    issuing = {each.authority_key_id for each in ([own] if own else authorities.platforms)}
    is_known = bool(issuing) and "" not in issuing
    return {
        key_id: expires if is_known and key_id not in issuing else None
        for key_id, expires in authorities.key_expiries.items()
    }


def _key(path: str) -> tuple[str, ...]:
    """Return what identifies a platform in a path. Hexadecimal digits have no case."""
    match = _PATH.fullmatch(path)
    return (match[1].upper(), match[2]) if match else (path.rstrip("/"),)


def _without_platform(authorities: Authorities, scep_url: str) -> Choice:
    """Return the URL with a warning if Okta shows nothing of it. Raises Refused otherwise.

    An empty list of authorities proves nothing against a URL.
    """
    match = _PATH.fullmatch(split_url(scep_url).path)
    if match is None:
        raise Refused(
            "scep_url: no platform of the org has this URL. Copy it completely from Security >"
            " Device integrations > Endpoint management, or leave it out."
        )
    if not authorities.all:
        text = (
            "scep_url: Okta lists no certificate authority. Whether the URL is of a static platform"
            " that attests management was not verified."
        )
        return Choice(scep_url, None, (text,))
    authority = _find_authority(authorities, match[1])
    if authority is None:
        raise Refused(
            f"scep_url: the org has no certificate authority {match[1]}. The URL is of another org,"
            " or the authority was deleted. Copy the URL of this org, or leave it out."
        )
    if authority.family == DEVICE_ACCESS:
        raise Refused(
            "scep_url: it is of the Device Access tab, whose certificates do not attest that a Mac"
            " is managed. Copy the URL of the Endpoint management tab, or leave it out."
        )
    if authority.family != ATTESTATION:
        text = (
            f"scep_url: its certificate authority is of the family {authority.family}, which is"
            " unknown. Whether its certificates attest management was not verified."
        )
        return Choice(scep_url, None, (text,))
    raise Refused(
        f"scep_url: its platform {match[2]} was deleted or is not active. Copy the URL of a"
        " platform that is there, or leave it out."
    )


def _find_authority(authorities: Authorities, wanted: str) -> CertificateAuthority | None:
    return next((each for each in authorities.all if each.id == wanted.upper()), None)


# Platforms


def _serving(authorities: Authorities) -> list[RegistrationAuthority]:
    """Return the platforms that are not known to be out of service."""
    return [each for each in authorities.platforms if each.status in (None, ACTIVE)]


def _check_type(platform: RegistrationAuthority, option: str) -> None:
    """Raise Refused if a platform has a challenge type that no profile for all Macs can have."""
    if platform.challenge_type == DYNAMIC:
        raise Refused(
            f"{option}: {_describe(platform)} has a dynamic SCEP URL. One profile serves all Macs,"
            " so that each Mac cannot get a challenge of its own. Use a platform with Static SCEP"
            " URL as SCEP URL challenge type."
        )
    if platform.challenge_type == DELEGATED:
        raise Refused(
            f"{option}: {_describe(platform)} has a delegated SCEP URL, which only Microsoft Intune"
            " can use. Use a platform with Static SCEP URL as SCEP URL challenge type."
        )


def _type_warnings(platform: RegistrationAuthority) -> tuple[str, ...]:
    if platform.challenge_type == STATIC:
        return ()
    return (
        f"{_describe(platform)} has the challenge type {platform.challenge_type}, which is unknown."
        " It may not be a static SCEP URL.",
    )


def _describe(platform: RegistrationAuthority) -> str:
    details = [platform.id, (platform.challenge_type or "unknown type").lower()]
    if platform.created:
        details.append(f"created {platform.created:%Y-%m-%d}")
    return f"platform {platform.name!r} ({', '.join(details)})"
