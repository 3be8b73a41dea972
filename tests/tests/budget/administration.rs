//! The JSON API, operation by operation as its document names them.

use std::collections::BTreeSet;

use kalends_tests::{Answer, Client, PASSWORD, Request, shared};
use serde_json::{Value, json};

use crate::{CREDENTIAL, READ, Table, WRITE};

const PROFILE: &str = "application/x-apple-aspen-config";

/// Asks all that the document has.
pub fn ask(table: &mut Table) {
    let administrator = shared().administrator();
    let document = administrator.get("/api/openapi.json").expect(200);
    let document = serde_json::from_str(document.text()).expect("JSON");
    let [account, other] = [shared().account(), shared().account()];
    let mut api =
        Api { table, document: &document, asked: BTreeSet::new(), client: administrator, name: String::new() };
    api.ask(0, "GET", "/api/openapi.json", Value::Null);
    accounts(&mut api, other.name());
    groups(&mut api, other.name());
    own(&mut api, &account, other.name());
    let missing: Vec<String> = operations(&document).difference(&api.asked).cloned().collect();
    assert!(missing.is_empty(), "not in the table: {missing:#?}");
}

/// Somebody who asks, and the table that their requests go into.
struct Api<'a> {
    table: &'a mut Table,
    document: &'a Value,
    asked: BTreeSet<String>,
    client: Client,
    /// Whose credential it is; empty for the administrator's token, which storage does not know of.
    name: String,
}

impl Api<'_> {
    /// A line for a request that takes so many round trips at most. Returns the JSON; null where there is none.
    #[track_caller]
    fn ask(&mut self, most: u32, method: &str, path: &str, body: Value) -> Value {
        let client = self.client.clone();
        let answer = self.send(most, json_request(&client, method, path, &body), path, "");
        serde_json::from_str(answer.text()).unwrap_or_default()
    }

    /// A line, by the operation that the document has for it, with the query and what else it is that is asked.
    #[track_caller]
    fn send(&mut self, most: u32, request: Request<'_>, path: &str, kind: &str) -> Answer {
        let (path, query) =
            path.split_once('?').map_or((path, String::new()), |(path, query)| (path, format!("?{query}")));
        let operation = format!("{} {}", request.method(), template(self.document, path));
        let line = format!("{operation}{query}{kind}");
        self.asked.extend([operation, line.clone()]);
        if self.name.is_empty() {
            return self.table.line(&line, most, request);
        }
        // The first use is noted.
        self.client.get("/api/me").expect(200);
        // Here no sign-in is remembered.
        self.table.line(&line, most + CREDENTIAL, request)
    }
}

fn json_request<'a>(client: &'a Client, method: &str, path: &str, body: &Value) -> Request<'a> {
    let request = client.request(method, path);
    match body {
        Value::Null => request,
        body => request.header("content-type", "application/json").body(body.to_string()),
    }
}

/// The document's path for a path: a segment in braces stands for any other.
#[track_caller]
fn template<'a>(document: &'a Value, path: &str) -> &'a str {
    let fits = |template: &str| {
        let [one, other] = [template, path].map(|path| path.split('/').collect::<Vec<_>>());
        one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.starts_with('{') || one == other)
    };
    let mut paths = document["paths"].as_object().expect("paths").keys();
    paths.find(|template| fits(template)).expect("a path of the document")
}

/// All that the document says can be asked: every method of every path, with each value of a query, and for each type
/// of answer that is no JSON.
fn operations(document: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let methods = methods.as_object().expect("methods").iter().filter(|(name, _)| *name != "parameters");
        for (method, operation) in methods {
            let name = format!("{} {path}", method.to_uppercase());
            let queries =
                operation["parameters"].as_array().into_iter().flatten().flat_map(|one| queries(document, one));
            all.extend(queries.map(|query| format!("{name}?{query}")));
            let answers = operation["responses"].as_object().into_iter().flatten();
            let types = answers.filter_map(|(_, answer)| answer["content"].as_object()).flat_map(|types| types.keys());
            all.extend(types.filter(|one| *one != "application/json").map(|one| format!("{name} as {one}")));
            all.insert(name);
        }
    }
    all
}

/// A parameter's values as a query; `search=a` for one that may have any.
fn queries(document: &Value, parameter: &Value) -> Vec<String> {
    let named = parameter["$ref"].as_str().and_then(|link| document.pointer(link.trim_start_matches('#')));
    let parameter = named.unwrap_or(parameter);
    let name = parameter["name"].as_str().expect("a name");
    let values = parameter["schema"]["enum"].as_array().cloned().unwrap_or_else(|| vec![json!("a")]);
    values.iter().map(|value| format!("{name}={}", value.as_str().unwrap_or_default())).collect()
}

fn accounts(api: &mut Api<'_>, other: &str) {
    for name in ["made", "kept"].map(|kind| format!("{kind}-for-{other}")) {
        let new = json!({ "name": name, "password": "a long enough one" });
        api.ask(WRITE, "POST", "/api/accounts", new);
    }
    let account = format!("/api/accounts/made-for-{other}");
    api.ask(READ, "GET", "/api/accounts", Value::Null);
    api.ask(READ, "GET", "/api/accounts?search=a", Value::Null);
    api.ask(READ, "GET", &account, Value::Null);
    api.ask(WRITE, "PATCH", &account, json!({ "display_name": "Somebody" }));
    api.ask(WRITE, "PUT", &format!("{account}/password"), json!({ "password": "another long one" }));
    belongings(api, &account, other);
    session(&format!("made-for-{other}"), "another long one");
    let sessions = format!("{account}/sessions");
    let listed = api.ask(READ, "GET", &sessions, Value::Null);
    api.ask(WRITE, "DELETE", &format!("{sessions}/{}", text(&listed["credentials"][0], "id")), Value::Null);
    let share = json!({ "collection": "calendars/personal", "with": format!("kept-for-{other}"), "access": "read" });
    api.ask(WRITE, "POST", &format!("{account}/shares"), share);
    api.ask(WRITE, "DELETE", &format!("/api/accounts/kept-for-{other}?data=keep"), Value::Null);
    let received = api.ask(READ, "GET", &format!("/api/accounts/kept-for-{other}/shares"), Value::Null);
    assert_eq!(received["received"], json!([]));
    api.ask(WRITE, "DELETE", &format!("{account}?data=purge"), Value::Null);
}

