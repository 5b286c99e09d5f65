# shellcheck shell=sh
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Kandji gets it with #!/bin/zsh before it (tasks/certificates.yml): that line is none that collections may hold.
#
# Looks at the identities of one certificate authority on this Mac and prints one line of JSON, which Kandji carries back as the log of the item.
# Nothing is changed, no private key is touched, and nothing of it is secret. It uses what macOS brings: security, openssl, profiles, defaults, awk.
#
# It keeps to what sh and zsh share, so that shellcheck can read it. No variable is named as one of Kandji's ($SERIAL_NUMBER and the like): those are
# replaced before the script runs.

if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi

# A part of the issuer's common name, as base64, so that no text whatever can end the quotes. By default: Organization Intermediate Authority
issuer_base64='T3JnYW5pemF0aW9uIEludGVybWVkaWF0ZSBBdXRob3JpdHk='
system_keychain='/Library/Keychains/System.keychain'
users_folder='/Users'
okta_verify='/Applications/Okta Verify.app'

export PATH="${PATH:-}:/usr/bin:/bin:/usr/sbin:/sbin" LC_ALL=C
umask 077

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# awk reads it from here, since it would see escapes in what it is given by -v. openssl writes a backslash in a name twice.
certificate_issuer=$(printf '%s' "$issuer_base64" | openssl base64 -d -A) || exit 1
certificate_issuer=$(printf '%s' "$certificate_issuer" | sed 's/\\/\\\\/g') || exit 1
export certificate_issuer

# The authority key identifier of the certificate in file $1, in hexadecimal digits; nothing if it has none. macOS has no openssl that prints it alone.
authority_key_id() {
  openssl x509 -in "$1" -noout -text 2>/dev/null |
    awk '/X509v3 Authority Key Identifier/ { getline; sub(/^ *(keyid:)?/, ""); gsub(/[: ]/, ""); if ($0 ~ /^[0-9A-Fa-f]+$/) print toupper($0); exit }'
}

# The line of one certificate: end, SHA-256, keychain, common name, issuer, authority key identifier, with tabs between.
# openssl escapes control characters and all but ASCII as \XX.
describe() {
  awk -v keychain="$1" -v authority="$2" '
    /^subject=/ { part = "subject" }
    /^issuer=/ { part = "issuer" }
    /^ +commonName *= / { value = $0; sub(/^ +commonName *= /, "", value); if (!(part in name)) name[part] = value }
    /^notAfter=/ {
      sub(/^notAfter=/, ""); split($0, date, " ")
      month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", date[1]) + 2) / 3
      end = sprintf("%04d-%02d-%02dT%sZ", date[4], month, date[2], date[3])
    }
    /Fingerprint=/ { sub(/.*=/, ""); gsub(/:/, ""); sha256 = tolower($0) }
    END { if (end && sha256) printf "%s\t%s\t%s\t%s\t%s\t%s\n", end, sha256, keychain, name["subject"], name["issuer"], authority }
  '
}

# Adds the line of the certificate in file $1, of keychain $2, where it has a private key and is of the issuer.
read_certificate() {
  sha1=$(openssl x509 -in "$1" -noout -fingerprint -sha1 2>/dev/null | sed 's/.*=//; s/://g')
  if [ -z "$sha1" ] || ! grep -q -i -x "$sha1" "$folder/identities"; then return 0; fi
  openssl x509 -in "$1" -noout -issuer -nameopt multiline,utf8,-esc_msb 2>/dev/null |
    awk '/^ +commonName *= / { sub(/^ +commonName *= /, ""); if (index($0, ENVIRON["certificate_issuer"])) found = 1 } END { exit !found }' || return 0
  openssl x509 -in "$1" -noout -subject -issuer -enddate -fingerprint -sha256 -nameopt multiline,utf8 2>/dev/null |
    describe "$2" "$(authority_key_id "$1")" >> "$folder/found"
}

# Certificates of the file $2, a keychain of kind $1. Expired and untrusted identities count: this Mac need not know the authority.
read_keychain() {
  security find-identity -p ssl-client "$2" 2>/dev/null | awk 'length($2) == 40 && $2 ~ /^[0-9A-Fa-f]+$/ { print $2 }' > "$folder/identities"
  if [ ! -s "$folder/identities" ]; then return 0; fi
  rm -rf "$folder/certificates"
  mkdir "$folder/certificates"
  security find-certificate -a -p "$2" 2>/dev/null |
    awk -v folder="$folder/certificates" '
      /-----BEGIN CERTIFICATE-----/ { number++; file = folder "/" number }
      file { print > file }
      /-----END CERTIFICATE-----/ { if (file) close(file); file = "" }
    '
  number=1
  while [ -f "$folder/certificates/$number" ]; do
    read_certificate "$folder/certificates/$number" "$1"
    number=$((number + 1))
  done
}

: > "$folder/found"
read_keychain system "$system_keychain"
find "$users_folder" -maxdepth 4 -path '*/Library/Keychains/login.keychain-db' > "$folder/keychains" 2>/dev/null
while IFS= read -r keychain; do
  read_keychain user "$keychain" < /dev/null
done < "$folder/keychains"

version=$(defaults read "$okta_verify/Contents/Info" CFBundleShortVersionString 2>/dev/null)
scep_profiles='null'
if profiles show -type configuration -output stdout-xml > "$folder/profiles" 2>/dev/null; then
  scep_profiles=$(grep -c '<string>com.apple.security.scep</string>' "$folder/profiles")
fi

# The one that ends last comes first, so that what does not fit into about 900 characters is the older ones; left_out says how many.
export version scep_profiles
sort -r "$folder/found" | awk -F '\t' '
  function text(value,    out, place, sign) {
    if (length(value) > 120) value = substr(value, 1, 120) "..."
    out = ""
    for (place = 1; place <= length(value); place++) {
      sign = substr(value, place, 1)
      if (sign == "\\" || sign == "\"") out = out "\\" sign
      else if (sign ~ /[ -~]/) out = out sign
    }
    return "\"" out "\""
  }
  $2 in seen { next }
  {
    seen[$2] = 1
    count++
    authority = $6 ? ",\"aki\":" text($6) : ""
    one = "{\"cn\":" text($4) ",\"issuer\":" text($5) authority ",\"not_after\":" text($1) ",\"sha256\":" text($2) ",\"in\":" text($3) "}"
    if (left_out || length(all) + length(one) > 780) left_out++
    else all = all (all ? "," : "") one
  }
  END {
    verify = ENVIRON["version"] ~ /^[0-9A-Za-z.+-]+$/ ? text(ENVIRON["version"]) : "null"
    printf "{\"device_trust_certificates\":1,\"okta_verify\":%s,\"scep_profiles\":%s,\"count\":%d,\"left_out\":%d,\"identities\":[%s]}\n",
      verify, ENVIRON["scep_profiles"], count, left_out, all
  }
'
