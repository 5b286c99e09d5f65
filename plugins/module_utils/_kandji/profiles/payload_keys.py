# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Apple's descriptions say of the keys of payloads: which are secret, which are references.

Source of every key: github.com/apple/device-management, mdm/profiles, Release_iOS-18-1_macOS-15-1.
A key that is not listed here is judged by its name (secrets) and by its value (references).
"""

from __future__ import annotations

from ..constants import ACME_PAYLOAD, SCEP_PAYLOAD

# 802.1X over Ethernet has the keys of Wi-Fi: "Keys relevant to 802.1X configuration".
_NETWORK = ("Password", "UserPassword", "ProxyPassword")
_ETHERNET = tuple(
    f"com.apple.{place}ethernet.managed"
    for place in (
        *("global", "first", "second", "third"),
        *("firstactive", "secondactive", "thirdactive"),
    )
)
_VPN = (
    *("Password", "AuthPassword", "XAuthPassword", "HTTPProxyPassword"),
    *("SharedSecret", "PPK"),
)

# By type of payload, the keys that Apple describes as passwords, shared secrets and tokens.
SECRET_KEYS: dict[str, tuple[str, ...]] = {
    SCEP_PAYLOAD: ("Challenge",),
    # A one-time value for many authorities ("anti-replay code").
    ACME_PAYLOAD: ("ClientIdentifier",),
    "com.apple.security.pkcs12": ("Password",),
    "com.apple.DirectoryService.managed": ("Password",),
    "com.apple.MCX.FileVault2": ("Password",),
    "com.apple.profileRemovalPassword": ("RemovalPassword",),
    "com.apple.configurationprofile.identification": ("Password",),
    "com.apple.loginwindow": ("AutologinPassword",),
    "com.apple.extensiblesso": ("RegistrationToken",),
    # Networks
    "com.apple.wifi.managed": _NETWORK,
    **{kind: _NETWORK for kind in _ETHERNET},
    "com.apple.vpn.managed": _VPN,
    # It adds keys to those of com.apple.vpn.managed.
    "com.apple.vpn.managed.applayer": _VPN,
    "com.apple.relay.managed": ("AdditionalHTTPHeaderFields",),
    "com.apple.proxy.http.global": ("ProxyPassword",),
    "com.apple.webcontent-filter": ("Password",),
    "com.apple.cellular": ("Password",),
    "com.apple.apn.managed": ("password",),
    "com.apple.airplay": ("Password",),
    "com.apple.airplay.security": ("Password",),
    "com.apple.xsan": ("sharedSecret",),
    # Accounts
    "com.apple.mail.managed": ("IncomingPassword", "OutgoingPassword"),
    # HeaderMagic identifies the configuration to the server in each request.
    "com.apple.eas.account": ("Password", "CertificatePassword", "HeaderMagic"),
    "com.apple.ews.account": ("Password",),
    "com.apple.ldap.account": ("LDAPAccountPassword",),
    "com.apple.caldav.account": ("CalDAVPassword",),
    "com.apple.carddav.account": ("CardDAVPassword",),
    "com.apple.subscribedcalendar.account": ("SubCalAccountPassword",),
    "com.apple.osxserver.account": ("Password",),
    "com.apple.jabber.account": ("JabberPassword",),
    "com.apple.AIM.account": ("AIMPassword",),
}
# By type of payload, the keys whose names look like a secret's, and which hold none.
ORDINARY_KEYS: dict[str, tuple[str, ...]] = {
    "com.apple.airplay": ("Passwords",),
    "com.apple.domains": ("SafariPasswordAutoFillDomains",),
    "com.apple.eas.account": ("OAuthTokenRequestURL",),
    "com.apple.extensiblesso": (
        *("TokenToUserMapping", "AuthorizationGroups", "credentialBundleIdACL"),
        *("pwChangeURL", "pwExpireOverride", "pwReqText", "pwReqRTFData"),
    ),
    "com.apple.mobiledevice.passwordpolicy": ("passwordContentRegex", "passwordContentDescription"),
    "com.apple.screensaver": ("askForPasswordDelay",),
    # A text for people who forgot their password.
    "com.apple.security.FDERecoveryKeyEscrow": ("DeviceKey",),
    "com.apple.security.smartcard": ("tokenRemovalAction",),
    # Allow, Deny or AllowStandardUserToSetSystemService
    "com.apple.TCC.configuration-profile-policy": ("Authorization",),
    "com.apple.vpn.managed": ("XAuthPasswordEncryption", "TokenCard"),
    "com.apple.vpn.managed.applayer": ("XAuthPasswordEncryption", "TokenCard"),
    "com.apple.wifi.managed": ("SystemModeCredentialsSource",),
    **{kind: ("SystemModeCredentialsSource",) for kind in _ETHERNET},
}
# In payloads of Apple's types, the keys that hold the PayloadUUID of a certificate payload, or a
# list of them. VPNUUID, ContentFilterUUID, DNSProxyUUID and RelayUUID name a configuration that
# apps outside the profile refer to. They are content, not references.
REFERENCE_KEYS = frozenset(
    {
        *("PayloadCertificateUUID", "PayloadCertificateAnchorUUID"),
        *("AuthenticationCertificateUUID", "EncryptCertPayloadUUID", "IdentityCertificateUUID"),
        *("SMIMESigningCertificateUUID", "SMIMEEncryptionCertificateUUID"),
        *("ResourcePayloadCertificateUUID", "LeaderPayloadCertificateAnchorUUID"),
        *("MemberPayloadCertificateAnchorUUID", "DeviceCertificateUUID"),
        *("ControllerCertificateUUID", "DeviceCACertificateUUIDs", "ControllerCACertificateUUIDs"),
        *("ServerURLPinningCertificateUUIDs", "CheckInURLPinningCertificateUUIDs"),
    }
)
