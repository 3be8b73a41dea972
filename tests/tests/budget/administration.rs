//! The JSON API: who is who is looked up by name, one name after the other, so that some requests take one more.

use kalends_tests::{Client, Request, shared};

use crate::{READ, Table, WRITE};

fn json<'a>(client: &'a Client, method: &str, path: &str, body: &str) -> Request<'a> {
    client.request(method, path).header("content-type", "application/json").body(body)
}

/// Administers accounts and groups.
pub fn ask(table: &mut Table) {
    let administrator = shared().administrator();
    let (one, other) = (shared().account(), shared().account());
    let (name, group) = (format!("made-{}", one.name()), format!("group-{}", one.name()));
    let account = format!("/api/accounts/{name}");
    let members = format!("/api/groups/{group}/members");
    let steps: Vec<(&str, u32, Request<'_>)> = vec![
        ("GET /api/openapi.json", 0, administrator.request("GET", "/api/openapi.json")),
        ("GET /api/accounts", READ, administrator.request("GET", "/api/accounts")),
        (
            "POST /api/accounts",
            WRITE,
            json(
                &administrator,
                "POST",
                "/api/accounts",
                &format!(r#"{{"name": "{name}", "password": "a long enough one"}}"#),
            ),
        ),
        ("GET /api/accounts/NAME", READ, administrator.request("GET", &account)),
        ("PATCH /api/accounts/NAME", WRITE, json(&administrator, "PATCH", &account, r#"{"display_name": "Somebody"}"#)),
        (
            "PUT /api/accounts/NAME/password",
            WRITE + READ,
            json(&administrator, "PUT", &format!("{account}/password"), r#"{"password": "another long one"}"#),
        ),
        (
            "POST /api/accounts/NAME/app-passwords",
            WRITE + READ,
            json(&administrator, "POST", &format!("{account}/app-passwords"), r#"{"label": "x"}"#),
        ),
        (
            "GET /api/accounts/NAME/app-passwords",
            READ + READ,
            administrator.request("GET", &format!("{account}/app-passwords")),
        ),
        ("POST /api/groups", WRITE, json(&administrator, "POST", "/api/groups", &format!(r#"{{"name": "{group}"}}"#))),
        (
            "PUT /api/groups/NAME/members/NAME",
            WRITE + READ,
            administrator.request("PUT", &format!("{members}/{}", other.name())),
        ),
        ("GET /api/groups/NAME/members", READ + READ, administrator.request("GET", &members)),
        (
            "DELETE /api/groups/NAME/members/NAME",
            WRITE + READ,
            administrator.request("DELETE", &format!("{members}/{}", other.name())),
        ),
        ("DELETE /api/groups/NAME", WRITE, administrator.request("DELETE", &format!("/api/groups/{group}"))),
        ("DELETE /api/accounts/NAME", WRITE, administrator.request("DELETE", &account)),
    ];
    for (what, most, request) in steps {
        table.line(what, most, request);
    }
}
