# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of Okta that a read can answer. Pure: each judges what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from .._core.json_fields import Row, as_id, as_object, as_objects
from .._core.text import names_serial, texts_in
from .._core.timestamps import parse_timestamp
from .._okta.authentication.auth import API_TOKEN, FEATURE_MISSING
from .._okta.authenticators.okta_verify_spellings import METHODS, OKTA_VERIFY, fold_key
from .._okta.constants import FASTPASS_EVENT, OKTA_DOMAINS, SESSION_START
from .._okta.records import LogEvent, Org
from .answers import Material, Reply
from .point_type import Finding, Point

EVALUATION, DENIED_APP = "policy.evaluate_sign_on", "application.policy.sign_on.deny_access"
SIGNAL_POLICIES = "DEVICE_SIGNAL_COLLECTION"
# What the authorities answer where they are not served: (status, code) -> the switch's position.
_AUTHORITIES = {401: "feature", 403: "forbidden", 404: "missing", 405: "verb"}
INVALID_TOKEN = "E0000011"  # of a 401, for a token that is wrong or may not do this
# Of one sign-in, in the log and on the record.
_UTC = timezone.utc
_SOON, _PRECISION = timedelta(seconds=10), timedelta(seconds=60)
_RFC_TYPES = ("application/x-x509-ca-cert", "application/x-x509-ca-ra-cert")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # the OID of PKCS#7 signedData
# The limits of the lab, and an operation of each.
LIMITS = {
    "listDevices": "devices",
    "listDeviceUsers": "device_users",
    "getUser": "users",
    "listAuthenticators": "authenticators",
    "listPolicies": "policies",
    "createPolicySimulation": "simulate",
    "listLogEvents": "logs",
}


def _count(words: Iterable[str]) -> tuple[str, int] | None:
    """Return the most frequent word and its number, None without any."""
    common = Counter(words).most_common(1)
    return common[0] if common else None


# The System Log


def _serials(material: Material) -> list[str]:
    serials = (as_id(row.get("serial_number")) for row in material.rows("List Devices"))
    return sorted({serial for serial in serials if len(serial) > 5})


def _certificate_field(material: Material) -> Finding | None:
    """Return which field of a target holds a serial that Kandji knows."""
    serials = _serials(material)
    fields = [
        field
        for row in material.events("pki.cert.issue")
        for target in as_objects(row.get("target"))
        for field in ("alternateId", "displayName", "detailEntry")
        if _names_any(target.get(field), serials)
    ]
    common = _count(fields)
    return Finding(common[0], common[1], more=dict(Counter(fields))) if common else None


def _names_any(value: object, serials: list[str]) -> bool:
    return any(names_serial(text, serial) for text in texts_in(value) for serial in serials)


def _names_serial(event_type: str) -> Callable[[Material], Finding | None]:
    """Return a judge of whether events of a type name the serial of their Mac."""

    def judge(material: Material) -> Finding | None:
        rows, serials = material.events(event_type), _serials(material)
        named = [row for row in rows if _has_serial(row, serials)]
        return Finding(bool(named), len(rows), more={"named": len(named)}) if rows else None

    return judge


def _has_serial(row: Row, serials: list[str]) -> bool:
    targets = LogEvent.from_row(row).targets
    return any(target.serial_number for target in targets) or _names_any(row.get("target"), serials)


def _step_agents(material: Material) -> Finding | None:
    rows = [
        row
        for row in material.rows("listLogEvents")
        if str(row.get("eventType")).startswith("device.lifecycle.")
    ]
    agents = [row for row in rows if LogEvent.from_row(row).user_agent]
    return Finding(bool(agents), len(rows), more={"named": len(agents)}) if rows else None


def _denial_events(material: Material) -> Finding | None:
    counts = {name: len(material.events(name)) for name in (EVALUATION, DENIED_APP)}
    names = [name for name, count in counts.items() if count]
    if not names:
        return None
    return Finding("both" if len(names) == 2 else names[0], sum(counts.values()), more=counts)


def _deny_access(material: Material) -> Finding | None:
    """Return whether each denial of a policy has an event of the app as well."""
    denials, apps = material.events(EVALUATION), material.events(DENIED_APP)
    if not denials:
        return None
    # As far as both were read: the samples may begin at different times.
    since = max(min(map(_published, rows)) for rows in (denials, apps or denials))
    recent = [row for row in denials if _published(row) >= since]
    matched = [row for row in recent if any(_is_of(row, each) for each in apps)]
    position = "all" if len(matched) == len(recent) else "unsatisfied"
    return Finding(position, len(recent), more={"matched": len(matched)}) if recent else None


