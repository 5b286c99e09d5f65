# shellcheck shell=sh
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Kandji gets it with #!/bin/zsh before it (tasks/certificates.yml): that line is none that collections may hold.
#
# Looks at the identities of one certificate authority on this Mac and prints one line of JSON, which Kandji carries back as the log of the item.
# Nothing of it is secret. It changes nothing, unless removal is set for the blueprint of this Mac. It uses what macOS brings: security, openssl, profiles,
# defaults, awk.
#
# It keeps to what sh and zsh share, so that shellcheck can read it. No variable is named as one of Kandji's ($SERIAL_NUMBER and the like): those are
# replaced before the script runs, as the two of the blueprint below.

if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi

# A part of the issuer's common name, as base64, so that no text whatever can end the quotes. By default: Organization Intermediate Authority
issuer_base64='T3JnYW5pemF0aW9uIEludGVybWVkaWF0ZSBBdXRob3JpdHk='
# Names and ids of the blueprints on whose Macs superseded certificates are removed, one a line, as base64; and the authority key identifiers of these
# certificates, with blanks between. By default nothing is removed.
removal_base64=''
removal_key_ids=''
system_keychain='/Library/Keychains/System.keychain'
users_folder='/Users'
okta_verify='/Applications/Okta Verify.app'

export PATH="${PATH:-}:/usr/bin:/bin:/usr/sbin:/sbin" LC_ALL=C
umask 077

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# Kandji puts the blueprint of this Mac here. If it does not, no blueprint has such a name, and nothing is removed.
cat > "$folder/blueprint" <<'END'
$BLUEPRINT_ID
$BLUEPRINT_NAME
END
printf '%s' "$removal_base64" | openssl base64 -d -A 2>/dev/null | sed '/^$/d' > "$folder/removal"
removes=''
if [ -n "$removal_key_ids" ] && [ -s "$folder/removal" ] && sed '/^$/d' "$folder/blueprint" | grep -q -x -F -f "$folder/removal"; then removes=yes; fi
removed=0
not_removed=0
tab=$(printf '\t')

# awk reads it from here, since it would see escapes in what it is given by -v. openssl writes a backslash in a name twice.
certificate_issuer=$(printf '%s' "$issuer_base64" | openssl base64 -d -A) || exit 1
certificate_issuer=$(printf '%s' "$certificate_issuer" | sed 's/\\/\\\\/g') || exit 1
export certificate_issuer

# The authority key identifier of the certificate in file $1, in hexadecimal digits; nothing if it has none. macOS has no openssl that prints it alone.
authority_key_id() {
  openssl x509 -in "$1" -noout -text 2>/dev/null |
    awk '/X509v3 Authority Key Identifier/ { getline; sub(/^ *(keyid:)?/, ""); gsub(/[: ]/, ""); if ($0 ~ /^[0-9A-Fa-f]+$/) print toupper($0); exit }'
}

# The line of one certificate, with tabs between: end, SHA-256, keychain, common name, issuer, authority key identifier, start, SHA-1, digest of the key.
# openssl escapes control characters and all but ASCII as \XX.
describe() {
  awk -v keychain="$1" -v authority="$2" -v sha1="$3" -v key="$4" '
    function iso(text,    date, month) {
      split(text, date, " ")
      month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", date[1]) + 2) / 3
      return sprintf("%04d-%02d-%02dT%sZ", date[4], month, date[2], date[3])
    }
    /^subject=/ { part = "subject" }
    /^issuer=/ { part = "issuer" }
    /^ +commonName *= / { value = $0; sub(/^ +commonName *= /, "", value); if (!(part in name)) name[part] = value }
    /^notBefore=/ { sub(/^notBefore=/, ""); start = iso($0) }
    /^notAfter=/ { sub(/^notAfter=/, ""); end = iso($0) }
    /Fingerprint=/ { sub(/.*=/, ""); gsub(/:/, ""); sha256 = tolower($0) }
    END {
      if (end && sha256) printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", end, sha256, keychain, name["subject"], name["issuer"], authority, start, sha1, key
    }
  '
}

