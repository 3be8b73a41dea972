//! From a request to the method that answers it: what needs no credentials, who is asking, and what the path names.

use crate::auth::{self, Evidence, Identity};
use crate::context::Context;
use crate::handler;
use crate::href::{self, Target};
use crate::methods;
use crate::public;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Request;
use crate::{administration, settings};

/// Answers a request, whatever comes of it.
pub fn answer(inner: handler::Request) -> handler::Response {
    let base = base_path();
    let request = Request::new(inner, settings::get("trust_forwarded").as_deref() == Some("true"));
    if request.method() == "OPTIONS" && request.path() == "*" {
        // RFC 9110 §9.3.7: about the server as a whole.
        return finish(Ok(methods::options(&Target::Root)));
    }
    let target = match href::parse(&base, request.path_and_query()) {
        Ok(target) => target,
        Err(bad) => return finish(Err(Refusal::bad(format!("The address cannot be: {}.", bad.0)))),
    };
    match (&target, request.method()) {
        (Target::Api, _) => administration::handle(&below(&base, request)),
        (Target::WellKnown, _) => finish(Ok(well_known(&base))),
        (_, "OPTIONS") => finish(Ok(methods::options(&target))),
        (Target::Public(secret), _) => finish_public(public::answer(&request, secret)),
        _ => finish(authenticated(base, target, request)),
    }
}

/// What stands in front of `/dav/`: a slash before, none after; or nothing.
fn base_path() -> String {
    let setting = settings::get("base_path").unwrap_or_default();
    let path = setting.trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// A request to the JSON API as that sees it, the base path taken off.
fn below(base: &str, request: Request) -> handler::Request {
    let mut inner = request.into_inner();
    if let Some(path) = inner.path.strip_prefix(base) {
        inner.path = path.to_owned();
    }
    inner
}

/// The bootstrap of RFC 6764 §5: where the DAV root is.
fn well_known(base: &str) -> Reply {
    Reply::new(301).header("location", &format!("{base}/dav/"))
}

fn authenticated(base: String, target: Target, request: Request) -> Result<Reply> {
    let identity = recognise(&request, false)?;
    let context = Context::new(request, target, identity, base);
    let answer = methods::answer(&context);
    if context.sign_in_holds()? {
        return answer;
    }
    let Context { request, target, base, .. } = context;
    let identity = recognise(&request, true)?;
    methods::answer(&Context::new(request, target, identity, base))
}

/// Who asks. `anew`: whatever was known of that.
fn recognise(request: &Request, anew: bool) -> Result<Identity> {
    let authorization = request.header("authorization").map(str::to_owned);
    // Of what changes something, browsers send POST alone across sites without asking first (Fetch, CORS-safelisted
    // methods), and that question is never answered. Programs with a browser inside, which ask nobody, send the other
    // methods with a password of their own.
    let may_be_forged = request.method() == "POST" || authorization.is_none();
    let evidence = Evidence {
        authorization,
        cookie: request.cookies(),
        cross_site: !request.is_safe() && may_be_forged && request.is_cross_site(),
        remote: request.remote().map(str::to_owned),
        now: request.received(),
        anew,
    };
    auth::authenticate(&evidence).map_err(|refusal| match refusal {
        auth::Refusal::Missing => unauthorized("Sign in with your name and password."),
        auth::Refusal::Wrong => unauthorized("The name or the password is wrong."),
        auth::Refusal::Throttled(seconds) => {
            Refusal::new(429, "There were too many failed attempts to sign in. Wait a while.")
                .with_header("retry-after", &seconds.to_string())
        }
        auth::Refusal::CrossSite => Refusal::new(403, "Another site sent this request."),
        auth::Refusal::Failure(failure) => failure.into(),
    })
}

/// RFC 7617 §2.1: the charset says that names and passwords are UTF-8.
fn unauthorized(message: &str) -> Refusal {
    Refusal::new(401, message).with_header("www-authenticate", "Basic realm=\"Kalends\", charset=\"UTF-8\"")
}

/// Of a link: search engines are to leave it alone, and pages that it leads to are not to learn of it.
fn finish_public(result: Result<Reply>) -> handler::Response {
    let reply = result.unwrap_or_else(Refusal::into_reply);
    let reply = reply.header("cache-control", "private, no-cache, no-transform");
    reply.header("x-robots-tag", "noindex").header("referrer-policy", "no-referrer").into()
}

/// `no-transform`, lest a compressing proxy turns a strong entity tag into a weak one.
fn finish(result: Result<Reply>) -> handler::Response {
    let reply = result.unwrap_or_else(Refusal::into_reply);
    reply.header("dav", methods::DAV_CLASSES).header("cache-control", "private, no-cache, no-transform").into()
}