def _published(row: Row) -> datetime:
    return parse_timestamp(row.get("published")) or datetime.max.replace(tzinfo=_UTC)


def _is_of(denial: Row, other: Row) -> bool:
    """Return whether two events are of one sign-in: the same app and user at the same time."""
    ids = {as_id(each.get("id")) for each in as_objects(other.get("target"))}
    entities = [as_object(denial.get("actor")), *as_objects(denial.get("target"))[:1]]
    near = abs(_published(denial) - _published(other)) <= _SOON
    return near and all(as_id(entity.get("id")) in ids for entity in entities)


def _denial_rules(material: Material) -> Finding | None:
    """Return whether a denial names all rules of its policy, or the one that refused."""
    numbers = {
        as_id(reply.path.get("policyId")): len(
            [row for row in reply.rows if row.get("status") != "INACTIVE"]
        )
        for reply in material.read("listPolicyRules")
    }
    words = []
    for row in material.events(EVALUATION):
        targets = as_objects(row.get("target"))
        rules = [each for each in targets if "rule" in str(each.get("type")).lower()]
        of_policy = max((numbers.get(as_id(each.get("id")), 0) for each in targets), default=0)
        if len(rules) > 1:
            words.append("all")
        elif rules and of_policy > 1:
            words.append("one")
    common = _count(words)
    return Finding(*common, more=dict(Counter(words))) if common else None


def _sign_in_touches(material: Material) -> Finding | None:
    """Return whether records are as new as the last FastPass sign-in on them."""
    last, words = _last_fastpass(material), []
    for row in material.rows("getDevice"):
        signed_in, updated = last.get(as_id(row.get("id"))), parse_timestamp(row.get("lastUpdated"))
        if signed_in is None or updated is None:
            continue
        if abs(updated - signed_in) <= _PRECISION:
            words.append("touched")
        elif updated < signed_in:
            words.append("older")
    if not words:
        return None
    return Finding("older" not in words, len(words), more=dict(Counter(words)))


def _last_fastpass(material: Material) -> dict[str, datetime]:
    """Return when a session last began by Okta FastPass, by the id of the device record."""
    events = [LogEvent.from_row(row) for row in material.events(FASTPASS_EVENT, SESSION_START)]
    fastpass = [each for each in events if each.shows_fastpass]
    last: dict[str, datetime] = {}
    for event in events:
        began = parse_timestamp(event.published)
        if event.event_type != SESSION_START or not event.device_id or began is None:
            continue
        if any(_is_with(event, began, each) for each in fastpass):
            last[event.device_id] = max(began, last.get(event.device_id, began))
    return last


def _is_with(session: LogEvent, began: datetime, other: LogEvent) -> bool:
    published = parse_timestamp(other.published)
    return (
        session.actor.id == other.actor.id
        and published is not None
        and abs(published - began) <= _SOON
    )


# Policies and authenticators


def _access_rules(material: Material) -> list[Row]:
    return [
        row
        for row in material.rows("listPolicyRules")
        if row.get("type") == "ACCESS_POLICY" and row.get("system") is not True
    ]


def _risk_scoring(material: Material) -> Finding | None:
    rules = _access_rules(material)
    scored = [row for row in rules if as_object(row.get("conditions")).get("riskScore")]
    return Finding(bool(scored), len(rules), more={"scored": len(scored)}) if rules else None


def _rule_numbers(material: Material) -> Finding | None:
    """Return whether the numbers of a policy's rules have a gap. Without one, nothing is known."""
    gaps = 0
    for reply in material.read("listPolicyRules"):
        rows = [row for row in reply.rows if row.get("system") is not True]
        numbers = sorted(n for row in rows if isinstance(n := row.get("priority"), int))
        gaps += numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else 0
        gaps += bool(numbers) and numbers[0] > 1
    return Finding("gaps", gaps) if gaps else None


def _policies(material: Material, kind: str) -> list[Reply]:
    return [each for each in material.of("listPolicies") if each.query.get("type") == kind]


def _policy_resource(material: Material) -> Finding | None:
    replies = [each for each in _policies(material, "ACCESS_POLICY") if each.is_read]
    rows = [row for reply in replies for row in reply.rows]
    listed = [row for row in rows if as_object(row.get("_embedded")).get("resourceType")]
    if not rows:
        return None
    return Finding(2 * len(listed) > len(rows), len(rows), more={"shown": len(listed)})


