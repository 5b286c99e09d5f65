# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which record of a serial counts: always the same one, and never one that does not work."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.record_rank import (
    rank_record,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import STATUSES, management
from tests.support.strategies.values import datetimes, unknown_words

ranks = st.builds(
    rank_record,
    st.sampled_from(("guo1", "guo2", "guo3")),
    st.one_of(st.sampled_from((*STATUSES, None)), unknown_words),
    st.lists(management, max_size=2),
    st.one_of(st.none(), datetimes()),
)


@given(st.lists(ranks, min_size=1), st.randoms(use_true_random=False))
def test_the_greatest_rank_does_not_depend_on_the_order(some: list[t.Any], chance: t.Any) -> None:
    best = max(some)
    chance.shuffle(some)
    assert max(some) == best
    assert best.is_used or not any(each.is_used for each in some)
    peers = [each for each in some if each.is_used == best.is_used]
    assert best.is_working or not any(each.is_working for each in peers)
    peers = [each for each in peers if each.is_working == best.is_working]
    assert best.is_managed or not any(each.is_managed for each in peers)
    assert best.created == max(each.created for each in peers if each.is_managed == best.is_managed)


@given(st.lists(management, max_size=2), datetimes(), unknown_words)
def test_an_unknown_word_never_makes_a_record_work_or_managed(
    words: list[t.Any], created: datetime, word: str
) -> None:
    rank = rank_record("guo1", word, [word for _each in words], created)
    assert not rank.is_working and not rank.is_managed
    assert rank.is_used is bool(words)
