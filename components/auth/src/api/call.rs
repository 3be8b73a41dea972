//! A request of the API, taken apart.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::accounts::Change;
use crate::api::problem::Problem;
use crate::exchange::Request;
use crate::store::{Belongings, Dossier, Inquiry};
use crate::surroundings::Surroundings;
use crate::types::PrincipalKind;

/// Octets of a body, at most.
const LARGEST_BODY: usize = 64 * 1024;
/// Octets of path and query, at most.
const LONGEST_PATH: usize = 4096;

/// A request with what it is answered from.
pub struct Call<'a> {
    /// Accounts, cache, settings.
    pub around: &'a dyn Surroundings,
    /// The request as it came.
    pub request: &'a Request,
    /// The method; HEAD as GET, since the edge leaves the body out.
    pub method: &'a str,
    /// What follows `/api/`, decoded.
    pub segments: Vec<String>,
    base: String,
}

impl<'a> Call<'a> {
    /// Takes a request apart.
    ///
    /// # Errors
    /// 400 for a path that cannot be read, 404 where it is not below `/api/`, 413 for a body that is too large.
    pub fn read(around: &'a dyn Surroundings, request: &'a Request) -> Result<Call<'a>, Problem> {
        if request.path.len() > LONGEST_PATH {
            return Err(Problem::new(414, "The path is too long."));
        }
        if request.body.len() > LARGEST_BODY {
            return Err(Problem::new(413, "The body is larger than 64 KiB."));
        }
        let base = base_path(around);
        let path = request.path.split(['?', '#']).next().unwrap_or_default();
        let below = path.strip_prefix("/api/").or_else(|| path.strip_prefix(&base)?.strip_prefix("/api/"));
        let below = below.ok_or_else(Problem::not_found)?;
        let segments = below.trim_end_matches('/').split('/').map(decode).collect::<Option<Vec<String>>>();
        let segments = segments.ok_or_else(|| Problem::new(400, "The path is not valid UTF-8."))?;
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        Ok(Call { around, request, method, segments, base })
    }

    /// The value of a parameter in the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.request.path.split_once('?')?.1;
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let value = pairs.into_iter().find(|(key, _)| *key == name)?.1;
        decode(&value.replace('+', " "))
    }

    /// The path of something in the API, for `Location`.
    pub fn path_of(&self, segments: &[&str]) -> String {
        const SEGMENT: &percent_encoding::AsciiSet =
            &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let below: Vec<String> =
            segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
        format!("{}/api/{}", self.base, below.join("/"))
    }

    /// An address of this server without its scheme: the host as the client sees it, and a path below the base.
    pub fn address(&self, path: &str) -> String {
        format!("{}{}{path}", self.authority(), self.base)
    }

    /// A header field's first value.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        header(self.request, name)
    }

    /// All values of a header field.
    fn headers(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
        let fields = self.request.headers.iter().filter(move |(field, _)| field == name);
        fields.filter_map(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// What the proxy in front says of the request, where the `trust_forwarded` setting says to believe it: the last
    /// value of the last field, since what stands before it may be the client's own.
    fn forwarded(&self, name: &str) -> Option<&'a str> {
        let fields = self.trusts_forwarded().then(|| self.headers(name).next_back()).flatten();
        fields.and_then(|values| values.rsplit(',').next()).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The cookies. HTTP/2 clients send them in several fields (RFC 9113 §8.2.3), which are one list.
    pub fn cookies(&self) -> Option<String> {
        let values: Vec<&str> = self.headers("cookie").collect();
        (!values.is_empty()).then(|| values.join("; "))
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 400 where it is no JSON, 422 where it is not what is expected here; both say where.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.request.body).map_err(|error| {
            let status = if error.is_data() { 422 } else { 400 };
            Problem::new(status, format!("The body is not the JSON that is expected here: {error}."))
        })
    }

    /// The peer's address: what the last proxy wrote, else the connection's.
    pub fn remote(&self) -> Option<&'a str> {
        self.forwarded("x-forwarded-for").or(self.request.remote.as_deref())
    }

    /// Whether a browser says that the request comes from another site.
    pub fn is_cross_site(&self) -> bool {
        if let Some(site) = self.header("sec-fetch-site") {
            return !matches!(site, "same-origin" | "none");
        }
        self.header("origin").is_some_and(|origin| !self.is_own(origin))
    }

    fn is_own(&self, origin: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let port = if scheme == "https" { ":443" } else { ":80" };
        let plain = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
        plain(authority) == plain(self.authority())
    }

    /// The scheme that the client used, `https` or `http`.
    pub fn scheme(&self) -> &'a str {
        self.forwarded("x-forwarded-proto").unwrap_or(&self.request.scheme)
    }

    /// The host and port that the client addressed.
    pub fn authority(&self) -> &'a str {
        self.forwarded("x-forwarded-host").unwrap_or(&self.request.authority)
    }

    /// What stands in front of `/api/` behind a proxy: empty, or with a slash at its beginning only.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn trusts_forwarded(&self) -> bool {
        self.around.setting("trust_forwarded").is_some_and(|value| value == "true")
    }

    /// Whether the method changes nothing (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "OPTIONS")
    }

    /// The account or group of that kind and name, with what else is asked of it, in one round trip.
    ///
    /// # Errors
    /// 404 where there is none.
    pub fn inquire(&self, kind: PrincipalKind, about: &Inquiry) -> Result<Dossier, Problem> {
        let found = self.around.inquire(about)?.filter(|found| found.principal.kind == kind);
        found.ok_or_else(Problem::not_found)
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// As `accounts.refusal` says.
    pub fn apply(&self, changes: &[Change]) -> Result<(), Problem> {
        Ok(self.around.apply(changes)?)
    }
}

/// A question about an account or a group alone.
pub fn about(name: &str) -> Inquiry {
    Inquiry { name: name.to_owned(), others: Vec::new(), at: None, told: Belongings::empty() }
}

/// A header field's first value; none where it is not there or not UTF-8.
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let (_, value) = request.headers.iter().find(|(field, _)| field == name)?;
    std::str::from_utf8(value).ok().map(str::trim)
}

/// What stands in front of `/api/` behind a proxy: empty, or with a slash at its beginning only.
fn base_path(around: &dyn Surroundings) -> String {
    let setting = around.setting("base_path").unwrap_or_default();
    let path = setting.trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(|text| text.into_owned())
}
