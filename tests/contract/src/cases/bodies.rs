//! Bodies in their rows and in the blob store.

pub use super::preconditions::nothing;
use crate::world::*;
use kalends_storage::INLINE;

pub fn every_body_comes_back_octet_for_octet(world: &World<'_>) {
    let root = world.id(&world.file(""));
    let bodies: [(&str, Vec<u8>); 9] = [
        ("a-empty", vec![]),
        ("b-text", "BEGIN:VCALENDAR\r\nSUMMARY:\u{1f389} \u{fc}\r\nEND:VCALENDAR\r\n".into()),
        ("c-binary", vec![0xff, 0, 1]),
        ("d-with-nul", b"a\0b".to_vec()),
        ("e-largest-in-its-row", vec![b'x'; INLINE]),
        ("f-smallest-beside-it", vec![b'x'; INLINE + 1]),
        ("g-megabyte", (0..1 << 20).map(|position: u32| position.to_le_bytes()[1]).collect()),
        ("h-large-again", vec![b'x'; INLINE + 1]),
        ("i-byte-order-mark", "\u{feff}text".into()),
    ];
    for (name, body) in &bodies {
        world.apply(vec![Operation::Put(put(root, name, body.clone()))]).unwrap();
    }
    let view = world.view(&world.file(""));
    for (resource, (name, body)) in view.resources.iter().zip(&bodies) {
        assert_eq!((resource.name.as_str(), resource.size, &resource.etag), (*name, body.len() as u64, &tag(body)));
        assert!(resource.body.as_deref() == Some(body), "{name} came back otherwise");
    }
    let size = bodies.iter().map(|(_, body)| body.len() as u64).sum();
    assert_eq!((view.resources.len(), view.owner.unwrap().used, view.collection.unwrap().bytes), (9, size, size));
}

pub fn a_large_body_is_replaced_copied_and_removed(world: &World<'_>) {
    let root = world.id(&world.file(""));
    let (first, second) = (vec![b'1'; INLINE * 2], vec![b'2'; INLINE * 2]);
    let body =
        |name: &str| world.view(&world.file(name)).resources.pop().and_then(|resource| Some(resource.body?.to_vec()));
    world.apply(vec![Operation::Put(put(root, "a", first.clone()))]).unwrap();
    world.apply(vec![Operation::Copy(transfer((root, "a"), (root, "b")))]).unwrap();
    world.apply(vec![Operation::Put(put(root, "a", second.clone()))]).unwrap();
    assert!(body("a") == Some(second) && body("b") == Some(first.clone()));
    world.store(root, "a", "small");
    assert_eq!(body("a"), Some(b"small".to_vec()));
    world.apply(vec![delete(root, "b")]).unwrap();
    assert_eq!(body("b"), None);
    world.apply(vec![Operation::Put(put(root, "c", first.clone()))]).unwrap();
    assert!(body("c") == Some(first), "what nothing referred to any more may be stored again");
    // A write that is refused leaves nothing to be seen of its body.
    let guard = Guard::Unchanged((member(root, "d"), Some(tag("x"))));
    let large = Operation::Put(put(root, "d", vec![b'4'; INLINE * 2]));
    assert_eq!(world.guarded(vec![guard], vec![large.clone()]), Err(Rejection::Changed));
    assert_eq!(body("d"), None);
    assert_eq!(world.apply(vec![large]), Ok(()));
}

/// The body that all store and replace.
fn common() -> Vec<u8> {
    vec![b'c'; INLINE * 3]
}

pub fn store_a_large_one(world: &World<'_>, writer: u32) {
    let root = world.id(&world.file(""));
    let name = writer.to_string();
    for _ in 0..5 {
        world.apply(vec![Operation::Put(put(root, &name, common()))]).unwrap();
        world.apply(vec![Operation::Put(put(root, &name, "small"))]).unwrap();
    }
    world.apply(vec![Operation::Put(put(root, &name, common()))]).unwrap();
}

pub fn one_large_body_of_several_writers_stays(world: &World<'_>) {
    let view = world.view(&world.file(""));
    assert_eq!(view.resources.len(), 4);
    assert!(view.resources.into_iter().all(|resource| resource.body.as_deref() == Some(&common())));
}
