# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's error answers."""

from __future__ import annotations

import typing as t
import uuid

from lab.http import Answer, Refusal

# Code -> (status, summary); {} takes what the error is about.
ERRORS = {
    "E0000001": (400, "Api validation failed: {}"),
    "E0000003": (400, "The request body was not well-formed."),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000007": (404, "Not found: Resource not found: {}"),
    "E0000009": (500, "Internal Server Error"),
    "E0000011": (401, "Invalid token provided"),
    "E0000015": (401, "You do not have permission to access the feature you are requesting"),
    "E0000022": (405, "The endpoint does not support the HTTP method of the request"),
    "E0000029": (400, "Invalid paging request."),
    "E0000031": (400, "Invalid search criteria."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
    "E0000053": (400, "Invalid filter: {}"),
    "E0000148": (
        403,
        "Cannot modify/disable this authenticator because it is enabled in one or more policies.",
    ),
    "E0000152": (403, "Illegal device status, cannot perform action."),
    "E0000174": (
        403,
        (
            "Device condition dependency exception: Okta FastPass is used by app sign-on policies"
            " with device conditions."
        ),
    ),
}


def error(code: str, about: str = "", causes: t.Sequence[str] = ()) -> Answer:
    """Return the answer with a code. ``about`` completes its summary."""
    status, summary = ERRORS[code]
    body = {
        "errorCode": code,
        "errorSummary": summary.format(about),
        "errorLink": code,
        "errorId": "oae" + uuid.uuid4().hex[:22],
        "errorCauses": [{"errorSummary": cause} for cause in causes],
    }
    return Answer(body, status)


def refuse(code: str, about: str = "", causes: t.Sequence[str] = ()) -> t.NoReturn:
    """Raise Refusal with the answer of ``error``."""
    raise Refusal(error(code, about, causes))
