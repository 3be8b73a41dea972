#![allow(warnings)]
#[path = "storage/support.rs"]
mod support;
use support::*;
use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Storage, Value};
struct Explain<'a>(&'a Sqlite);
impl Database for Explain<'_> {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        for s in &statements {
            println!("--- {}", s.sql);
            let mut p = self.0.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", s.sql)).unwrap();
            let n = s.params.len();
            let params: Vec<rusqlite::types::Value> = s.params.iter().map(|v| match v { Value::Text(t) => t.clone().into(), Value::Integer(i) => (*i).into(), _ => rusqlite::types::Value::Null }).collect();
            let rows: Vec<String> = p.query_map(rusqlite::params_from_iter(params), |r| Ok(format!("{:>3} {:>3} {}", r.get::<_,i64>(0)?, r.get::<_,i64>(1)?, r.get::<_, String>(3)?))).unwrap().map(|r| r.unwrap()).collect();
            for r in rows { println!("      {r}"); }
        }
        let t = std::time::Instant::now();
        let r = self.0.batch(kind, statements);
        println!("=== {:?}", t.elapsed());
        r
    }
}
#[test]
fn plans() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let puts = (0..5000).map(|n| { let mut p = event(work, &format!("{n}.ics"), &format!("u{n}")); p.index.first = Some(n*1000); p.index.last=Some(n*1000+500); p.index.texts = vec![("SUMMARY".into(), format!("party {n}"))]; p.body = vec![b'x'; 1000]; Operation::Put(p) });
    world.apply(puts.collect()).unwrap();
    let storage = Storage::new(Explain(&world.sqlite), &world.blobs);
    let q = IndexQuery { components: vec!["VEVENT".into()], start: Some(100_000), end: Some(200_000), uid: None, texts: vec![], any_text: false, limit: None };
    let tq = IndexQuery { components: vec![], start: None, end: None, texts: vec![TextTest { name: "SUMMARY".into(), value: "party 77".into(), kind: kalends_storage::bindings::kalends::dav::text::MatchType::StartsWith }], ..q.clone() };
    for (sel, detail, path) in [
        (Selection::Itself, Detail::empty(), "work"),
        (Selection::Itself, Detail::BODIES | Detail::LOCKS, "work/7.ics"),
        (Selection::All, Detail::empty(), "work"),
        (Selection::All, Detail::BODIES, "work"),
        (Selection::Matching(q), Detail::BODIES, "work"),
        (Selection::Matching(tq), Detail::BODIES, "work"),
        (Selection::Names((0..100).map(|n| format!("{n}.ics")).collect()), Detail::BODIES, "work"),
        (Selection::Since(Since { seq: 4990, limit: Some(100) }), Detail::BODIES, "work"),
        (Selection::Itself, Detail::CHILDREN, ""),
    ] {
        println!("######## {sel:.0?} {path}");
        storage.read(ANN, 0, vec![Lookup { place: calendars("ann", path), selection: sel, detail }]).unwrap();
    }
    println!("######## PUT");
    let member = member(work, "7.ics");
    storage.apply(ANN, vec![Guard::Access((work, Access::Write)), Guard::Unlocked(Unlocked { place: calendars("ann", "work/7.ics"), deep: false, tokens: vec![], now: 0 }), Guard::Room((work, 100))], vec![Operation::Put(event(work, "7.ics", "u7"))]).unwrap();
    println!("######## DELETE");
    storage.apply(ANN, vec![], vec![Operation::Delete((member, 0))]).unwrap();
    let c = world.create(&calendars("ann", "other"));
    println!("######## DELETE COLLECTION");
    storage.apply(ANN, vec![], vec![Operation::DeleteCollection(c)]).unwrap();
}
