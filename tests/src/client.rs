//! A client that sends what a test tells it to, and reads the whole answer.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::Agent;
use ureq::http::{Method, Request as HttpRequest, header};

use crate::answer::Answer;
use crate::bodies;
use crate::multistatus::Multistatus;
use crate::names::Name;
use crate::server::Host;

/// After so long a request counts as one that hangs. Generous, for machines that do other things as well.
const PATIENCE: Duration = Duration::from_secs(120);

/// Octets of an answer that are read at most.
const LONGEST_ANSWER: u64 = 256 << 20;

/// Somebody who talks to a server, with credentials or without.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    /// Scheme and authority, without a slash at the end.
    base: String,
    name: String,
    authorization: Option<String>,
}

impl Client {
    /// Somebody without credentials. `base` is scheme and authority.
    pub fn anonymous(base: &str) -> Client {
        // Connections go to one server after the other, so that each request needs its own.
        let idle = if Host::tested() == Host::Cluster { 0 } else { 10 };
        let agent = Agent::config_builder()
            .allow_non_standard_methods(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .max_idle_connections(idle)
            .build();
        Client {
            agent: agent.into(),
            base: base.trim_end_matches('/').to_owned(),
            name: String::new(),
            authorization: None,
        }
    }

    /// The same with Basic credentials.
    pub fn basic(&self, name: &str, password: &str) -> Client {
        let credentials = BASE64_STANDARD.encode(format!("{name}:{password}"));
        Client { name: name.to_owned(), authorization: Some(format!("Basic {credentials}")), ..self.clone() }
    }

    /// The same with a bearer token.
    pub fn bearer(&self, token: &str) -> Client {
        Client { authorization: Some(format!("Bearer {token}")), ..self.clone() }
    }

    /// The same account with an app password of its own for everything, as clients have it that are set up with care.
    #[track_caller]
    pub fn with_app_password(&self) -> Client {
        let label = serde_json::json!({ "label": "tests" }).to_string();
        let request = self.request("POST", "/api/me/app-passwords").header("content-type", "application/json");
        let made = request.body(label).send().expect(201);
        let made: serde_json::Value = serde_json::from_str(made.text()).unwrap_or_default();
        self.basic(&self.name, made["secret"].as_str().unwrap_or_default())
    }

    /// The account's name; empty without Basic credentials.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of its Authorization header; empty without credentials.
    pub fn authorization(&self) -> &str {
        self.authorization.as_deref().unwrap_or_default()
    }

    /// The path of a calendar or something in it: `personal/`, `personal/a.ics`, or empty for the home.
    pub fn calendars(&self, rest: &str) -> String {
        format!("/dav/calendars/{}/{rest}", self.name)
    }

    /// The path of an address book or something in it.
    pub fn addressbooks(&self, rest: &str) -> String {
        format!("/dav/addressbooks/{}/{rest}", self.name)
    }

    /// A request to be sent. The path is sent as it is.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        Request {
            client: self,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// GET.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// DELETE.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send()
    }

    /// PUT of a calendar object.
    #[track_caller]
    pub fn put(&self, path: &str, object: &str) -> Answer {
        self.request("PUT", path).header("content-type", "text/calendar; charset=utf-8").body(object).send()
    }

    /// PUT of a vCard.
    #[track_caller]
    pub fn put_card(&self, path: &str, card: &str) -> Answer {
        self.request("PUT", path).header("content-type", "text/vcard; charset=utf-8").body(card).send()
    }

    /// PROPFIND for properties, which must succeed.
    #[track_caller]
    pub fn propfind(&self, path: &str, depth: &str, properties: &[Name]) -> Multistatus {
        self.request("PROPFIND", path).header("depth", depth).xml(bodies::propfind(properties)).send().multistatus()
    }

    /// REPORT, whatever comes of it.
    #[track_caller]
    pub fn report(&self, path: &str, depth: &str, body: String) -> Answer {
        self.request("REPORT", path).header("depth", depth).xml(body).send()
    }

    /// PROPPATCH that sets or removes, whatever comes of it.
    #[track_caller]
    pub fn proppatch(&self, path: &str, body: String) -> Answer {
        self.request("PROPPATCH", path).xml(body).send()
    }

    /// POST of an element of calendarserver-sharing, whatever comes of it.
    #[track_caller]
    pub fn post_sharing(&self, path: &str, element: &str, content: &str) -> Answer {
        self.request("POST", path).xml(bodies::sharing(element, content)).send()
    }

    /// The sync token that a collection has now.
    #[track_caller]
    pub fn sync_token(&self, path: &str) -> String {
        self.propfind(path, "0", &[crate::names::SYNC_TOKEN]).only().text(crate::names::SYNC_TOKEN).to_owned()
    }

    /// Makes a calendar for events by extended MKCOL, which passes on every host. Returns its path.
    #[track_caller]
    pub fn make_calendar(&self, name: &str) -> String {
        let path = self.calendars(&format!("{name}/"));
        self.request("MKCOL", &path)
            .xml(bodies::mkcol_calendar(&[crate::names::DISPLAYNAME.with(name)]))
            .send()
            .expect(201);
        path
    }
}

/// A request being put together.
pub struct Request<'a> {
    client: &'a Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request<'_> {
    /// The method; where another one is named in its place, that one.
    pub fn method(&self) -> &str {
        let override_field = self.headers.iter().find(|(name, _)| name == "x-http-method-override");
        override_field.map_or(&self.method, |(_, method)| method)
    }

    /// The local name of the body's root element; empty where the body is no XML.
    pub fn root_element(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let document = roxmltree::Document::parse(&text).ok();
        document.map(|document| document.root_element().tag_name().name().to_owned()).unwrap_or_default()
    }

    /// Adds a header field.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets an XML body, and its type.
    pub fn xml(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/xml; charset=utf-8").body(body)
    }

    /// Sends it, and fails the test where no answer comes.
    #[track_caller]
    pub fn send(self) -> Answer {
        let question = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{question}: {error}"))
    }

    /// Sends it.
    ///
    /// # Errors
    /// Where no answer comes, or not all of it.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let question = format!("{} {}", self.method, self.path);
        let method = Method::from_bytes(self.method.as_bytes()).map_err(ureq::http::Error::from)?;
        let mut request = HttpRequest::builder().method(method).uri(format!("{}{}", self.client.base, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = &self.client.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        // An empty body has its length told where the method is one that has a body.
        let bodyless = self.body.is_empty() && !["PUT", "POST"].contains(&self.method.as_str());
        let mut response = match bodyless {
            true => self.client.agent.run(request.body(())?)?,
            false => self.client.agent.run(request.body(self.body)?)?,
        };
        let status = response.status().as_u16();
        let field = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = response.headers().iter().map(field).collect();
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Answer::new(question, status, headers, body))
    }
}
