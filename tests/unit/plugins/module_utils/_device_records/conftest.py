# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the reset's unit tests."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from tests.unit.plugins.module_utils._device_records.fake_vendors import Reset


@pytest.fixture
def reset(tmp_path: t.Any) -> Reset:
    # A conftest.py is loaded before pytest-ansible knows the collection, so it must not import it.
    from tests.unit.plugins.module_utils._device_records.fake_vendors import Reset

    return Reset(tmp_path)
