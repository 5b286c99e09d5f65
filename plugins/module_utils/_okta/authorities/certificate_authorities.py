# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's certificate authorities, read where the org and the credentials allow it.

The API is Early Access: what it answers without the feature is not documented. Reading is an
enrichment, so an org without it is a value here and never an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..._core.errors import ApiError, Forbidden, Unreachable, Unreadable
from ..authentication.auth import FEATURE_MISSING, TOKEN
from ..client import LIST_AUTHORITIES, LIST_LOG_EVENTS, LIST_REGISTRATION_AUTHORITIES, Okta
from .records import ATTESTATION, DEVICE_ACCESS, CertificateAuthority, RegistrationAuthority

USES = (LIST_AUTHORITIES, LIST_REGISTRATION_AUTHORITIES, LIST_LOG_EVENTS)
SCOPE = "okta.certificateAuthorities.read"
NO_ID = "Okta's answer has a certificate authority without its id (authorityInstanceId)"
NO_PLATFORM_ID = "Okta's answer has a platform of a certificate authority without its id"


@dataclass(frozen=True)
class Authorities:
    """The certificate authorities of an org.

    :arg all: the intermediate authorities of both families.
    :arg platforms: the SCEP configurations of those that attest management.
    :arg unavailable: why nothing was read, without a full stop, "" if everything was.
    :arg is_passing: whether a later run may read it, as after a failure of Okta or of the network.
    """

    all: tuple[CertificateAuthority, ...] = ()
    platforms: tuple[RegistrationAuthority, ...] = ()
    unavailable: str = ""
    is_passing: bool = False

    @property
    def is_read(self) -> bool:
        """Whether everything was read. Only then does an absence say anything."""
        return not self.unavailable

    @property
    def attesting(self) -> list[CertificateAuthority]:
        """The authorities whose certificates attest management."""
        return [authority for authority in self.all if authority.family == ATTESTATION]

    @property
    def unknown_families(self) -> list[str]:
        """The families of which nobody knows whether their certificates attest management."""
        families = {authority.family or "unknown" for authority in self.all}
        return sorted(families - {ATTESTATION, DEVICE_ACCESS})

    def authority_of(self, platform: RegistrationAuthority) -> CertificateAuthority | None:
        """Return the authority of a platform, or None."""
        return next((each for each in self.all if each.id == platform.authority_id), None)

    @property
    def key_expiries(self) -> dict[str, datetime | None]:
        """When each key of the authorities expires, None if Okta does not show that.

        They are the key identifiers by which certificates that attest management name their issuer.
        Those of certificates that were superseded and are still valid are among them. There are
        none if one may be missing: an incomplete list proves nothing against a certificate.
        """
        if self.unknown_families or not all(authority.shows_keys for authority in self.attesting):
            return {}
        return {
            certificate.key_id: certificate.expires
            for authority in self.attesting
            for certificate in authority.certificates
        }


def read_authorities(okta: Okta) -> Authorities:
    """Return the certificate authorities of an org, or why they cannot be read.

    Raises Unauthorized if Okta does not accept the credentials, as listLogEvents shows after a 401.
    Whether an API token may call this API is not documented.
    """
    return _read(okta, lambda authority: okta.registration_authorities(authority.id))


def read_without_platforms(okta: Okta) -> Authorities:
    """Return the same as ``read_authorities``, without the platforms."""
    return _read(okta, lambda _authority: ())


def read_key_expiries(okta: Okta) -> Mapping[str, datetime | None]:
    """Return ``Authorities.key_expiries``, none if the authorities cannot be read.

    Raises Unauthorized as ``read_authorities`` does.
    """
    return read_without_platforms(okta).key_expiries


def _read(
    okta: Okta,
    read_platforms: Callable[[CertificateAuthority], Iterable[RegistrationAuthority]],
) -> Authorities:
    try:
        authorities = tuple(okta.certificate_authorities())
        if not all(authority.id for authority in authorities):
            return Authorities(unavailable=NO_ID)
        platforms = tuple(
            platform
            for authority in authorities
            if authority.family == ATTESTATION
            for platform in read_platforms(authority)
        )
        if not all(platform.id for platform in platforms):
            return Authorities(unavailable=NO_PLATFORM_ID)
    except ApiError as error:
        _check_sign_in(okta, error)
        is_passing = error.status == 429 or error.status >= 500 or _is_of_platforms(error)
        return Authorities(unavailable=_reason(error), is_passing=is_passing)
    except (Unreachable, Unreadable) as error:
        is_passing = isinstance(error, Unreachable)
        return Authorities(unavailable=error.message.rstrip("."), is_passing=is_passing)
    return Authorities(authorities, platforms)


def _is_of_platforms(error: ApiError) -> bool:
    """Return whether an authority that was listed is not there any more."""
    of_platforms = error.details.get("operation") == LIST_REGISTRATION_AUTHORITIES.name
    return of_platforms and error.status == 404 and error.error_code != FEATURE_MISSING


def _check_sign_in(okta: Okta, error: ApiError) -> None:
    """Raise the error, or Unauthorized, if Okta refuses the credentials themselves."""
    if error.details.get("operation") == TOKEN.name:
        if error.status in (400, 401, 403) and error.error_code != "invalid_scope":
            raise error
    elif error.status == 401 and error.error_code != FEATURE_MISSING:
        with contextlib.suppress(Forbidden):  # of credentials that are accepted
            okta.log_page({"limit": 1})


def _reason(error: ApiError) -> str:
    """Return why an answer shows that the authorities cannot be read."""
    code = f"{error.status} {error.error_code}".strip()
    if _is_of_platforms(error):
        return f"Okta does not show the platforms of an authority that it listed ({code})"
    if error.error_code == FEATURE_MISSING or error.status in (404, 405):
        return f"the org does not have the Certificate Authorities API ({code})"
    if error.status in (401, 403) or error.error_code == "invalid_scope":
        return f"the credentials may not read them ({code}); the scope is {SCOPE}"
    return error.message.rstrip(".")
