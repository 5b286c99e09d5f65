# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search that other tests rely on to say that no secret was shown."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote

import pytest

SECRET = 'Sün&<"challenge">/1+2='


@pytest.mark.parametrize(
    "text",
    [
        f"msg: {SECRET} is wrong",
        f"<string>{escape(SECRET)}</string>",
        f"https://localhost/scep?challenge={quote(SECRET, safe='')}",
        json.dumps({"challenge": SECRET}),
        *(base64.b64encode(f"{'x' * before}{SECRET}yz".encode()).decode() for before in range(6)),
    ],
)
def test_a_secret_is_found_however_it_is_written(text, printed, shown):
    printed.append(text)
    assert shown(SECRET)


def test_what_is_masked_is_not_found(printed, shown):
    printed.append("challenge: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
    assert not shown(SECRET)