def _signal_policies(material: Material) -> Finding | None:
    replies = _policies(material, SIGNAL_POLICIES)
    if not replies:
        return None
    last = replies[-1]
    if last.is_read:
        return Finding("listed", len(last.rows))
    none = last.status in (400, 404, 405) or last.code == FEATURE_MISSING
    more = {"status": last.status, "code": last.code}
    return Finding("none" if none else "refused", 1, none or last.status == 403, more)


def _mapping_link(material: Material) -> Finding | None:
    """Return which link of a signal collection policy's mapping names the app sign-in policy."""
    ids = {
        as_id(row.get("id"))
        for reply in _policies(material, SIGNAL_POLICIES)
        if reply.is_read
        for row in reply.rows
    }
    links = [
        name
        for reply in material.read("listPolicyMappings")
        if as_id(reply.path.get("policyId")) in ids
        for row in reply.rows
        for name in as_object(row.get("_links"))
        if name in ("application", "policy")
    ]
    common = _count(links)
    return Finding(*common, more=dict(Counter(links))) if common else None


def _authenticator_keys(material: Material) -> list[str]:
    return [str(row.get("key")) for row in material.rows("listAuthenticators")]


def _flexible(material: Material) -> Finding | None:
    keys = [key for key in _authenticator_keys(material) if fold_key(key) == OKTA_VERIFY]
    return Finding(any(key in METHODS for key in keys), len(keys)) if keys else None


def _legacy_listed(material: Material) -> Finding | None:
    keys = _authenticator_keys(material)
    split = [key for key in keys if key in METHODS]
    return Finding(OKTA_VERIFY in keys, len(split)) if split else None


def _app_instance(material: Material) -> Finding | None:
    settings = [
        as_object(row.get("settings"))
        for row in material.rows("listAuthenticators")
        if fold_key(str(row.get("key"))) == OKTA_VERIFY
    ]
    listed = [each for each in settings if "appInstanceId" in each]
    if not listed:
        return None
    return Finding(
        "shown" if any(each["appInstanceId"] for each in listed) else "empty", len(listed)
    )


def _simulation(material: Material) -> Finding | None:
    replies = material.of("createPolicySimulation")
    if not replies:
        return None
    last = replies[-1]
    if last.is_read:
        return Finding("list" if len(replies) > 1 and replies[-2].status == 400 else "object", 1)
    if last.code == FEATURE_MISSING or last.status in (404, 405):
        return Finding("missing", 1, more={"status": last.status, "code": last.code})
    return None


# People and devices


def _login_case(material: Material) -> Finding | None:
    replies = [each for each in material.of("getUser") if each.is_read or each.status == 404]
    return Finding("any" if replies[-1].is_read else "exact", 1) if replies else None


def _enrollments(material: Material) -> Finding | None:
    """Return whether people with several records have an enrollment of Okta Verify for each."""
    records = Counter(
        as_id(as_object(link.get("user")).get("id"))
        for row in material.rows("listDevices")
        for link in as_objects(as_object(row.get("_embedded")).get("users"))
    )
    words = []
    for reply in material.read("listAuthenticatorEnrollments"):
        number = records[as_id(reply.path.get("userId"))]
        keys = [fold_key(str(row.get("key"))) for row in reply.rows]
        if number > 1:
            words.append("each" if keys.count(OKTA_VERIFY) >= number else "fewer")
    if not words:
        return None
    return Finding("fewer" if "fewer" in words else "each", len(words), more=dict(Counter(words)))


# The certificate authority


def _own_authorities(material: Material) -> Reply | None:
    replies = material.of("listCertificateAuthorities")
    return replies[-1] if replies else None


def _authorities(material: Material) -> Finding | None:
    reply = _own_authorities(material)
    if reply is None:
        return None
    if reply.is_read:
        return Finding("served", len(reply.rows))
    word = _AUTHORITIES.get(reply.status)
    if word is None or (word == "feature" and reply.code != FEATURE_MISSING):
        return None
    return Finding(word, 1, more={"status": reply.status, "code": reply.code})


def _token_reads_authorities(material: Material) -> Finding | None:
    reply = _own_authorities(material)
    if reply is None or material.surroundings.signs_in_by != API_TOKEN:
        return None
    if reply.is_read:
        return Finding(True, len(reply.rows))
    refused = reply.status == 401 and reply.code == INVALID_TOKEN and _accepts_token(material)
    return Finding(False, 1) if refused else None