fn groups(api: &mut Api<'_>, other: &str) {
    let group = format!("/api/groups/group-for-{other}");
    api.ask(WRITE, "POST", "/api/groups", json!({ "name": format!("group-for-{other}") }));
    api.ask(READ, "GET", "/api/groups", Value::Null);
    api.ask(READ, "GET", "/api/groups?search=a", Value::Null);
    api.ask(READ, "GET", &group, Value::Null);
    api.ask(WRITE, "PATCH", &group, json!({ "display_name": "A group" }));
    api.ask(WRITE, "PUT", &format!("{group}/members/{other}"), Value::Null);
    let members = api.ask(READ, "GET", &format!("{group}/members"), Value::Null);
    assert_eq!(members["members"][0]["name"], other);
    api.ask(WRITE, "DELETE", &format!("{group}/members/{other}"), Value::Null);
    api.ask(WRITE, "DELETE", &group, Value::Null);
}

/// What there is below an account and below `/api/me`.
fn belongings(api: &mut Api<'_>, root: &str, other: &str) {
    for kind in ["app-passwords", "tokens"] {
        let path = format!("{root}/{kind}");
        let made = api.ask(WRITE, "POST", &path, json!({ "label": "one" }));
        api.ask(READ, "GET", &path, Value::Null);
        api.ask(WRITE, "DELETE", &format!("{path}/{}", text(&made, "id")), Value::Null);
    }
    let path = format!("{root}/app-passwords");
    let client = api.client.clone();
    let profile = json_request(&client, "POST", &path, &json!({ "label": "phone" })).header("accept", PROFILE);
    api.send(WRITE, profile, &path, &format!(" as {PROFILE}"));
    let links = format!("{root}/links");
    let made = api.ask(WRITE, "POST", &links, json!({ "collection": "calendars/personal" }));
    api.ask(READ, "GET", &links, Value::Null);
    api.ask(WRITE, "DELETE", &format!("{links}/{}", text(&made, "id")), Value::Null);
    let shares = format!("{root}/shares");
    let share = |collection: &str| json!({ "collection": collection, "with": other, "access": "read" });
    api.ask(WRITE, "POST", &shares, share("calendars/personal"));
    let mut created = share("calendars/made");
    created["create"] = json!("Made with its share");
    let made = api.ask(WRITE, "POST", &shares, created);
    let one = format!("{shares}/{}", text(&made, "id"));
    let listed = api.ask(READ, "GET", &shares, Value::Null);
    assert!(listed["given"].as_array().is_some_and(|given| given.contains(&made)), "{made} in {listed}");
    let changed = api.ask(WRITE, "PATCH", &one, json!({ "access": "write" }));
    let listed = api.ask(READ, "GET", &shares, Value::Null);
    assert!(listed["given"].as_array().is_some_and(|given| given.contains(&changed)), "{changed} in {listed}");
    api.ask(WRITE, "DELETE", &one, Value::Null);
}

/// One's own account, by a token; and by a browser's session.
fn own(api: &mut Api<'_>, account: &Client, other: &str) {
    let token = json_request(account, "POST", "/api/me/tokens", &json!({ "label": "table" })).send().expect(201);
    let token: Value = serde_json::from_str(token.text()).expect("JSON");
    api.client = shared().anonymous().bearer(text(&token, "secret"));
    account.name().clone_into(&mut api.name);
    api.ask(READ, "GET", "/api/me", Value::Null);
    belongings(api, "/api/me", other);
    session(account.name(), PASSWORD);
    let listed = api.ask(READ, "GET", "/api/me/sessions", Value::Null);
    api.ask(WRITE, "DELETE", &format!("/api/me/sessions/{}", text(&listed["credentials"][0], "id")), Value::Null);
    // A password that the body has is one more credential, which may not be known.
    let change = json!({ "current": PASSWORD, "password": "another long one" });
    api.ask(WRITE + CREDENTIAL, "PUT", "/api/me/password", change);
    let anybody = shared().anonymous();
    // The password is a credential not yet known.
    let sign_in = json_request(&anybody, "POST", "/api/session", &credentials(account.name(), "another long one"));
    let signed_in = api.table.line("POST /api/session", WRITE + CREDENTIAL, sign_in);
    let cookie = cookie(&signed_in);
    anybody.request("GET", "/api/me").header("cookie", &cookie).send().expect(200);
    let out = anybody.request("DELETE", "/api/session").header("cookie", &cookie);
    let out = out.header("sec-fetch-site", "same-origin");
    api.table.line("DELETE /api/session", WRITE + CREDENTIAL, out);
    api.asked.extend(["POST", "DELETE"].map(|method| format!("{method} /api/session")));
}

fn credentials(name: &str, password: &str) -> Value {
    json!({ "name": name, "password": password })
}

/// Signs in with a browser; the cookie.
#[track_caller]
fn session(name: &str, password: &str) -> String {
    let anybody = shared().anonymous();
    cookie(&json_request(&anybody, "POST", "/api/session", &credentials(name, password)).send().expect(201))
}

fn cookie(signed_in: &Answer) -> String {
    signed_in.required_header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().expect(member)
}
