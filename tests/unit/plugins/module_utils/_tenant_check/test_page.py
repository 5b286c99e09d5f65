# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a tenant's answers."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.page import (
    html_pieces,
    summarize,
)

ANSWERED = {
    "point": "a",
    "question": "Is <b> so?",
    "state": "answered",
    "position": "x",
    "copes": True,
    "seen": 2,
}
OPEN = {"point": "b", "question": "Why?", "state": "unseen", "reason": "An event shows it."}
DOCUMENT = {
    "fingerprint": "f00",
    "points": [ANSWERED, OPEN, {**ANSWERED, "point": "c", "position": None, "copes": False}],
    "open": [{"point": "d", "reason": "Only a write shows it."}],
    "reads": {"log": {"state": "refused", "status": 403}},
    "operations": [],
}


def test_the_page_has_each_point_and_escapes_texts():
    page = "".join(html_pieces(DOCUMENT, "2026-11-27T08:00:00Z"))
    assert page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n")
    assert "Is &lt;b&gt; so?" in page and "<b>" not in page
    assert "<code>d</code></td><td>Only a write shows it." in page
    assert "nothing shows it: An event shows it." in page
    assert "none of the known positions" in page and '<td class="no">no</td>' in page
    assert "refused 403" in page and 'content="f00"' in page[:1000]
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")


def test_the_summary_names_what_the_collection_does_not_cope_with():
    assert summarize([ANSWERED, OPEN], 3) == (
        "1 points are answered, nothing shows 1, and 0 could not be read. The collection copes"
        " with each answer. Keys and values that are not known: 3."
    )
    text = summarize(DOCUMENT["points"], 0)
    assert "The collection does not cope with: c." in text
