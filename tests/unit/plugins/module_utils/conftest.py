# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wire whose far end is written by the test.

Everything of ``requests`` is real but the network.
"""

from __future__ import annotations

import io
import json
import typing as t
from unittest import mock

import pytest
import requests

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"


class Wire:
    """Answers requests with what ``script`` was given, in order.

    The last answer stays. Waiting is only noted, in ``slept``.

    An answer is (status, body) or (status, body, headers) or an exception. A body that is text or
    bytes goes out as it is, anything else as JSON.
    """

    def __init__(self) -> None:
        self.answers: list[t.Any] = [(200, {})]
        self.sent: list[requests.PreparedRequest] = []
        self.options: list[dict[str, t.Any]] = []
        self.slept: list[float] = []
        # Not at the top: pytest reads this file before the collection's import path is set up.
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import (
            masking as _masking,
        )
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
            Settings,
        )

        self.masker = _masking.Masker()
        self._settings = Settings

    def script(self, *answers: t.Any) -> None:
        self.answers = list(answers)

    def settings(self, **changes: t.Any) -> t.Any:
        """Return settings with a fake clock and deterministic jitter."""
        return self._settings(**{"sleep": self.slept.append, "chance": lambda: 1.0, **changes})

    def send(
        self, _adapter: t.Any, request: requests.PreparedRequest, **options: t.Any
    ) -> requests.Response:
        self.sent.append(request)
        self.options.append(options)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return _response(request, *answer)


def _response(
    request: requests.PreparedRequest,
    status: int,
    body: t.Any = None,
    headers: dict[str, str] | None = None,
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, str(request.url)
    content = (
        b""
        if body is None
        else (
            body.encode()
            if isinstance(body, str)
            else body
            if isinstance(body, bytes)
            else json.dumps(body).encode()
        )
    )
    response.raw = io.BytesIO(content)
    response.headers.update(
        {
            name: value
            for name, value in {"Date": DATE, **(headers or {})}.items()
            if value is not None
        }
    )
    return response


@pytest.fixture
def wire() -> t.Iterator[Wire]:
    far_end = Wire()

    def send(adapter: t.Any, request: t.Any, **options: t.Any) -> t.Any:
        """A plain function becomes a method, so that the adapter comes along."""
        return far_end.send(adapter, request, **options)

    with mock.patch.object(requests.adapters.HTTPAdapter, "send", send):
        yield far_end
