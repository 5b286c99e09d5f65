# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP configurations of an org: the platforms of its console, as the authorities hold them.

Take the world's lock around every call.
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from lab.okta.authorities.certificate_authority import Authority, Generation

STATIC, DYNAMIC, DELEGATED = "STATIC", "DYNAMIC", "DELEGATED"
CHALLENGE_TYPES = (STATIC, DYNAMIC, DELEGATED)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class NoConfiguration(Exception):
    """What the caller asked cannot be done with the configurations; the text is one sentence."""


@dataclass
class ScepConfiguration:
    """A platform: a SCEP URL, a challenge, and the certificate that it issues with.

    ``key_id`` is that of its own certificate, which a migration replaces.
    """

    id: str
    name: str
    authority: Authority
    generation: Generation
    challenge: str = field(repr=False)
    created: datetime
    updated: datetime
    key_id: str
    challenge_type: str = STATIC

    @property
    def path(self) -> str:
        """The path of its SCEP URL, which no renewal changes."""
        return f"/pki/{self.authority.instance_id}/scep/{self.id}"


class ScepConfigurations:
    """The configurations of one org, newest first, and what an administrator does with them."""

    def __init__(
        self, authorities: t.Sequence[Authority], now: t.Callable[[], datetime], seed: int
    ) -> None:
        self.authorities = list(authorities)
        self._now = now
        # Drawn apart: the ids of everything else stay what they are.
        self._chance = random.Random(f"okta platforms {seed}")
        self.all: list[ScepConfiguration] = []

    def new(
        self,
        authority: Authority,
        name: str = "",
        *,
        id: str = "",
        challenge: str = "",
        challenge_type: str = STATIC,
    ) -> ScepConfiguration:
        """Return a configuration that is not added yet; Okta's name of it has a number."""
        number = len(self.all) + 1
        numbered = f"Endpoint management {number}" if self.all else "Endpoint management"
        return ScepConfiguration(
            id or "rac" + self._draw(17),
            name or numbered,
            authority,
            authority.current,
            challenge or self._draw(43),
            self._now(),
            self._now(),
            self._new_key_id(),
            challenge_type,
        )

    def add(self, configuration: ScepConfiguration) -> None:
        """Add a configuration, as Add platform does."""
        configuration.created = configuration.updated = self._now()
        self.all.insert(0, configuration)

    def remove(self, configuration_id: str) -> ScepConfiguration:
        """Delete a configuration. Raises NoConfiguration."""
        configuration = self.require(configuration_id)
        self.all.remove(configuration)
        return configuration

    def require(self, configuration_id: str) -> ScepConfiguration:
        """Return the configuration with an id. Raises NoConfiguration."""
        for configuration in self.all:
            if configuration.id == configuration_id:
                return configuration
        raise NoConfiguration(f"No platform has the id {configuration_id!r}.")

    def find(self, instance_id: str, configuration_id: str) -> ScepConfiguration | None:
        """Return the configuration that a SCEP URL names, or None."""
        return next(
            (
                each
                for each in self.all
                if each.id == configuration_id and each.authority.instance_id == instance_id
            ),
            None,
        )

    def of(self, authority: Authority) -> list[ScepConfiguration]:
        """Return the configurations of an authority, those of its newest generation first."""
        order = [generation.key_id for generation in reversed(authority.generations)]
        own = [each for each in self.all if each.authority is authority]
        return sorted(own, key=lambda each: order.index(each.generation.key_id))

    def migrate(self, configuration_id: str) -> ScepConfiguration:
        """Bind a configuration to the newest generation: id and URL stay. Raises NoConfiguration.

        Its next certificates are signed by that generation. It cannot be moved back.
        """
        configuration = self.require(configuration_id)
        newest = configuration.authority.generations[-1]
        if configuration.generation is newest:
            raise NoConfiguration(f"The platform {configuration_id} is on {newest.key_id} already.")
        configuration.generation, configuration.key_id = newest, self._new_key_id()
        configuration.updated = self._now()
        return configuration

    def _draw(self, length: int) -> str:
        return "".join(self._chance.choices(_LETTERS, k=length))

    def _new_key_id(self) -> str:
        return f"{self._chance.getrandbits(160):040X}"
