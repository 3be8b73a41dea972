//! What sets a client up with a new app password: a link, and an Apple configuration profile.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::accounts::{Credential, Scope};
use crate::api::call::Call;
use crate::api::plist::{Dictionary, document};
use crate::exchange::Response;
use crate::types::Principal;

/// The media type of an Apple configuration profile.
pub const PROFILE: &str = "application/x-apple-aspen-config";

/// The server as clients know it.
pub struct Server {
    secure: bool,
    host: String,
    port: Option<u16>,
    /// Empty, or with a slash at its beginning only.
    base: String,
}

impl Server {
    /// The server that a request was sent to; none where the request does not say one that has a place in a link.
    pub fn of(call: &Call) -> Option<Server> {
        let (host, port) = split(call.authority())?;
        Some(Server { secure: call.scheme() == "https", host: host.to_owned(), port, base: call.base().to_owned() })
    }

    /// The link that opens DAVx⁵ with the account filled in (its manual, "Launching login by Intent"): `davx5` stands
    /// for `https`, `caldav` for `http`.
    pub fn link(&self, owner: &Principal, secret: &str) -> String {
        let scheme = if self.secure { "davx5" } else { "caldav" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}:{secret}@{}{port}{}/", encode(&owner.name), self.host, self.base)
    }

    /// The profile that sets up the calendars and contacts which the app password is for.
    pub fn profile(&self, owner: &Principal, credential: &Credential, secret: &str) -> Response {
        let mut payloads = Vec::new();
        if credential.scope.contains(Scope::CALENDARS) {
            payloads.push(self.account("CalDAV", owner, secret));
        }
        if credential.scope.contains(Scope::CONTACTS) {
            payloads.push(self.account("CardDAV", owner, secret));
        }
        let profile = self
            .payload("Configuration", owner, "Configuration")
            .text("PayloadDisplayName", &format!("{} ({})", owner.display_name, self.host))
            .text("PayloadOrganization", &self.host)
            .text("PayloadDescription", "Calendars and contacts")
            .list("PayloadContent", payloads);
        let headers = [
            ("content-type", PROFILE),
            ("content-disposition", "attachment; filename=\"kalends.mobileconfig\""),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Response { status: 201, headers, body: document(profile).into() }
    }

    /// One account, `com.apple.caldav.account` or `com.apple.carddav.account`; the members of both differ in a prefix.
    fn account(&self, kind: &str, owner: &Principal, secret: &str) -> Dictionary {
        let payload_type = format!("com.apple.{}.account", kind.to_ascii_lowercase());
        let port = self.port.unwrap_or(if self.secure { 443 } else { 80 });
        let principal = format!("{}/dav/principals/{}/", self.base, encode(&owner.name));
        self.payload(&payload_type, owner, kind)
            .text("PayloadDisplayName", kind)
            .text(&format!("{kind}AccountDescription"), &self.host)
            .text(&format!("{kind}HostName"), self.host.trim_matches(['[', ']']))
            .number(&format!("{kind}Port"), port)
            .flag(&format!("{kind}UseSSL"), self.secure)
            .text(&format!("{kind}PrincipalURL"), &principal)
            .text(&format!("{kind}Username"), &owner.name)
            .text(&format!("{kind}Password"), secret)
    }

    /// What every payload has. The identifiers are the same for the same account on the same server, so that a device
    /// puts a newer profile in place of an older one.
    fn payload(&self, payload_type: &str, owner: &Principal, part: &str) -> Dictionary {
        let subject = format!("{}\0{}\0{}\0{part}", self.host, self.base, owner.name);
        let digest: [u8; 32] = Sha256::digest(subject).into();
        let uuid = uuid(&digest);
        Dictionary::new()
            .text("PayloadType", payload_type)
            .number("PayloadVersion", 1)
            .text("PayloadIdentifier", &format!("kalends.{}", uuid.to_ascii_lowercase()))
            .text("PayloadUUID", &uuid)
    }
}

/// A UUID of 122 bits of a digest (RFC 9562 §5.8).
fn uuid(digest: &[u8; 32]) -> String {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *digest;
    let (g, i) = (g & 0x0f | 0x80, i & 0x3f | 0x80);
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    format!("{}-{}-{}-{}-{}", hex(&[a, b, c, d]), hex(&[e, f]), hex(&[g, h]), hex(&[i, j]), hex(&[k, l, m, n, o, p]))
}

/// Host and port of an authority. None where it has anything in it that no host name has: it comes from the request.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    let name = |host: &str| host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet));
    let address = |host: &str| host.bytes().all(|octet| octet.is_ascii_hexdigit() || b":.".contains(&octet));
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inside) => address(inside),
        None => name(host),
    };
    (is_host && !host.is_empty() && host.len() <= 255).then_some((host, port))
}

fn encode(name: &str) -> String {
    const UNRESERVED: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(name, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        for (authority, expected) in [
            ("dav.example.com", Some(("dav.example.com", None))),
            ("dav.example.com:8443", Some(("dav.example.com", Some(8443)))),
            ("[2001:db8::1]:80", Some(("[2001:db8::1]", Some(80)))),
            ("[2001:db8::1]", Some(("[2001:db8::1]", None))),
        ] {
            assert_eq!(split(authority), expected, "{authority}");
        }
        for wrong in
            ["", ":80", "a:b", "a:99999", "evil@dav.example.com", "a/b", "a b", "a\r\nx", "a\"b", "<a>", "[a/b]"]
        {
            assert_eq!(split(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        assert_eq!(uuid(&[0xff; 32]), "FFFFFFFF-FFFF-8FFF-BFFF-FFFFFFFFFFFF");
        assert_eq!(uuid(&[0; 32]), "00000000-0000-8000-8000-000000000000");
    }
}
