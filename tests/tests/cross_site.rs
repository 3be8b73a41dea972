//! What a page of another site has a browser send with the name and the password that the browser knows: a form, or a
//! script's request that needs no permission (Fetch, CORS-safelisted). The browser adds `Basic` by itself, and says
//! where the request comes from.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};
use serde_json::Value;

/// What the browser says of such a request; older ones know `Origin` only.
const ELSEWHERE: [(&str, &str); 4] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "https://evil.example"),
    ("origin", "null"),
];

fn send(client: &Client, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Answer {
    let request = client.request(method, path).body(body);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

/// What is in a collection.
fn members(client: &Client, path: &str) -> Vec<String> {
    let listed = client.propfind(path, "1", &[GETETAG]);
    listed.responses.iter().map(|response| response.href.clone()).collect()
}

#[test]
fn another_site_adds_nothing_with_the_password_that_the_browser_knows() {
    let client = shared().account();
    let task = samples::task("planted", "SUMMARY:Planted");
    let card = samples::card("planted", "Planted", "evil@evil.example");
    let files = format!("/dav/files/{}/", client.name());
    let form = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplanted\r\n--x--\r\n";
    let calendar = client.calendars("tasks/");
    let book = client.addressbooks("contacts/");
    let requests = [
        (&calendar, None, task.as_str()),
        (&calendar, Some("text/plain"), &task),
        (&book, None, &card),
        (&files, Some("text/plain"), "planted"),
        (&files, Some("multipart/form-data; boundary=x"), form),
        (&files, Some("application/x-www-form-urlencoded"), "a=planted"),
    ];
    for (path, media_type, body) in requests {
        let before = members(&client, path);
        let media_type = media_type.map(|media_type| ("content-type", media_type));
        for elsewhere in ELSEWHERE {
            let fields: Vec<_> = media_type.into_iter().chain([elsewhere]).collect();
            send(&client, "POST", path, &fields, body).expect(403);
        }
        assert_eq!(members(&client, path), before, "{path}");
    }
    // A browser that is on no other site's page adds what it should.
    send(&client, "POST", &calendar, &[("sec-fetch-site", "same-origin")], &task).expect(201);
    send(&client, "POST", &book, &[("origin", shared().url())], &card).expect(201);
}

/// A browser asks first, and is not answered; a program that has one inside, and asks nobody, has a password of its
/// own.
#[test]
fn what_browsers_ask_leave_for_goes_on_with_basic() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    let options = |elsewhere: (&str, &str)| {
        let asked =
            [elsewhere, ("access-control-request-method", "PUT"), ("access-control-request-headers", "authorization")];
        send(&shared().anonymous(), "OPTIONS", &own, &asked, "")
    };
    for elsewhere in ELSEWHERE {
        let answer = options(elsewhere);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let body = samples::at_noon("own", "20260314");
        send(&client, "PUT", &own, &[elsewhere, ("content-type", "text/calendar")], &body).expect(201);
        send(&client, "DELETE", &own, &[elsewhere], "").expect(204);
    }
}

/// What changes nothing is answered, and what no browser sends by itself is not refused.
#[test]
fn reading_and_bearer_go_on_across_sites() {
    let client = shared().account();
    let event = client.calendars("personal/event.ics");
    let body = samples::at_noon("event", "20260314");
    client.put(&event, &body).expect(201);
    let made = send(&client, "POST", "/api/me/app-passwords", &[], r#"{"label":"script"}"#).expect(201);
    let made: Value = serde_json::from_str(made.text()).expect("JSON");
    let bearer = shared().anonymous().bearer(made["secret"].as_str().expect("a secret"));
    let propfind = bodies::propfind(&[GETETAG]);
    for elsewhere in ELSEWHERE {
        send(&client, "GET", &event, &[elsewhere], "").expect(200);
        send(&client, "HEAD", &event, &[elsewhere], "").expect(200);
        send(&client, "PROPFIND", &event, &[elsewhere, ("depth", "0")], &propfind).expect(207);
        send(&bearer, "PUT", &event, &[elsewhere, ("content-type", "text/calendar")], &body)
            .expect_any(&[200, 201, 204]);
    }
}
