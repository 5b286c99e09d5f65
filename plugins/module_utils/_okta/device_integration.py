# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of Okta's Desktop platform without an API for it:

judged from the SCEP endpoint, the System Log and one test enrolment. Pure.
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from .._core.errors import BadOption, NeedsConsole, Refused
from .._core.timestamps import require_timestamp
from .._http.urls import is_loopback
from .facts import OKTA_DOMAINS

KNOWN_SHAPE = re.compile(r"/pki/[0-9A-F]{40}/scep/rac[A-Za-z0-9]{17}")
PLATFORM_FILTER = 'eventType sw "device.platform."'
RESET_EVENT = "device.platform.secret_key.reset"


def admin_console(org_url: str) -> str:
    """Where the Admin Console of an org is, for links;

    custom domains have none, their steps name the menu alone.
    """
    parts = urlsplit(org_url)
    first, dot, rest = (parts.hostname or "").partition(".")
    return (
        f"https://{first}-admin{dot}{rest}" if (parts.hostname or "").endswith(OKTA_DOMAINS) else ""
    )


def console_steps(org_url: str) -> list[str]:
    """The guide's first chapter with the org's own link."""
    console = admin_console(org_url)
    return [
        f"Log in to the Okta Admin Console{' at ' + console if console else ' of ' + org_url}.",
        "Select Security > Device integrations, then the Endpoint management tab.",
        "Select Add platform.",
        "Select Desktop (Windows and macOS only), then Next.",
        "For Certificate authority, select Use Okta as certificate authority.",
        "For SCEP URL challenge type, select Static SCEP URL.",
        "Select Generate.",
        "Copy the SCEP URL and the Secret key into your vault: the secret key is shown this once.",
        (
            "Select Save, then run this again with the SCEP URL (scep_url or OKTA_SCEP_URL) and the"
            " challenge (scep_challenge or OKTA_SCEP_CHALLENGE)."
        ),
    ]


def check_identity_engine(organization: t.Mapping[str, t.Any], org_url: str) -> None:
    if organization.get("pipeline") != "idx":
        raise Refused(
            f"{org_url} is a Classic Engine org (pipeline {organization.get('pipeline')!r}); "
            "device integrations and FastPass need Okta Identity Engine."
        )


def check_host(
    scep_url: str, org_url: str, organization: t.Mapping[str, t.Any], scep_hosts: t.Sequence[str]
) -> list[str]:
    """A warning where the SCEP URL's host may be the org's and nothing says so;

    raises BadOption where it must be somebody else's.

    Which of its names an org puts into the SCEP URL is not documented. Its names are the one that
    is spoken to, and those that its metadata (``organization``, of getWellknownOrgMetadata) links
    to: its own at Okta and its custom domain.
    """
    host = _netloc(scep_url)
    own = [_netloc(org_url), *_linked_hosts(organization)]
    name, own_names = _hostname(host), [_hostname(one) for one in own]
    if host in own or name in [one.lower() for one in scep_hosts]:
        return []
    known = " or ".join(dict.fromkeys(own))
    if not _may_be_of(name, own_names):
        raise BadOption(
            f"scep_url: its host is {host}, and the org is {known}. Copy the SCEP URL of this org; "
            "if the org has a custom domain and this host is its own, list it in scep_hosts."
        )
    return [
        f"The SCEP URL's host {host} is no name of the org that Okta tells ({known}). It may be a"
        " custom domain of it; if it is, list it in scep_hosts, and if not, copy the SCEP URL of"
        " this org."
    ]


def _netloc(url: str) -> str:
    return urlsplit(url).netloc.lower().removesuffix(":443")


def _hostname(netloc: str) -> str:
    return urlsplit(f"//{netloc}").hostname or ""


def _linked_hosts(organization: t.Mapping[str, t.Any]) -> list[str]:
    links = organization.get("_links")
    found = (
        [links.get(name) for name in ("organization", "alternate")]
        if isinstance(links, dict)
        else []
    )
    return [
        _netloc(str(one.get("href")))
        for one in found
        if isinstance(one, dict) and _netloc(str(one.get("href")))
    ]


def _may_be_of(name: str, own: t.Sequence[str]) -> bool:
    """An org has one name at Okta and any number of custom domains.

    A loopback name is a rehearsal's and never stands for a real org.
    """
    if name in own or any(is_loopback(name) != is_loopback(one) for one in own):
        return False
    if name.endswith(OKTA_DOMAINS):
        return not any(one.endswith(OKTA_DOMAINS) for one in own)
    return not any(
        f"{domain}." in name for domain in OKTA_DOMAINS
    )  # acme.okta.com.example.com only looks like one


def shape_warning(scep_url: str) -> list[str]:
    if KNOWN_SHAPE.fullmatch(urlsplit(scep_url).path):
        return []
    return [
        "The SCEP URL does not look like those that are known (…/pki/<40 digits>/scep/rac…); if it"
        " was copied whole, this can be left alone."
    ]


def needs_scep_url(org_url: str) -> NeedsConsole:
    return NeedsConsole(
        "There is no SCEP URL yet, and no public API can make one: follow console_steps once in the"
        " Okta Admin Console, then run again with scep_url.",
        console_steps=console_steps(org_url),
    )


def check_pin(certificates: t.Sequence[t.Any], fingerprint: bytes | None) -> None:
    """Raises Refused where a pinned fingerprint is none of the certificates'."""
    if fingerprint is None or any(
        fingerprint.hex() in (one.sha1, one.sha256) for one in certificates
    ):
        return
    raise Refused(
        "ca_fingerprint matches none of the certificates that the SCEP endpoint hands out; the"
        " authority may have been renewed. They are:"
        f" {'; '.join(f'{one.subject} SHA-256 {one.sha256}' for one in certificates)}."
    )


def expiry_warnings(certificates: t.Sequence[t.Any], now: datetime, warn_days: int) -> list[str]:
    found = []
    for one in certificates:
        end = one.not_after if one.not_after.tzinfo else one.not_after.replace(tzinfo=timezone.utc)
        if end < now:
            found.append(f"The CA certificate {one.subject} expired on {end:%Y-%m-%d}.")
        elif end < now + timedelta(days=warn_days):
            found.append(
                f"The CA certificate {one.subject} expires on {end:%Y-%m-%d}; plan the change to"
                " the renewed one."
            )
    return found


def certificate_facts(one: t.Any) -> dict[str, t.Any]:
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "sha1": one.sha1,
        "sha256": one.sha256,
    }


def event_facts(event: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    actor = event.get("actor") or {}
    return {
        "event_type": event.get("eventType"),
        "published": event.get("published"),
        "actor": actor.get("alternateId") or actor.get("displayName"),
    }


def stale_challenge(
    events: t.Sequence[t.Mapping[str, t.Any]], deployed_at: str | None
) -> str | None:
    """When the secret key was last reset, if that was after the challenge was deployed;

    else None. Times are ISO 8601.
    """
    resets = [
        str(one.get("published"))
        for one in events
        if one.get("event_type", one.get("eventType")) == RESET_EVENT
    ]
    if not resets or not deployed_at:
        return None
    return max(resets) if require_timestamp(max(resets)) > require_timestamp(deployed_at) else None
