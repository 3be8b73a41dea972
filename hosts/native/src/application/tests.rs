//! Components that misbehave, each in some lines of WebAssembly text.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::variables::Settings;

/// A component whose handler has this body, and so many pages of memory.
fn component(body: &str, pages: u32) -> Vec<u8> {
    let text = format!(
        r#"(component
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $answer))
            (core module $module
                (memory {pages})
                (func (export "handle") (param i32 i32) {body}))
            (core instance $instance (instantiate $module))
            (func $handle (param "request" (own $request)) (param "response-out" (own $answer))
                (canon lift (core func $instance "handle")))
            (instance $handler (export "handle" (func $handle)))
            (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#
    );
    wat::parse_str(text).unwrap()
}

struct Server {
    application: Arc<Application>,
    _directory: tempfile::TempDir,
}

fn limits() -> Limits {
    Limits { max_concurrent: 1, max_memory: 1, request_time: 1, ..Limits::default() }
}

fn load(component: &[u8]) -> Result<Server> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("component.wasm");
    std::fs::write(&file, component)?;
    let data = DataDirectory::open(&directory.path().join("data"))?;
    let variables = Variables::new(&Settings::default(), data.server_secret()?, "70ce7".to_owned())?;
    let application = Arc::new(Application::load(Some(&file), &data, variables, &limits())?);
    Ok(Server { application, _directory: directory })
}

async fn ask(application: &Application) -> Result<Response<Bytes>, Failure> {
    let request = Request::builder().uri("/").header("host", "localhost").body(Bytes::new()).unwrap();
    application.handle(request, &Arc::new(Usage::default())).await
}

#[tokio::test]
async fn a_trap_is_one_request_s_own() {
    let server = load(&component("unreachable", 1)).unwrap();
    for _ in 0..3 {
        let Err(Failure::Broken(error)) = ask(&server.application).await else {
            unreachable!("a trap is a failure");
        };
        assert!(format!("{error:#}").contains("unreachable"), "{error:#}");
    }
}

#[tokio::test]
async fn an_endless_component_is_stopped() {
    let server = load(&component("(loop br 0)", 1)).unwrap();
    assert!(matches!(ask(&server.application).await, Err(Failure::TooSlow)));
    // Its place is free again.
    assert!(matches!(ask(&server.application).await, Err(Failure::TooSlow)));
}

#[tokio::test]
async fn an_endless_component_lets_others_run() {
    let server = load(&component("(loop br 0)", 1)).unwrap();
    let application = Arc::clone(&server.application);
    let endless = tokio::spawn(async move { ask(&application).await.is_err() });
    // On the one thread of this test: it comes back here before the component's time is up.
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!endless.is_finished());
    assert!(endless.await.unwrap());
}

#[tokio::test]
async fn silence_is_a_failure() {
    let server = load(&component("", 1)).unwrap();
    let Err(Failure::Broken(error)) = ask(&server.application).await else {
        unreachable!("there is no response");
    };
    assert_eq!(error.to_string(), "the component sent no response");
}

#[tokio::test]
async fn memory_is_limited() {
    let enough = load(&component("", 16)).unwrap();
    assert!(ask(&enough.application).await.is_err_and(|failure| said(&failure).contains("no response")));
    // The pool of an engine refuses at once what no instance of it could ever have.
    assert!(load(&component("", 17)).is_err());
    let grows = "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))";
    let greedy = load(&component(grows, 1)).unwrap();
    assert!(ask(&greedy.application).await.is_err_and(|failure| said(&failure).contains("unreachable")));
}

fn said(failure: &Failure) -> String {
    match failure {
        Failure::Broken(error) => format!("{error:#}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_this_host_does_not_have_is_named() {
    let text = r#"(component (import "kalends:dav/d1@0.1.0" (instance (export "batch" (func)))))"#;
    let error = load(&wat::parse_str(text).unwrap()).err().map(|error| format!("{error:#}")).unwrap();
    assert!(error.contains("kalends:dav/d1"), "{error}");
}
