//! What PostgreSQL keeps of the statements that it is given, and what it sees of others' writes meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use kalends_storage::{Database, Kind, Statement};

use crate::postgres::Postgres;

const WHY: &str = "KALENDS_TEST_POSTGRES says where a database is: cargo xtask test storage-postgres";

const PREPARED: &str = "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, 'kalends_')";

fn address() -> String {
    std::env::var("KALENDS_TEST_POSTGRES").expect(WHY)
}

/// The first column of the first row of each statement.
fn read(database: &Postgres, statements: Vec<Statement>) -> Vec<String> {
    let results = { database }.batch(Kind::Read, statements).unwrap();
    results.into_iter().map(|rows| format!("{:?}", rows[0][0])).collect()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_statement_is_planned_once() {
    let database = Postgres::new(&address());
    for number in 0..10_i64 {
        let statement = Statement::new("SELECT ?1 AS number", [number.into()]);
        assert_eq!(read(&database, vec![statement]), [format!("Integer({number})")]);
        database.execute("UPDATE epoch SET standing = standing");
    }
    assert_eq!(database.number(PREPARED), 1);
    const PLANNED: &str = "SELECT custom_plans FROM pg_prepared_statements WHERE starts_with(name, 'kalends_')";
    assert_eq!(database.number(PLANNED), 0);
}

/// Statements of whatever kind do not fill the server's memory, and each is answered, whether it is kept or was
/// forgotten.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_connection_keeps_so_many_plans() {
    let database = Postgres::new(&address());
    for _ in 0..2 {
        for number in 0..400 {
            let statement = || Statement { sql: format!("SELECT {number} AS number").into(), params: vec![] };
            assert_eq!(
                read(&database, vec![statement(), statement()]),
                [format!("Integer({number})"), format!("Integer({number})")]
            );
            assert!((1..=100).contains(&database.number(PREPARED)));
        }
    }
}

/// Between the first statement and the last others have committed.
#[test]
#[ignore = "needs PostgreSQL"]
fn what_is_read_together_is_of_one_moment() {
    let (database, done) = (Postgres::new(&address()), AtomicBool::new(false));
    let other = Postgres::of(&address(), database.schema());
    database.execute("CREATE TABLE note (text text)");
    let count = || Statement::new("SELECT count(*) AS notes FROM note", []);
    let told = thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                other.execute("INSERT INTO note VALUES ('x')");
            }
        });
        while database.number("SELECT count(*) FROM note") == 0 {}
        let told = read(&database, vec![count(), Statement::new("SELECT pg_sleep(0.2)", []), count()]);
        done.store(true, Ordering::Relaxed);
        told
    });
    assert_eq!(told[0], told[2]);
    assert_ne!(told[0], read(&database, vec![count()])[0], "nobody has written meanwhile");
}
