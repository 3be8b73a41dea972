//! Conditions in the header: WebDAV's If (RFC 4918 §10.4), and the dates of RFC 9110 §13.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, samples, shared};

const NOBODY: &str = "<urn:uuid:00000000-0000-4000-8000-000000000000>";

fn file(client: &Client, name: &str) -> String {
    let path = format!("/dav/files/{}/{name}", client.name());
    client.request("PUT", &path).header("content-type", "text/plain").body(name).send().expect(201);
    path
}

#[track_caller]
fn put(client: &Client, path: &str, condition: &str) -> Answer {
    client.request("PUT", path).header("content-type", "text/plain").header("if", condition).body(condition).send()
}

#[track_caller]
fn lock(client: &Client, path: &str) -> String {
    let body = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
    let answer = client.request("LOCK", path).header("depth", "0").xml(body).send().expect(200);
    answer.required_header("lock-token").to_owned()
}

/// RFC 4918 §10.4.2: lists are alternatives, the conditions of a list hold together.
#[test]
fn entity_tags_in_untagged_lists() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let holds = |condition: &str, status: u16| {
        let etag = client.get(&path).etag();
        put(&client, &path, &condition.replace("ETAG", &format!("[{etag}]"))).expect(status);
    };
    holds("(ETAG)", 204);
    holds("([\"other\"])", 412);
    holds("(Not [\"other\"])", 204);
    holds("(Not ETAG)", 412);
    holds("(ETAG [\"other\"])", 412);
    holds("([\"other\"]) (ETAG)", 204);
    holds("(ETAG Not [\"other\"])", 204);
    holds(&format!("(ETAG {NOBODY})"), 412);
    holds(&format!("(ETAG Not {NOBODY})"), 204);
    holds("(Not <DAV:no-lock>)", 204);
    holds("(<DAV:no-lock>)", 412);
}

#[test]
fn tagged_lists_are_about_other_resources() {
    let client = shared().account();
    let (a, b) = (file(&client, "a.txt"), file(&client, "b.txt"));
    let etag = client.get(&b).etag();
    put(&client, &a, &format!("<{b}> ([{etag}])")).expect(204);
    put(&client, &a, &format!("<{}{b}> ([{etag}])", shared().url())).expect(204);
    put(&client, &a, &format!("<{b}> ([\"other\"])")).expect(412);
    put(&client, &a, &format!("<{b}> (Not [{etag}])")).expect(412);
    put(&client, &a, &format!("<{a}missing> ([{etag}])")).expect(412);
    // RFC 4918 §10.4.4: what is not there matches nothing.
    put(&client, &a, &format!("<{a}missing> (Not [{etag}])")).expect(204);
    put(&client, &a, &format!("<http://elsewhere.example{b}> ([{etag}])")).expect(412);
    let own = client.get(&a).etag();
    put(&client, &a, &format!("<{b}> ([\"other\"]) <{a}> ([{own}])")).expect(204);
}

#[test]
fn lock_tokens_are_conditions_too() {
    let client = shared().account();
    let (a, b) = (file(&client, "a.txt"), file(&client, "b.txt"));
    let token = lock(&client, &a);
    put(&client, &a, &format!("({token})")).expect(204);
    let etag = client.get(&a).etag();
    put(&client, &a, &format!("({token} [{etag}])")).expect(204);
    put(&client, &a, &format!("({token} [{etag}])")).expect(412);
    put(&client, &b, &format!("({token})")).expect(412);
    put(&client, &b, &format!("<{a}> ({token})")).expect(204);
    // A token that is only negated does not hold; it is submitted all the same (RFC 4918 §10.4.1).
    put(&client, &a, &format!("(Not {token})")).expect(412);
    put(&client, &a, &format!("({NOBODY}) (Not <DAV:no-lock> {token})")).expect(204);
    // Somebody else's token opens nothing.
    let other = shared().account();
    let theirs = file(&other, "c.txt");
    let their_token = lock(&other, &theirs);
    put(&client, &a, &format!("(Not {their_token})")).expect(423);
}

