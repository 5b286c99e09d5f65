# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's Desktop platform, which no API creates. Pure.

The SCEP endpoint, the System Log, a test enrollment, and the certificate authorities where they can
be read, show its state.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ..._core.errors import TRY_AGAIN, BadOption, Refused
from ..._core.results import Result
from ..._core.timestamps import parse_timestamp
from ..._http.urls import is_loopback, split_url
from ..._scep.client import CaCertificate, ScepService
from ..constants import LOG_RETENTION, OKTA_DOMAINS
from ..records import LogEvent, Org

KNOWN_SHAPE = re.compile(r"/pki/[0-9A-F]{40}/scep/rac[A-Za-z0-9]{17}")
# Okta's samples have the org's id as OU in the names of its certificates.
_ORG_UNIT = re.compile(r"(?<![^ ,+])OU=(00o[A-Za-z0-9]{17})(?![^ ,+])")
PLATFORM_FILTER = 'eventType sw "device.platform."'
RESET_EVENT = "device.platform.secret_key.reset"


# The steps in Okta's Admin Console, after the login.
CONSOLE_STEPS = (
    "Select Security > Device integrations, then the Endpoint management tab.",
    "Select Add platform.",
    "Select Desktop (Windows and macOS only), then Next.",
    "For Certificate authority, select Use Okta as certificate authority.",
    "For SCEP URL challenge type, select Static SCEP URL.",
    "Select Generate.",
    "Copy the SCEP URL and the Secret key into your vault: the secret key is shown this once.",
    "Select Save, then run this again with the secret key, and with the SCEP URL unless it can be"
    " read.",
)


def find_admin_console(org_url: str) -> str:
    """Return the address of the Admin Console of an org, "" for a custom domain."""
    host = split_url(org_url).hostname or ""
    name, dot, domain = host.partition(".")
    return f"https://{name}-admin{dot}{domain}" if host.endswith(OKTA_DOMAINS) else ""


def list_console_steps(org_url: str) -> list[str]:
    """Return the steps that create a platform, with a link to the org's Admin Console."""
    console = find_admin_console(org_url)
    place = f"at {console}" if console else f"of {org_url}"
    return [f"Log in to the Okta Admin Console {place}.", *CONSOLE_STEPS]


def check_identity_engine(org: Org, org_url: str) -> None:
    """Raise Refused if the org is not an Identity Engine org."""
    if org.pipeline != "idx":
        raise Refused(
            f"okta_org_url: {org_url} is a Classic Engine org (pipeline {org.pipeline!r}). Device"
            " integrations and FastPass need Okta Identity Engine. Upgrade the org first."
        )


def find_host_warnings(
    scep_url: str, org_url: str, org: Org, scep_hosts: t.Sequence[str]
) -> list[str]:
    """Return a warning if the SCEP URL's host may be the org's and nothing says so.

    Raises BadOption if it is the host of another org. Which of its names an org puts into the SCEP
    URL is not documented. Its names are the one of ``okta_org_url`` and those that its metadata
    links to: its name at Okta and its custom domain.
    """
    host = _parse_netloc(scep_url)
    if not host:
        raise BadOption("scep_url: it is not a URL with a host. Copy the SCEP URL of this org.")
    own = [_parse_netloc(org_url), *filter(None, map(_parse_netloc, org.linked_urls))]
    name, own_names = _parse_hostname(host), [_parse_hostname(each) for each in own]
    if host in own or {host, name} & {each.lower() for each in scep_hosts}:
        return []
    known = " or ".join(dict.fromkeys(own))
    if not _may_be_of(name, own_names):
        raise BadOption(
            f"scep_url: its host is {host}, and the org is {known}. Copy the SCEP URL of this org."
            " If the org has a custom domain and this host is its own, list it in scep_hosts."
        )
    return [
        f"scep_url: its host {host} is not a name that Okta shows for the org ({known}). If it is a"
        " custom domain of the org, list it in scep_hosts. Otherwise copy the SCEP URL of this org."
    ]


def check_organization(certificates: t.Sequence[CaCertificate], org: Org) -> None:
    """Raise BadOption if the names of the CA certificates hold the id of another org alone.

    Names without an id of an org prove nothing.
    """
    names = [name for each in certificates for name in (each.subject, each.issuer)]
    ids = {match for name in names for match in _ORG_UNIT.findall(name)}
    if ids and org.id and org.id not in ids:
        raise BadOption(
            "scep_url: the certificates of its authority are of the org"
            f" {' and '.join(sorted(ids))}, and okta_org_url is the org {org.id}. Copy the SCEP URL"
            " of this org, or correct okta_org_url."
        )


