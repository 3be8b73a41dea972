//! Components that misbehave.
#![allow(clippy::unwrap_used)]

mod component;

use super::*;
use crate::variables::Settings;
use component::{with_handler, with_import};
use wasm_encoder::{BlockType, Instruction};

const ENDLESS: &[Instruction<'_>] = &[Instruction::Loop(BlockType::Empty), Instruction::Br(0), Instruction::End];

/// Asks for 16 more pages of memory, and traps where it does not get them.
const GREEDY: &[Instruction<'_>] = &[
    Instruction::I32Const(16),
    Instruction::MemoryGrow(0),
    Instruction::I32Const(-1),
    Instruction::I32Eq,
    Instruction::If(BlockType::Empty),
    Instruction::Unreachable,
    Instruction::End,
];

struct Server {
    application: Arc<Application>,
    _directory: tempfile::TempDir,
}

fn limits() -> Limits {
    Limits { max_concurrent: 1, max_memory: 1, request_time: 1, ..Limits::default() }
}

fn load(component: &[u8]) -> Result<Server> {
    load_with(component, None)
}

fn load_with(component: &[u8], postgres: Option<&str>) -> Result<Server> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("component.wasm");
    std::fs::write(&file, component)?;
    let data = DataDirectory::open(&directory.path().join("data"))?;
    let mut variables = Variables::new(&Settings::default(), data.server_secret()?, "70ce7".to_owned())?;
    if let Some(address) = postgres {
        variables = variables.with("postgres_url", address);
    }
    let application =
        Arc::new(Application::load(Some(&file), &data, Some(data.files()), variables, &limits(), Way::Plain)?);
    Ok(Server { application, _directory: directory })
}

async fn ask(application: &Application) -> Result<Response<Bytes>, Failure> {
    let request = Request::builder().uri("/").header("host", "localhost").body(Bytes::new()).unwrap();
    application.handle(request, &Arc::new(Usage::default())).await
}

#[tokio::test]
async fn a_trap_is_one_request_s_own() {
    let server = load(&with_handler(&[Instruction::Unreachable], 1)).unwrap();
    for _ in 0..3 {
        let Err(Failure::Broken(error)) = ask(&server.application).await else {
            unreachable!("a trap is a failure");
        };
        assert!(format!("{error:#}").contains("unreachable"), "{error:#}");
    }
}

#[tokio::test]
async fn an_endless_component_is_stopped() {
    let server = load(&with_handler(ENDLESS, 1)).unwrap();
    assert!(matches!(ask(&server.application).await, Err(Failure::TooSlow)));
    // Its place is free again.
    assert!(matches!(ask(&server.application).await, Err(Failure::TooSlow)));
}

#[tokio::test]
async fn silence_is_a_failure() {
    let server = load(&with_handler(&[], 1)).unwrap();
    let Err(Failure::Broken(error)) = ask(&server.application).await else {
        unreachable!("there is no response");
    };
    assert_eq!(error.to_string(), "the component sent no response, or not all of it");
}

#[tokio::test]
async fn memory_is_limited() {
    let enough = load(&with_handler(&[], 16)).unwrap();
    assert!(ask(&enough.application).await.is_err_and(|failure| said(&failure).contains("no response")));
    // The pool of an engine refuses at once what no instance of it could ever have.
    assert!(load(&with_handler(&[], 17)).is_err());
    let greedy = load(&with_handler(GREEDY, 1)).unwrap();
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
    let error = load(&with_import("a-function-of-another-host")).err().map(|error| format!("{error:#}")).unwrap();
    assert!(error.contains("a-function-of-another-host"), "{error}");
}

/// Data would be kept where nobody looks for them.
#[test]
fn a_database_is_named_for_a_component_that_needs_it_and_for_no_other() {
    let refused = |interface: &str, postgres| {
        load_with(&with_import(interface), postgres).err().map(|error| format!("{error:#}")).unwrap()
    };
    let (sqlite, postgres) = ("spin:sqlite/sqlite@3.0.0", "spin:postgres/postgres@3.0.0");
    let address = Some("postgres://localhost/kalends");
    assert!(refused(sqlite, address).contains("--component"));
    assert!(refused(postgres, None).contains("--postgres"));
    for error in [refused(sqlite, None), refused(postgres, address)] {
        assert!(error.contains("imports what this host does not have"), "it is asked for a function: {error}");
    }
}