/// RFC 6578 §5: nothing is written where the collection has changed since it was synchronised.
#[test]
fn sync_tokens_are_conditions_too() {
    let client = shared().account();
    let calendar = client.make_calendar("synchronised");
    let put = |uid: &str, condition: &str| {
        let request = client.request("PUT", &format!("{calendar}{uid}.ics")).header("content-type", "text/calendar");
        request.header("if", condition).body(samples::at_noon(uid, "20260314")).send()
    };
    let before = client.sync_token(&calendar);
    let unchanged = format!("<{calendar}> (<{before}>)");
    put("a", &unchanged).expect(201);
    put("b", &unchanged).expect(412);
    put("b", &format!("<{calendar}> (Not <{before}>)")).expect(201);
    let now = client.sync_token(&calendar);
    put("c", &format!("(<{now}>)")).expect(412);
    client.request("DELETE", &calendar).header("if", &format!("(<{before}>)")).send().expect(412);
    client.request("DELETE", &calendar).header("if", &format!("(<{now}>)")).send().expect(204);
}

#[test]
fn if_headers_that_cannot_be_read() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    for condition in ["nonsense", "(", "()", "([\"a\")", "<x>", "(<a> <b>", "Not (<a>)"] {
        put(&client, &path, condition).expect(400);
    }
}

/// The other methods that change something require it as PUT does.
#[test]
fn every_change_heeds_it() {
    let client = shared().account();
    let calendar = client.make_calendar("conditional");
    let event = format!("{calendar}a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let never = "([\"other\"])";
    let set = kalends_tests::bodies::set(&[DISPLAYNAME.with("x")]);
    let copy = client.calendars("copy/");
    let requests = [
        client.request("DELETE", &event),
        client.request("DELETE", &calendar),
        client.request("MOVE", &event).header("destination", &format!("{calendar}b.ics")),
        client.request("COPY", &event).header("destination", &format!("{calendar}b.ics")),
        client.request("COPY", &calendar).header("destination", &copy),
        client.request("PROPPATCH", &calendar).xml(set),
        client.request("MKCOL", &copy).xml(kalends_tests::bodies::mkcol_calendar(&[])),
        client
            .request("POST", &calendar)
            .header("content-type", "text/calendar")
            .body(samples::at_noon("b", "20260314")),
    ];
    for request in requests {
        request.header("if", never).send().expect(412);
    }
    client.get(&event).expect(200);
    client.request("PROPFIND", &copy).header("depth", "0").send().expect(404);
    let etag = client.get(&event).etag();
    client.request("DELETE", &event).header("if", &format!("([{etag}])")).send().expect(204);
}

/// RFC 9110 §13.1.3, §13.1.4.
#[test]
fn dates_are_conditions() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let modified = client.get(&path).required_header("last-modified").to_owned();
    let (past, future) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    let ask = |method: &str, field: &str, date: &str| client.request(method, &path).header(field, date).body("").send();
    for (date, status) in [(past, 200), (modified.as_str(), 304), (future, 304), ("yesterday", 200)] {
        let answer = ask("GET", "if-modified-since", date).expect(status);
        assert_eq!(answer.etag(), client.get(&path).etag());
    }
    ask("GET", "if-unmodified-since", past).expect(412);
    ask("GET", "if-unmodified-since", &modified).expect(200);
    ask("DELETE", "if-unmodified-since", past).expect(412);
    // Entity tags go before dates (RFC 9110 §13.2.2).
    let etag = client.get(&path).etag();
    let request = client.request("GET", &path).header("if-none-match", "\"other\"").header("if-modified-since", future);
    request.send().expect(200);
    let request = client.request("DELETE", &path).header("if-match", &etag).header("if-unmodified-since", past);
    request.send().expect(204);
    assert_eq!(client.get(&path).status, 404);
}
