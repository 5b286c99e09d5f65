# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of a tenant as one document, without anything that is the tenant's own. Pure.

It holds words of the vendors and of this collection, forms, numbers, and numbered replacements. The
lab behaves like the tenant by its key ``lab``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .._core.json_fields import as_object, as_text
from .answers import READ, TRIAL, Material, ReadOutcome, Reply
from .okta_points import lab_limits, rate_limit
from .points import CANNOT_BE_READ, Answer, answer_points, lab_switches
from .pseudonyms import Pseudonyms
from .shapes import Shape

FORMAT = "devicetrust.okta_kandji answers 1"
READS_FINGERPRINT = "reads_fingerprint"  # the key of a document whose run was to make the trial
Document = dict[str, object]

_OKTA_CODE = re.compile(r"E\d{7}", re.ASCII)
# Of RFC 6749, RFC 6750 and RFC 9449, as token requests and scopes are refused with.
_OAUTH_CODES = frozenset(
    """
    access_denied insufficient_scope invalid_client invalid_dpop_proof invalid_grant
    invalid_request invalid_scope invalid_token server_error temporarily_unavailable
    unauthorized_client unsupported_grant_type use_dpop_nonce
    """.split()
)
_TYPES = (
    "application/json",
    "text/html",
    "text/plain",
    "application/octet-stream",
    "application/x-x509-ca-cert",
    "application/x-x509-ca-ra-cert",
)
_KNOWN_HEADERS = frozenset(
    """
    accept-ch access-control-allow-credentials access-control-allow-headers
    access-control-allow-methods access-control-allow-origin allow cache-control connection
    content-encoding content-language content-length content-security-policy
    content-security-policy-report-only content-type cross-origin-opener-policy
    cross-origin-resource-policy date etag expect-ct expires keep-alive link p3p pragma
    public-key-pins-report-only ratelimit-limit ratelimit-remaining ratelimit-reset
    referrer-policy retry-after server set-cookie strict-transport-security
    transfer-encoding vary via www-authenticate x-content-type-options x-frame-options
    x-okta-request-id x-rate-limit-limit x-rate-limit-remaining x-rate-limit-reset
    x-ratelimit-limit-hour x-ratelimit-limit-second x-ratelimit-remaining-hour
    x-ratelimit-remaining-second x-request-id x-total-count x-xss-protection
    """.split()
)


def build_document(
    material: Material, answers: Sequence[Answer], vendors: Mapping[str, str]
) -> Document:
    """Return the document. What may change from run to run is left out of its fingerprint.

    :arg vendors: the vendor of each operation.
    """
    pseudonyms = Pseudonyms()
    points = [_point(answer, pseudonyms) for answer in answers]
    operations = [
        _operation(name, vendor, material.of(name), pseudonyms)
        for name, vendor in vendors.items()
        if material.of(name)
    ]
    body: Document = {
        "signs_in_by": material.surroundings.signs_in_by,
        "lab": {"switches": lab_switches(answers), "limits": dict(lab_limits(material))},
        "points": points,
        "open": [{"point": name, "reason": text} for name, text in CANNOT_BE_READ.items()],
        "reads": {
            name: _outcome(outcome, pseudonyms) for name, outcome in material.outcomes.items()
        },
        "operations": operations,
    }
    return {"format": FORMAT, "fingerprint": _fingerprint(body), **body}


def fingerprint_of_reads(material: Material, vendors: Mapping[str, str]) -> str:
    """Return the fingerprint that the document of a run that made the trial has without it.

    :arg vendors: the vendor of each operation that reads.
    """
    outcomes = {name: each for name, each in material.outcomes.items() if name != TRIAL}
    reads = replace(material, outcomes=outcomes, trial=None)
    return str(build_document(reads, answer_points(reads), vendors)["fingerprint"])


def predict_fingerprint(document: Document, existing: object) -> str:
    """Return the fingerprint that the document would have with the trial, for check mode.

    If an earlier run made the trial and its reads had the same answers, it is that of its document:
    the trial has the same answers in the same tenant. Otherwise it is another than that.

    :arg document: of a run that did not make the trial, with the fingerprint of its reads.
    :arg existing: the JSON that an earlier run wrote.
    """
    known = as_object(existing)
    tried = as_object(as_object(known.get("reads")).get(TRIAL)).get("state") == READ
    same = known.get(READS_FINGERPRINT) == document[READS_FINGERPRINT]
    return (as_text(known.get("fingerprint")) if same and tried else None) or str(
        document["fingerprint"]
    )


