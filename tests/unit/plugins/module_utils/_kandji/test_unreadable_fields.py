# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Kandji leaves out is unknown and named; what cannot be read is refused."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    unreadable_fields,
)


@pytest.mark.parametrize("value", [None, "true", 1, [], {}])
def test_a_field_that_is_null_or_of_another_type_is_malformed(value: object) -> None:
    kinds = {"active": bool, "name": str, "runs_on_mac": bool}
    row = {"active": value, "name": "Wi-Fi", "runs_on_tv": None}
    assert unreadable_fields.malformed_fields(row, kinds) == {"active"}


def test_what_depends_on_a_malformed_field_is_refused() -> None:
    unreadable_fields.check_readable("profile 'A'", "List Custom Profiles", {"active"}, ["name"])
    with pytest.raises(Unreadable) as raised:
        unreadable_fields.check_readable(
            "profile 'A'", "List Custom Profiles", {"active", "name"}, ["name", "active", "x"]
        )
    assert raised.value.message.startswith(
        "profile 'A': Kandji's answer to List Custom Profiles has no readable active, name, so it"
        " cannot be compared."
    )
    assert raised.value.details == {
        "vendor": "kandji",
        "operation": "List Custom Profiles",
        "fields": ["active", "name"],
    }


@pytest.mark.parametrize(
    "fields, words", [(["active"], "compare it. Check it"), (["a", "b"], "compare them. Check")]
)
def test_what_is_not_shown_is_named(fields: list[str], words: str) -> None:
    text = unreadable_fields.describe_unknown("profile 'A'", fields)
    assert f"Kandji does not show {', '.join(fields)}, so" in text and words in text
    assert unreadable_fields.describe_unknown("profile 'A'", []) == ""
