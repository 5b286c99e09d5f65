# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document: nothing of the tenant is in it, whatever the answers."""

from __future__ import annotations

import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.document import (
    build_document,
    json_pieces,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
    answer_points,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.reads import (
    OBSERVED,
)
from hypothesis import given

from tests.support.strategies.answers import CANARY
from tests.support.strategies.material import materials


@given(materials())
def test_a_document_holds_no_text_of_the_tenant(material) -> None:
    document = build_document(material, answer_points(material), OBSERVED)
    text = "".join(json_pieces(document, "2026-11-27T08:00:00Z"))
    assert CANARY not in text and json.loads(text)["fingerprint"] == document["fingerprint"]
    assert build_document(material, answer_points(material), OBSERVED) == document