def _fingerprint(body: Document) -> str:
    """Return a digest of the document without the numbers that change with each sign-in."""
    text = json.dumps(_without_counts(body), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without_counts(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _without_counts(inner)
            for key, inner in value.items()
            if key not in ("seen", "more", "answers", "rows", "keys_of_customers")
        }
    return [_without_counts(each) for each in value] if isinstance(value, list) else value


def _point(answer: Answer, pseudonyms: Pseudonyms) -> Document:
    point, finding = answer.point, answer.finding
    row: Document = {
        "point": point.id,
        "question": point.question,
        "state": answer.state,
        "switch": point.is_switch,
    }
    if answer.state == "answered":
        code = {
            name: _code(str(value), pseudonyms)
            for name, value in finding.more.items()
            if name == "code"
        }
        return {
            **row,
            "position": finding.position,
            "copes": finding.copes,
            "seen": finding.seen,
            "more": {**finding.more, **code},
        }
    return {**row, "reason": _reason(answer, pseudonyms)}


def _code(code: str, pseudonyms: Pseudonyms) -> str:
    """Return a vendor's error code. It may be a text of a gateway."""
    known = not code or code in _OAUTH_CODES or _OKTA_CODE.fullmatch(code)
    return code if known else pseudonyms.show("code", code)


def _reason(answer: Answer, pseudonyms: Pseudonyms) -> str:
    """Return why a point is not answered."""
    outcome = answer.outcome
    if outcome.reason or answer.state == "unseen":
        return outcome.reason or answer.point.unseen
    words = [str(outcome.status or ""), _code(outcome.code, pseudonyms)]
    answer_text = " ".join(word for word in words if word)
    return (
        f"The read that it needs was {outcome.state}{f' ({answer_text})' if answer_text else ''}."
    )


def _outcome(outcome: ReadOutcome, pseudonyms: Pseudonyms) -> Document:
    row: Document = {"state": outcome.state}
    if outcome.state != READ:
        row |= {"status": outcome.status, "code": _code(outcome.code, pseudonyms)}
        row |= {"reason": outcome.reason}
    return {name: value for name, value in row.items() if value not in ("", 0)}


def _operation(
    name: str, vendor: str, replies: Sequence[Reply], pseudonyms: Pseudonyms
) -> Document:
    """Return what the answers to an operation look like."""
    shape = Shape(name)
    for reply in replies:
        if reply.is_read:
            shape.add(reply.body)
    statuses = Counter(str(reply.status) for reply in replies)
    codes = sorted({reply.code for reply in replies if not reply.is_read and reply.code})
    headers = sorted({header for reply in replies for header in reply.headers})
    return {
        "vendor": vendor,
        "operation": name,
        "statuses": sorted(statuses),
        "answers": dict(sorted(statuses.items())),
        "rows": sum(len(reply.rows) for reply in replies if reply.is_read),
        "codes": [_code(code, pseudonyms) for code in codes],
        "content_types": sorted({_content_type(reply) for reply in replies}),
        "headers": [_header(header, pseudonyms) for header in headers],
        "rate_limit": rate_limit(replies),
        **shape.as_result(pseudonyms),
    }


def _content_type(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind if kind in _TYPES else "another" if kind else "none"


def _header(name: str, pseudonyms: Pseudonyms) -> str:
    return name if name in _KNOWN_HEADERS else pseudonyms.show("header", name)


def entries(value: object) -> Sequence[Mapping[str, object]]:
    """Return a list of the document, whose entries are objects."""
    return value if isinstance(value, list) else ()


def unknown_things(document: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield (operation, where, what) of each key and value that is not known."""
    for operation in entries(document["operations"]):
        name = str(operation["operation"])
        for entry in entries(operation["unknown_keys"]):
            where, forms = entry["in"] or "the answer", entry["forms"]
            words = ", ".join(forms) if isinstance(forms, list) else ""
            yield name, str(where), f"key {entry['key']!r} ({words})"
        for entry in entries(operation["unknown_values"]):
            yield name, str(entry["of"]), f"value {entry['value']!r}"


def json_pieces(document: Mapping[str, object], generated_at: str) -> Iterator[str]:
    """Yield the document as JSON text."""
    yield json.dumps({**document, "generated_at": generated_at}, indent=1) + "\n"
