# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on_scep_challenge_reset.yml says of a secret key that Okta refuses, or that is not tested."""

from __future__ import annotations

import pytest

from tools.support.environment import CHECKOUT

PLAYBOOK = CHECKOUT / "playbooks/on_scep_challenge_reset.yml"
pytestmark = pytest.mark.lab(macs=1)


@pytest.mark.parametrize(
    ("is_reset", "says"),
    [
        (True, ["a test enrollment with the one at hand failed", "With the old key no Mac can"]),
        (False, ["the one at hand could not be tested", "Correct that."]),
    ],
)
def test_a_refused_secret_is_not_one_that_could_not_be_tested(watched, playbook, is_reset, says):
    if is_reset:
        watched.world.okta.platform.reset_secret()
    else:
        watched.forbid("listLogEvents")
    rings = [{"name": "Everybody", "blueprints": ["Engineering"], "test_macs": []}]
    done = playbook(watched.lab, PLAYBOOK, variables={"device_trust_rings": rings})
    output = " ".join(done.output.split())
    assert done.status != 0 and watched.writes() in ([], ["PKIOperation"])
    assert all(part in output for part in says), done.output
    others = "could not be tested" if is_reset else "With the old key no Mac can"
    assert others not in output, done.output
    assert "Nothing was written." in output