# Adds the line of the certificate in file $1, of keychain $2, where it has a private key and is of the issuer.
read_certificate() {
  sha1=$(openssl x509 -in "$1" -noout -fingerprint -sha1 2>/dev/null | sed 's/.*=//; s/://g')
  if [ -z "$sha1" ] || ! grep -q -i -x "$sha1" "$folder/identities"; then return 0; fi
  openssl x509 -in "$1" -noout -issuer -nameopt multiline,utf8,-esc_msb 2>/dev/null |
    awk '/^ +commonName *= / { sub(/^ +commonName *= /, ""); if (index($0, ENVIRON["certificate_issuer"])) found = 1 } END { exit !found }' || return 0
  key=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null | openssl dgst -sha256 2>/dev/null | sed 's/.*= *//')
  openssl x509 -in "$1" -noout -subject -issuer -startdate -enddate -fingerprint -sha256 -nameopt multiline,utf8 2>/dev/null |
    describe "$2" "$(authority_key_id "$1")" "$sha1" "$key" >> "$folder/here"
}

# Removes from the keychain $1 what its newest valid certificate has superseded: the certificates that a key of the authority signed, and that were issued
# before it. So the last one stays, and so do all while none is valid. A private key that another certificate needs stays, too.
remove_superseded() {
  awk -F '\t' -v now="$(date -u +%Y-%m-%dT%H:%M:%SZ)" -v keys=" $removal_key_ids " '
    { line[NR] = $0; own = $6 != "" && index(keys, " " $6 " ") }
    own && $7 <= now && now < $1 && $7 > newest { newest = $7 }
    END {
      for (place = 1; place <= NR; place++) {
        split(line[place], field, "\t")
        own = field[6] != "" && index(keys, " " field[6] " ")
        if (newest && own && field[7] < newest) old[place] = field[9]
        else needed[field[9]] = 1
      }
      for (place = 1; place <= NR; place++) if (place in old) {
        split(line[place], field, "\t")
        printf "%s\t%s\t%s\t%s\n", field[8], field[2], old[place] in needed ? "delete-certificate" : "delete-identity", field[7]
      }
    }
  ' "$folder/here" > "$folder/superseded"
  while IFS="$tab" read -r sha1 sha256 verb start; do
    security "$verb" -Z "$sha1" "$1" > /dev/null 2>&1 < /dev/null
    if security find-certificate -a -Z "$1" 2>/dev/null < /dev/null | grep -q -i "$sha1"; then
      not_removed=$((not_removed + 1))
      echo "Not removed: $sha256, issued at $start" >> "$folder/report"
    else
      removed=$((removed + 1))
      echo "Removed: $sha256, issued at $start" >> "$folder/report"
      awk -F '\t' -v sha256="$sha256" '$2 != sha256' "$folder/here" > "$folder/rest" && mv "$folder/rest" "$folder/here"
    fi
  done < "$folder/superseded"
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
  : > "$folder/here"
  number=1
  while [ -f "$folder/certificates/$number" ]; do
    read_certificate "$folder/certificates/$number" "$1"
    number=$((number + 1))
  done
  if [ -n "$removes" ]; then remove_superseded "$2"; fi
  cat "$folder/here" >> "$folder/found"
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
export version scep_profiles removes removed not_removed
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
    if (left_out || length(all) + length(one) > (ENVIRON["removes"] ? 740 : 780)) left_out++
    else all = all (all ? "," : "") one
  }
  END {
    verify = ENVIRON["version"] ~ /^[0-9A-Za-z.+-]+$/ ? text(ENVIRON["version"]) : "null"
    removal = ENVIRON["removes"] ? sprintf("\"removed\":%d,\"not_removed\":%d,", ENVIRON["removed"], ENVIRON["not_removed"]) : ""
    printf "{\"device_trust_certificates\":1,\"okta_verify\":%s,\"scep_profiles\":%s,\"count\":%d,\"left_out\":%d,%s\"identities\":[%s]}\n",
      verify, ENVIRON["scep_profiles"], count, left_out, removal, all
  }
'
if [ -s "$folder/report" ]; then cat "$folder/report"; fi
