# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: nothing of the tenant is in it, whatever the answers."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.document import (
    build_document,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.page import (
    html_pieces,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
    POINTS,
    answer_points,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.reads import (
    OBSERVED,
)
from hypothesis import given

from tests.support.strategies.answers import CANARY
from tests.support.strategies.material import materials


@given(materials())
def test_a_page_has_each_point_and_no_text_of_the_tenant(material) -> None:
    document = build_document(material, answer_points(material), OBSERVED)
    page = "".join(html_pieces(document, "2026-11-27T08:00:00Z"))
    assert CANARY not in page and all(f"<code>{point.id}</code>" in page for point in POINTS)
    assert page.count("<table>") == page.count("</table>") == 4
