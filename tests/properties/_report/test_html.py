# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: no value of a vendor ends an element or a script, and every row is in it."""

from __future__ import annotations

import json
import re

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import MacRow
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import STAGES
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.figures import (
    PastReport,
    survey,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.html import (
    embed,
    html_pieces,
    kind,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.properties._report.test_figures import META, fleets
from tests.support.strategies.values import texts

ROWS = re.compile(r'<script type="application/json" id="rows">(.*?)</script>', re.DOTALL)


@given(fleets, st.dictionaries(texts, st.sampled_from(STAGES), max_size=2))
def test_every_row_is_in_the_page_and_no_text_is_markup(
    rows: list[MacRow], before: dict[str, str]
) -> None:
    meta = META.__class__(**{**META.__dict__, "previous": PastReport(META.generated_at, before)})
    page = "".join(html_pieces(rows, survey(rows, meta), meta))
    match = ROWS.search(page)
    assert match and len(json.loads(match.group(1))) == len(rows)
    assert page.count("<script") == 3 == page.count("</script>")
    page.encode("utf-8", "replace")


@given(texts)
def test_json_in_a_page_never_ends_its_element(text: str) -> None:
    embedded = embed({"a": text})
    assert "<" not in embedded and json.loads(embedded) == {"a": text}
    assert all(kind(stage) in ("good", "none", "bad", "wait") for stage in STAGES)