def _parse_netloc(url: str) -> str:
    return split_url(url).netloc.lower().removesuffix(":443")


def _parse_hostname(netloc: str) -> str:
    return split_url(f"//{netloc}").hostname or ""


def _may_be_of(name: str, own: t.Sequence[str]) -> bool:
    """Return whether a name may be another name of the org.

    An org has one name at Okta and any number of custom domains. A loopback name belongs to a
    rehearsal, never to a real org.
    """
    if name in own or any(is_loopback(name) != is_loopback(each) for each in own):
        return False
    if name.endswith(OKTA_DOMAINS):
        return not any(each.endswith(OKTA_DOMAINS) for each in own)
    # acme.okta.com.example.com only looks like a name at Okta.
    return not any(f"{domain}." in name for domain in OKTA_DOMAINS)


def describe_capabilities(service: ScepService) -> list[str]:
    """Return a warning if the capabilities of the SCEP endpoint are unknown."""
    if service.capabilities is not None:
        return []
    return [
        "The SCEP endpoint answered GetCACaps with an error or with no list of capabilities, so"
        f" that they are unknown. {TRY_AGAIN}"
    ]


def describe_shape(scep_url: str) -> list[str]:
    """Return a warning if the path of the SCEP URL does not look like those that are known."""
    if KNOWN_SHAPE.fullmatch(split_url(scep_url).path):
        return []
    return [
        "scep_url: it does not look like the known SCEP URLs (…/pki/<40 digits>/scep/rac…). Check"
        " that it was copied completely; if so, ignore this."
    ]


PIN_BREAKS = (
    "ca_fingerprint: it is of the CA certificate that Okta has renewed. No Mac can enroll with a"
    " profile that pins it once the platform is moved. Remove it from the profiles before the move,"
    " and pin the renewed certificate after it."
)


def breaks_pin(
    certificates: t.Sequence[CaCertificate], fingerprint: bytes | None, is_to_be_moved: bool
) -> bool:
    """Return whether a pinned fingerprint stops matching when the platform is moved.

    That of a root stays: it signs the renewed certificate, too.
    """
    if fingerprint is None or not is_to_be_moved:
        return False
    pinned = [each for each in certificates if fingerprint.hex() in (each.sha1, each.sha256)]
    return any(each.subject != each.issuer for each in pinned)


def check_pin(certificates: t.Sequence[CaCertificate], fingerprint: bytes | None) -> None:
    """Raise Refused if a pinned fingerprint is not one of the certificates'."""
    if fingerprint is None or any(
        fingerprint.hex() in (each.sha1, each.sha256) for each in certificates
    ):
        return
    known = "; ".join(f"{each.subject} SHA-256 {each.sha256}" for each in certificates)
    raise Refused(
        "ca_fingerprint: it matches none of the certificates that the SCEP endpoint returns. The"
        f" authority may have been renewed. Pin one of its certificates: {known}."
    )


def describe_expiry(
    certificates: t.Sequence[CaCertificate], now: datetime, warn_days: int
) -> list[str]:
    """Return a warning for each certificate that expired, or expires within ``warn_days``."""
    warnings = []
    for each in certificates:
        expiry = each.not_after
        if not expiry.tzinfo:
            expiry = expiry.replace(tzinfo=timezone.utc)
        if expiry < now:
            warnings.append(f"The CA certificate {each.subject} expired on {expiry:%Y-%m-%d}.")
        elif expiry < now + timedelta(days=warn_days):
            warnings.append(
                f"The CA certificate {each.subject} expires on {expiry:%Y-%m-%d}. Plan the change"
                " to the renewed one."
            )
    return warnings


def summarize_certificate(certificate: CaCertificate) -> dict[str, str]:
    """Return a certificate as results show it."""
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "sha1": certificate.sha1,
        "sha256": certificate.sha256,
    }


def summarize_event(event: LogEvent) -> dict[str, str | None]:
    """Return an event of the System Log as results show it."""
    return {
        "event_type": event.event_type,
        "published": event.published,
        "actor": event.actor.alternate_id or event.actor.display_name,
    }


_PLATFORM_ID = re.compile(r"(?<![A-Za-z0-9])rac[A-Za-z0-9]{17}(?![A-Za-z0-9])")


