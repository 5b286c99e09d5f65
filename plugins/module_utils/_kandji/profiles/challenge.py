# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The challenge (secret key) of an Okta SCEP URL: whether it arrives on a Mac unchanged. Pure."""

from __future__ import annotations

import re

from ..._core.errors import BadOption
from ..._core.text import has_control_character
from .mobileconfig import VARIABLES


def check_challenge(challenge: str, option: str = "challenge") -> None:
    """Raise BadOption for a challenge that would not arrive on the Mac unchanged.

    The text never holds it. Text and result name the option.
    """
    problem = _find_problem(challenge)
    if problem:
        raise BadOption(f"{option}: {problem}", option=option)


def _find_problem(challenge: str) -> str:
    """Return what is wrong with a challenge and the remedy, or ""."""
    if not challenge.strip():
        return "it is empty. Set the secret key that Okta showed next to the SCEP URL."
    if has_control_character(challenge):
        return "it holds a control character, perhaps a line break. Set the secret key alone."
    if challenge != challenge.strip():
        return "it begins or ends with a space. Set the secret key alone."
    if len(challenge) > 1 and challenge[0] in "'\"" and challenge[0] == challenge[-1]:
        return "it is in quotes. Set the secret key alone, without them."
    if any(
        challenge[match.start() + 1 :].startswith(VARIABLES)
        for match in re.finditer(r"\$", challenge)
    ):
        return (
            "it holds text that Kandji would replace as a variable. Reset the secret key in Okta to"
            " get another."
        )
    return ""
