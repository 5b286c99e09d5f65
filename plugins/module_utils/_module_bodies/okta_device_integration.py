# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module okta_device_integration does."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible.module_utils.basic import env_fallback

from .._core.errors import BadOption
from .._core.module import ModuleContext
from .._core.options import OKTA, ArgumentSpec, arguments
from .._core.results import Result
from .._core.timestamps import format_milliseconds
from .._kandji.profiles.challenge import check_challenge
from .._kandji.profiles.scep import parse_pin
from .._okta import client as okta_api
from .._okta.authorities import device_integration as integration
from .._okta.authorities.certificate_authorities import Authorities, read_authorities
from .._okta.authorities.renewal import authority_renewal, renewal_warnings
from .._okta.authorities.scep_platforms import Choice, choose_url
from .._okta.constants import LOG_AHEAD, LOG_RETENTION
from .._okta.records import LogEvent, Org
from .._scep.endpoint import ScepEndpoint, parse_scep_url

OPTIONS: ArgumentSpec = {
    "state": {"type": "str", "choices": ["verified"], "default": "verified"},
    "scep_url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
    "platform": {"type": "str"},
    "scep_challenge": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_SCEP_CHALLENGE"]),
    },
    "scep_hosts": {"type": "list", "elements": "str", "default": []},
    "ca_fingerprint": {"type": "str"},
    "challenge_deployed_at": {"type": "str"},
    "test_enrollment": {"type": "bool", "default": False},
    "expiry_warning_days": {"type": "int", "default": 180},
}
MOST_EVENTS = 100  # of platforms, the newest
USES = (
    okta_api.GET_ORGANIZATION,
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_AUTHORITIES,
    okta_api.LIST_REGISTRATION_AUTHORITIES,
)
# Options, and the rules of them, as AnsibleModule takes both.
SPEC: t.Mapping[str, object] = {
    "argument_spec": arguments(OKTA, OPTIONS),
}


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    ctx.masker.add(params["scep_challenge"])
    org = ctx.okta.organization()
    integration.check_identity_engine(org, ctx.okta.org_url)
    now = datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)
    events = _read_platform_events(ctx, now)
    authorities = read_authorities(ctx.okta)
    choice = _choose_url(ctx, authorities, org)
    endpoint = ScepEndpoint(choice.url, ctx.settings, ctx.masker)
    ctx.opened(endpoint.transport)
    service = endpoint.describe()
    integration.check_organization(service.certificates, org)
    fingerprint = parse_pin(params["ca_fingerprint"])
    integration.check_pin(service.certificates, fingerprint)
    renewal = authority_renewal(authorities, choice.platform, now)
    to_be_moved = renewal is not None and renewal.is_to_be_moved
    pin_breaks = integration.breaks_pin(service.certificates, fingerprint, to_be_moved)
    warnings = [
        *choice.warnings,
        *([integration.PIN_BREAKS] if pin_breaks else []),
        *renewal_warnings(renewal),
        *integration.describe_capabilities(service),
        *integration.describe_shape(endpoint.url),
        *integration.describe_expiry(service.certificates, now, params["expiry_warning_days"]),
    ]
    for text in warnings:
        ctx.warn(text)
    test_enrollment = _make_test_enrollment(ctx, endpoint)
    return {
        "changed": bool(test_enrollment),
        "organization": {"id": org.id or None, "pipeline": org.pipeline},
        "scep_url": endpoint.url,
        "platform": choice.platform.as_result() if choice.platform else None,
        "authorities": [each.as_result() for each in authorities.all],
        "platforms": [each.as_result() for each in authorities.platforms],
        "renewal": {**renewal.as_result(), "pin_breaks": pin_breaks} if renewal else None,
        "authorities_unavailable": authorities.unavailable or None,
        "capabilities": service.capabilities,
        "ca_certificates": [
            integration.summarize_certificate(each) for each in service.certificates
        ],
        "platform_events": [integration.summarize_event(event) for event in events],
        **_judge_challenge(ctx, events, choice.url, bool(test_enrollment), now),
        **({"test_enrollment": test_enrollment} if test_enrollment else {}),
    }


def _choose_url(ctx: ModuleContext, authorities: Authorities, org: Org) -> Choice:
    """Return the SCEP URL to use. A URL of the option is checked before its platform is."""
    scep_url = ctx.params["scep_url"]
    if scep_url:
        _check_url(ctx, scep_url, org)
    choice = choose_url(authorities, scep_url, ctx.params["platform"], ctx.okta.org_url)
    if not scep_url:
        _check_url(ctx, choice.url, org)
    return choice


def _judge_challenge(
    ctx: ModuleContext, events: list[LogEvent], scep_url: str, is_proved: bool, now: datetime
) -> Result:
    """Return what is known of the deployed challenge, with a warning if it is or may be stale."""
    if is_proved:
        return integration.Challenge("current").as_result()
    log_start = integration.find_log_start(events, len(events) >= MOST_EVENTS, now)
    deployed_at = ctx.params["challenge_deployed_at"]
    challenge = integration.judge_challenge(events, deployed_at, log_start, scep_url)
    for text in challenge.warnings:
        ctx.warn(text)
    return challenge.as_result()


def _check_url(ctx: ModuleContext, scep_url: str, org: Org) -> None:
    """Raise BadOption if no Mac of this org can enroll at a SCEP URL; warn of an unknown host."""
    parse_scep_url(scep_url)
    for text in integration.find_host_warnings(
        scep_url, ctx.okta.org_url, org, ctx.params["scep_hosts"]
    ):
        ctx.warn(text)


def _read_platform_events(ctx: ModuleContext, now: datetime) -> list[LogEvent]:
    since = format_milliseconds(now - LOG_RETENTION)
    until = format_milliseconds(now + LOG_AHEAD)
    return list(
        ctx.okta.log_events(
            integration.PLATFORM_FILTER, since, until, newest_first=True, at_most=MOST_EVENTS
        )
    )


def _make_test_enrollment(ctx: ModuleContext, endpoint: ScepEndpoint) -> dict[str, str] | None:
    if not ctx.params["test_enrollment"]:
        return None
    if not ctx.params["scep_challenge"]:
        raise BadOption(
            "scep_challenge: it is not set, and test_enrollment needs it. Set the challenge, or"
            " test_enrollment: false.",
            option="scep_challenge",
        )
    check_challenge(ctx.params["scep_challenge"], "scep_challenge")
    return (
        None
        if ctx.check_mode
        else endpoint.make_test_enrollment(
            ctx.params["scep_challenge"], parse_pin(ctx.params["ca_fingerprint"])
        )
    )