def split_resets(
    events: t.Iterable[LogEvent], scep_url: str
) -> tuple[list[LogEvent], list[LogEvent]]:
    """Return the resets of the secret key of a SCEP URL, and those that may be its resets.

    Platforms of phones have a secret key, too. How Okta names the platform in the event is not
    documented, so only an id as SCEP URLs have it decides.
    """
    own = set(_PLATFORM_ID.findall(split_url(scep_url).path))
    certain, possible = [], []
    for event in events:
        if event.event_type != RESET_EVENT:
            continue
        texts = (text for target in event.targets for text in target.texts)
        named = {each for text in texts for each in _PLATFORM_ID.findall(text)}
        if own and named:
            certain += [event] if own & named else []
        else:
            possible.append(event)
    return certain, possible


NEVER = "never"  # of challenge_deployed_at: no profile holds the challenge, so no reset follows it


def find_later_reset(events: t.Iterable[LogEvent], deployed_at: str | None) -> str | None:
    """Return when the secret key was last reset, if that was after the deployment, else None.

    A time that cannot be read proves nothing.

    :arg deployed_at: when the challenge was deployed. Times are ISO 8601.
    """
    resets = [
        (reset_at, event.published)
        for event in events
        if event.event_type == RESET_EVENT and (reset_at := parse_timestamp(event.published))
    ]
    last, deployed = max(resets, default=None), parse_timestamp(deployed_at)
    return last[1] if last and deployed and last[0] > deployed else None


def has_reset(events: t.Iterable[LogEvent], scep_url: str) -> bool:
    """Return whether Okta shows any reset that is, or may be, of the secret key of a SCEP URL."""
    return any(split_resets(events, scep_url))


def find_challenge_state(
    events: t.Iterable[LogEvent], deployed_at: str | None, log_start: datetime, scep_url: str
) -> tuple[str, str]:
    """Return whether the deployed challenge is "current", "stale" or "unknown", and why unknown.

    :arg log_start: since when ``events`` are all events, for a log that was read to its end.
    """
    if deployed_at == NEVER:
        return "current", ""
    certain, possible = split_resets(events, scep_url)
    if find_later_reset(certain, deployed_at):
        return "stale", ""
    deployed = parse_timestamp(deployed_at)
    resets = [event.published for event in (*certain, *possible)]
    if deployed is None:
        problem = f"it is {deployed_at!r}, not a time" if deployed_at else "it is not set"
        known = f" Okta shows a reset of the secret key ({resets[0]})." if resets else ""
        return "unknown", f"challenge_deployed_at: {problem}.{known}"
    if not all(map(parse_timestamp, resets)):
        return "unknown", "Okta shows a reset of the secret key without a time."
    if at := find_later_reset(possible, deployed_at):
        return "unknown", (
            f"Okta reset a secret key on {at}, after it was deployed ({deployed_at}), and its event"
            " does not show of which platform. A test enrollment decides."
        )
    if deployed < log_start:
        return "unknown", f"The events of the System Log begin on {log_start:%Y-%m-%d}."
    return "current", ""


def find_log_start(events: t.Sequence[LogEvent], is_full: bool, now: datetime) -> datetime:
    """Return since when all events were read.

    :arg events: the newest first.
    :arg is_full: whether the page is full, which may leave out older ones.
    """
    if not is_full:
        return now - LOG_RETENTION
    return (parse_timestamp(events[-1].published) if events else None) or now


@dataclass(frozen=True)
class Challenge:
    """What is known of the deployed challenge: "current", "stale" or "unknown", and warnings."""

    state: str
    stale_since: str | None = None
    warnings: tuple[str, ...] = ()

    def as_result(self) -> Result:
        """Return it as results show it."""
        return {"challenge_stale_since": self.stale_since, "challenge_state": self.state}


def judge_challenge(
    events: t.Sequence[LogEvent], deployed_at: str | None, log_start: datetime, scep_url: str
) -> Challenge:
    """Return what the events show of the challenge, with a warning if it is or may be stale."""
    stale = find_later_reset(split_resets(events, scep_url)[0], deployed_at)
    state, reason = find_challenge_state(events, deployed_at, log_start, scep_url)
    is_unreadable = bool(deployed_at) and parse_timestamp(deployed_at) is None
    warnings = []
    if state == "unknown" and (is_unreadable or has_reset(events, scep_url)):
        warnings.append(f"Whether the deployed challenge is stale is unknown. {reason}")
    if stale:
        warnings.append(
            f"The deployed challenge is stale: it was reset in Okta on {stale}, after it was"
            f" deployed ({deployed_at}). Macs can no longer enroll with it. Put the new one into"
            " the vault, then run the playbook rotate_scep_challenge."
        )
    return Challenge(state, stale, tuple(warnings))