def _accepts_token(material: Material) -> bool:
    """Return whether Okta accepts the token elsewhere: a 401 is of the operation then."""
    return bool(material.read("listLogEvents") or material.read("listDevices"))


def _scep_host(material: Material) -> Finding | None:
    own, host = material.surroundings.okta_host, material.surroundings.scep_host
    hosts = {
        urlsplit(url).netloc.lower()
        for row in material.rows("getWellknownOrgMetadata")
        for url in Org.from_row(row).linked_urls
    }
    if not host or not hosts:
        return None
    if host == own:
        return Finding("org", 1)
    is_others = host.partition(":")[0].endswith(OKTA_DOMAINS)
    return Finding("alternate", 1) if host in hosts else Finding("other", 1, copes=not is_others)


def _last(material: Material, operation: str) -> Reply | None:
    replies = [each for each in material.of(operation) if each.status < 500 and each.status != 429]
    return replies[-1] if replies else None


_ANNOUNCED = (
    "AES",
    "DES3",
    "SHA-1",
    "SHA-256",
    "SHA-512",
    "POSTPKIOperation",
    "SCEPStandard",
    "Renewal",
    "Update",
    "GetNextCACert",
)


def _capabilities(material: Material) -> Finding | None:
    reply = _last(material, "GetCACaps")
    if reply is None:
        return None
    if not reply.is_read:
        return Finding("missing", 1, more={"status": reply.status})
    names = reply.content.decode("ascii", "replace").lower().split()
    announced = [name for name in _ANNOUNCED if name.lower() in names]
    more = {"announced": announced, "others": len(set(names)) - len(announced)}
    if not announced:
        return Finding(None if names else "none", 1, not names, more)
    modern = {"AES", "SHA-256", "POSTPKIOperation"} <= {*announced} or "SCEPStandard" in announced
    return Finding("modern" if modern else "old", 1, more=more)


def _ca_answer(material: Material) -> Finding | None:
    reply = _last(material, "GetCACert")
    content = reply.content if reply and reply.is_read else b""
    if content[:1] != b"\x30":
        return Finding(None, 1, copes=False) if content else None
    return Finding("pkcs7" if _SIGNED_DATA in content[:20] else "der", 1)


def _content_types(material: Material) -> Finding | None:
    reply = _last(material, "GetCACert")
    if reply is None or not reply.is_read:
        return None
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Finding("rfc" if kind in _RFC_TYPES else "html" if kind == "text/html" else "generic", 1)


# Rate limits


def _rate_limits(material: Material) -> Finding | None:
    limits = {name: limit for name in LIMITS if (limit := rate_limit(material.of(name)))}
    return Finding("named", len(limits), more=limits) if limits else None


def rate_limit(replies: Iterable[Reply]) -> int | None:
    """Return the last limit by the minute that answers name, None without any."""
    texts = [each.headers.get("x-rate-limit-limit", "") for each in replies]
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]
    positive = [number for number in numbers if number]
    return positive[-1] if positive else None


def lab_limits(material: Material) -> Mapping[str, int]:
    """Return the limits of the lab with which it limits as the org does."""
    return {
        bucket: limit for name, bucket in LIMITS.items() if (limit := rate_limit(material.of(name)))
    }


