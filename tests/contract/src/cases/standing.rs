//! The number by which an earlier sign-in is known to hold still.

use crate::interfaces::accounts::{Change, Credential, CredentialKind, Link};
use crate::world::*;

use super::accounts::credential;

/// The standing now, as everything that tells it says.
fn standing(world: &World<'_>) -> u64 {
    let told = [
        world.survey(world.calendar("work"), None, vec![]).snapshot.standing,
        world.nothing().standing,
        world.find_login("ann", None).0.standing,
        world.find_login("nobody", None).0.standing,
    ];
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    told[0]
}

pub fn the_standing_is_another_with_every_change_that_ends_a_sign_in(world: &World<'_>) {
    let ann = || world.principal("ann");
    let expired = Credential { expires: Some(NOW), ..credential(world, "old", CredentialKind::Session, world.ann, 1) };
    let more = [
        credential(world, "app", CredentialKind::AppPassword, world.ann, 1),
        credential(world, "bob's", CredentialKind::Token, world.bob, 1),
        expired,
    ];
    more.into_iter().for_each(|credential| world.change(Change::AddCredential(credential)));
    let changes = [
        Change::Update(Principal { disabled: true, ..ann() }),
        Change::Update(Principal { admin: true, ..ann() }),
        Change::Update(Principal { display_name: "Ann".into(), ..ann() }),
        Change::SetPassword((world.ann, "hash".into())),
        Change::Revoke(world.named("app")),
        Change::EndSessions((world.ann, NOW, 9)),
        Change::Retire(world.bob),
        Change::Delete(world.bob),
    ];
    let mut seen = vec![standing(world)];
    for change in changes {
        let told = format!("{change:?}");
        world.change(change);
        let now = standing(world);
        assert!(!seen.contains(&now), "{told}");
        seen.push(now);
    }
}

pub fn the_standing_stays_whatever_else_is_written(world: &World<'_>) {
    let work = world.calendar("work");
    world.change(Change::SetPassword((world.ann, "hash".into())));
    let before = standing(world);
    let link = Link { collection: world.work, place: work, free_busy: true };
    let link = Credential { link: Some(link), ..credential(world, "link", CredentialKind::Link, world.ann, 1) };
    let changes = [
        Change::AddCredential(credential(world, "app", CredentialKind::AppPassword, world.ann, 1)),
        Change::Used((world.named("app"), NOW)),
        Change::AddCredential(link),
        Change::Rehash((world.ann, "better".into(), 1)),
        Change::Failed((world.named("ann"), Some(world.named("address")), NOW)),
        Change::Succeeded((world.named("ann"), Some(world.named("address")))),
        Change::EndSessions((world.ann, NOW, 9)),
        Change::Create(user(&world.named("carl"))),
    ];
    for change in changes {
        let told = format!("{change:?}");
        world.change(change);
        assert_eq!(standing(world), before, "{told}");
    }
    world.store(world.work, "a", "one");
    assert_eq!(standing(world), before, "what is held is no part of it");
    let removed = Operation::DeleteCollection((world.work, NOW));
    world.apply(vec![removed]).unwrap();
    assert_eq!(standing(world), before, "nor are links, which end with their calendar");
}