OKTA_POINTS = (
    Point(
        "certificate_target_field",
        "Which field of pki.cert.issue carries the certificate's common name?",
        ("log", "kandji_devices"),
        _certificate_field,
        "An event pki.cert.issue of a Mac in Kandji shows it.",
    ),
    Point(
        "ca_certificate_answer",
        "In which form does GetCACert answer?",
        ("scep",),
        _ca_answer,
        "An answer of the SCEP URL shows it.",
    ),
    Point(
        "scep_capabilities",
        "What does GetCACaps answer with?",
        ("scep",),
        _capabilities,
        "An answer of the SCEP URL shows it.",
    ),
    Point(
        "scep_content_types",
        "Which content types do SCEP answers bear?",
        ("scep",),
        _content_types,
        "An answer of the SCEP URL shows it.",
    ),
    Point(
        "scep_host",
        "Which host has the SCEP URL?",
        ("organization", "scep"),
        _scep_host,
        "A SCEP URL and the org's metadata show it.",
    ),
    Point(
        "sign_in_touches_record",
        "Does a FastPass sign-in change the lastUpdated of its device record?",
        ("log", "records"),
        _sign_in_touches,
        "A session that began with Okta FastPass on a registered device shows it.",
    ),
    Point(
        "bind_event_serial",
        "Does pki.cert.bind name the serial?",
        ("log",),
        _names_serial("pki.cert.bind"),
        "An event pki.cert.bind shows it.",
        is_switch=False,
    ),
    Point(
        "deletion_event_serial",
        "Does the event of a deleted device name its serial?",
        ("log",),
        _names_serial("device.lifecycle.delete"),
        "An event device.lifecycle.delete shows it.",
        is_switch=False,
    ),
    Point(
        "revocation_event_serial",
        "Does pki.cert.lifecycle.revoke name the serial?",
        ("log",),
        _names_serial("pki.cert.lifecycle.revoke"),
        "An event pki.cert.lifecycle.revoke shows it.",
        is_switch=False,
    ),
    Point(
        "enrollments_by_device",
        "Does Okta list an enrollment of Okta Verify for each device?",
        ("devices", "users"),
        _enrollments,
        "A user with several device records shows it.",
        is_switch=False,
    ),
    Point(
        "login_case",
        "Does getUser find a login in any case?",
        ("users",),
        _login_case,
        "A user of a device record shows it.",
        is_switch=False,
    ),
    Point(
        "risk_scoring",
        "Do rules have a risk score?",
        ("access_policies",),
        _risk_scoring,
        "A rule that is not a catch-all rule shows it.",
    ),
    Point(
        "rule_numbers",
        "Do rules move up when one is deleted?",
        ("access_policies",),
        _rule_numbers,
        "A gap between the numbers of rules shows it. Without one, nothing is known.",
    ),
    Point(
        "denial_rules",
        "Does the event of a denial name the rule that refused, or all rules?",
        ("log", "access_policies"),
        _denial_rules,
        "A denial by a policy with several rules shows it.",
    ),
    Point(
        "simulation",
        "Has the org /policies/simulate, and in which form does it take a question?",
        ("simulation",),
        _simulation,
        "An answer to a simulated sign-in shows it.",
    ),
    Point(
        "deny_access_events",
        "Which refusals have an event of the app?",
        ("log",),
        _deny_access,
        "A denied sign-in shows it.",
    ),
    Point(
        "denial_event_types",
        "Which event does a denied sign-in make?",
        ("log",),
        _denial_events,
        "A denied sign-in shows it.",
        is_switch=False,
    ),
    Point(
        "policy_resource",
        "Does every policy say what it guards?",
        ("access_policies",),
        _policy_resource,
        "An app sign-in policy shows it.",
    ),
    Point(
        "flexible_okta_verify",
        "Is Okta Verify one authenticator or three?",
        ("authenticators",),
        _flexible,
        "The authenticator Okta Verify shows it.",
    ),
    Point(
        "legacy_okta_verify_listed",
        "Is Okta Verify also listed under its earlier key?",
        ("authenticators",),
        _legacy_listed,
        "Only an org in which Okta Verify is three authenticators shows it.",
    ),
    Point(
        "signal_policies",
        "What does the list of device signal collection policies answer?",
        ("signal_policies",),
        _signal_policies,
        "The answer to the list shows it.",
        is_switch=False,
    ),
    Point(
        "signal_policy_link",
        "Which link of a mapping names the app sign-in policy?",
        ("signal_policies",),
        _mapping_link,
        "A mapping of a device signal collection policy shows it.",
        is_switch=False,
    ),
    Point(
        "app_instance_id",
        "By which app does Okta Verify enroll?",
        ("authenticators",),
        _app_instance,
        "The settings of Okta Verify show it.",
        is_switch=False,
    ),
    Point(
        "rate_limits",
        "How high are the rate limits of the org?",
        ("devices", "authenticators", "log"),
        _rate_limits,
        "Headers of answers show it.",
        is_switch=False,
    ),
    Point(
        "step_user_agent",
        "Has the event of a lifecycle step the user agent of the request?",
        ("log",),
        _step_agents,
        "An event device.lifecycle shows it.",
        is_switch=False,
    ),
    Point(
        "api_token_reads_authorities",
        "May an API token read the certificate authorities?",
        ("authorities",),
        _token_reads_authorities,
        "Only a run with an API token shows it.",
    ),
    Point(
        "certificate_authorities",
        "Has the org the Certificate Authorities API, and what does it answer?",
        ("authorities",),
        _authorities,
        "The answer to their list shows it.",
    ),
)
