//! Shares that are offered, and the answers.

use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, NewPrincipal};

use crate::support::*;

/// A group.
const TEAM: u64 = 3;

fn invite(collection: u64, principal: u64, access: Access) -> Operation {
    let summary = "Ann's work".to_owned();
    Operation::Invite(Invitation { collection, principal, access, summary, now: 1000 })
}

fn answer(world: &World, collection: u64, accept: bool) -> Result<(), Rejection> {
    world.guarded(BOB, vec![], vec![Operation::Answer(Answer { collection, accept, now: 2000 })])
}

/// The only share, as a principal is told of it.
fn share(world: &World, asker: u64) -> Share {
    let mut all = world.storage().shares(asker).unwrap().0;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).share
}

fn sees(world: &World) -> Option<Access> {
    let work = world.view(BOB, &calendars("ann", "work")).collection.map(|collection| collection.access);
    let home = world.view(BOB, &calendars("bob", "")).children;
    assert_eq!(home.first().map(|shared| shared.access), work, "the home and the place agree");
    if let Some(shared) = home.first() {
        assert!(world.view(BOB, &shared.place).collection.is_some());
    }
    work
}

#[test]
fn what_is_offered_gives_nothing_until_it_is_accepted() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, BOB, Access::Write)]).unwrap();
    assert_eq!(sees(&world), None);
    let there = calendars("bob", &format!("shared~{work}"));
    assert!(world.view(BOB, &there).collection.is_none());
    assert_eq!(world.guard(BOB, Guard::Access((work, Access::FreeBusy))), Err(Rejection::Denied));
    let offered = share(&world, BOB);
    assert_eq!((offered.state, offered.access, offered.notice), (ShareState::Invited, Access::Write, true));
    assert_eq!((offered.summary.as_str(), offered.changed), ("Ann's work", 1000));
    assert_eq!(share(&world, ANN), offered, "both are told the same");
    assert_eq!(world.collection(ANN, &calendars("ann", "work")).shares, [offered]);
    answer(&world, work, true).unwrap();
    assert_eq!(sees(&world), Some(Access::Write));
    let accepted = share(&world, ANN);
    assert_eq!((accepted.state, accepted.changed, accepted.notice), (ShareState::Accepted, 2000, true));
}

#[test]
fn what_was_accepted_can_be_declined_and_what_was_declined_offered_again() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, BOB, Access::Read)]).unwrap();
    answer(&world, work, true).unwrap();
    world.apply(vec![invite(work, BOB, Access::Write)]).unwrap();
    assert_eq!(sees(&world), Some(Access::Write), "who has accepted is not asked again");
    answer(&world, work, false).unwrap();
    assert_eq!((sees(&world), share(&world, ANN).state), (None, ShareState::Declined));
    world.apply(vec![invite(work, BOB, Access::Read)]).unwrap();
    let again = share(&world, BOB);
    assert_eq!((sees(&world), again.state, again.notice), (None, ShareState::Invited, true));
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    let granted = share(&world, BOB);
    assert_eq!((sees(&world), granted.state, granted.notice), (Some(Access::Read), ShareState::Accepted, false));
}

#[test]
fn only_what_was_offered_can_be_answered() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    assert_eq!(answer(&world, work, true), Err(Rejection::Gone));
    assert_eq!(answer(&world, 999, true), Err(Rejection::Gone));
    world.apply(vec![invite(work, ANN, Access::Read)]).unwrap();
    assert!(world.storage().shares(ANN).unwrap().0.is_empty(), "nobody is asked to what is their own");
    assert_eq!(world.apply(vec![invite(work, 999, Access::Read)]), Err(Rejection::Gone));
    assert_eq!(world.apply(vec![invite(999, BOB, Access::Read)]), Err(Rejection::Gone));
}

#[test]
fn each_removes_its_own_notifications() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let dismiss = |asker| world.guarded(asker, vec![], vec![Operation::Dismiss((work, BOB))]).unwrap();
    world.apply(vec![invite(work, BOB, Access::Read)]).unwrap();
    dismiss(ANN);
    assert!(share(&world, BOB).notice, "the invitation is the sharee's");
    dismiss(BOB);
    let offered = share(&world, BOB);
    assert_eq!((offered.notice, offered.state), (false, ShareState::Invited), "it stands without its notification");
    answer(&world, work, true).unwrap();
    answer(&world, work, true).unwrap();
    dismiss(BOB);
    assert!(share(&world, ANN).notice, "the answer is the owner's");
    dismiss(ANN);
    assert!(!share(&world, ANN).notice);
    answer(&world, work, true).unwrap();
    assert!(!share(&world, ANN).notice, "the same answer again is no news");
}

#[test]
fn who_loses_a_share_is_told_and_has_nothing_else_of_it() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let end = |asker| world.guarded(asker, vec![], vec![Operation::Unshare((work, BOB, 3000))]).unwrap();
    let told = |asker| world.storage().shares(asker).unwrap().0.len();
    world.apply(vec![invite(work, BOB, Access::Write)]).unwrap();
    answer(&world, work, true).unwrap();
    end(ANN);
    let ended = share(&world, BOB);
    assert_eq!((ended.state, ended.changed, ended.notice), (ShareState::Withdrawn, 3000, true));
    assert_eq!((sees(&world), told(ANN)), (None, 0), "for its owner there is no share");
    assert!(world.collection(ANN, &calendars("ann", "work")).shares.is_empty());
    assert_eq!(answer(&world, work, true), Err(Rejection::Gone), "there is nothing to accept");
    assert_eq!(sees(&world), None);
    world.guarded(BOB, vec![], vec![Operation::Dismiss((work, BOB))]).unwrap();
    assert_eq!(told(BOB), 0);
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    end(ANN);
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    assert_eq!((sees(&world), share(&world, BOB).notice), (Some(Access::Read), false), "it is shared again");
    end(BOB);
    assert_eq!((sees(&world), told(BOB)), (None, 0), "who leaves is told nothing");
    world.apply(vec![invite(work, BOB, Access::Read)]).unwrap();
    answer(&world, work, false).unwrap();
    end(ANN);
    assert_eq!(told(BOB), 0, "nor who did not want it");
}

#[test]
fn where_a_calendar_goes_after_a_share_is_not_told() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, BOB, Access::Read), Operation::Unshare((work, BOB, 3000))]).unwrap();
    assert_eq!(share(&world, BOB).state, ShareState::Withdrawn);
    world.apply(vec![Operation::MoveCollection(relocation(work, &calendars("ann", "elsewhere"), true))]).unwrap();
    assert!(world.storage().shares(BOB).unwrap().0.is_empty());
}

/// A calendar of ann's that bob has a share of.
fn shared(world: &World, path: &str, accepted: bool) -> u64 {
    let place = calendars("ann", path);
    world.create(&place);
    let calendar = world.id(&place);
    world.apply(vec![invite(calendar, BOB, Access::Write)]).unwrap();
    if accepted {
        answer(world, calendar, true).unwrap();
    }
    calendar
}

#[test]
fn who_has_a_share_of_what_is_removed_is_told() {
    let world = World::new();
    for accepted in [true, false] {
        let calendar = shared(&world, "plans", accepted);
        let title = property("displayname", "<displayname>Plans</displayname>");
        let patch =
            Proppatch { subject: Subject::Collection(calendar), set: vec![title.clone()], remove: vec![], now: 1000 };
        world.apply(vec![Operation::Proppatch(patch)]).unwrap();
        world.apply(vec![Operation::DeleteCollection((calendar, 3000))]).unwrap();
        let told = world.storage().shares(BOB).unwrap().0.remove(0);
        assert_eq!((told.collection, told.place, told.title), (calendar, calendars("ann", "plans"), Some(title)));
        assert_eq!((told.owner, told.owner_email.as_deref()), (ANN, Some("ann@example.org")));
        let ended = share(&world, BOB);
        assert_eq!((ended.state, ended.changed, ended.notice), (ShareState::Withdrawn, 3000, true));
        assert_eq!((ended.access, ended.summary.as_str(), ended.name.as_str()), (Access::Write, "Ann's work", "bob"));
        assert!(world.storage().shares(ANN).unwrap().0.is_empty(), "it is the sharee's");
        assert_eq!(answer(&world, calendar, true), Err(Rejection::Gone), "there is nothing to accept");
        let dismiss = |asker| world.guarded(asker, vec![], vec![Operation::Dismiss((calendar, BOB))]).unwrap();
        dismiss(ANN);
        assert!(share(&world, BOB).notice, "nobody else removes it");
        dismiss(BOB);
        assert!(world.storage().shares(BOB).unwrap().0.is_empty());
    }
}

#[test]
fn of_what_is_removed_only_those_are_told_who_still_had_a_share() {
    let world = World::new();
    let remove = |id| world.apply(vec![Operation::DeleteCollection((id, 5000))]).unwrap();
    let declined = shared(&world, "declined", true);
    answer(&world, declined, false).unwrap();
    remove(declined);
    assert!(world.storage().shares(BOB).unwrap().0.is_empty(), "who did not want it is told nothing");
    let withdrawn = shared(&world, "withdrawn", true);
    world.apply(vec![Operation::Unshare((withdrawn, BOB, 3000))]).unwrap();
    let before = world.storage().shares(BOB).unwrap().0;
    remove(withdrawn);
    assert_eq!(world.storage().shares(BOB).unwrap().0, before, "what was told stays as it was");
    world.guarded(BOB, vec![], vec![Operation::Dismiss((withdrawn, BOB))]).unwrap();
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user("team") })).unwrap();
    world.change(Change::Join((TEAM, BOB))).unwrap();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, TEAM, Access::Write)]).unwrap();
    remove(work);
    world.create(&files("ann", "folder"));
    let folder = world.id(&files("ann", "folder"));
    world.apply(vec![Operation::Share((folder, BOB, Access::Read))]).unwrap();
    remove(folder);
    assert!(world.storage().shares(BOB).unwrap().0.is_empty(), "nor is a group, nor who had plain files");
}

#[test]
fn who_has_a_share_of_an_account_that_is_removed_is_told() {
    let world = World::new();
    let plans = shared(&world, "plans", true);
    world.change(Change::Delete(ANN)).unwrap();
    let told = world.storage().shares(BOB).unwrap().0.remove(0);
    assert_eq!((told.collection, told.share.state, told.share.notice), (plans, ShareState::Withdrawn, true));
    assert_eq!((told.place, told.owner_display_name.as_str()), (calendars("ann", "plans"), "ANN"));
    assert!(told.share.changed > 1000, "by the database's clock");
    world.change(Change::Delete(BOB)).unwrap();
    assert_eq!(world.database.number("SELECT count(*) FROM ended_share"), 0);
}

#[test]
fn who_removes_no_notifications_keeps_a_bounded_number() {
    let world = World::new();
    let calendar = shared(&world, "plans", true);
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO ended_share \
        SELECT 2, 100000 + i, 0, 'old', '', NULL, 1, 'ann', 'ANN', '', 2, '', 1 FROM n";
    world.database.execute(fill);
    let count = || world.database.number("SELECT count(*) FROM ended_share");
    world.apply(vec![Operation::DeleteCollection((calendar, 3000))]).unwrap();
    assert_eq!(count(), 1000);
    world.guarded(BOB, vec![], vec![Operation::Dismiss((100_001, BOB))]).unwrap();
    let calendar = shared(&world, "plans", true);
    world.apply(vec![Operation::DeleteCollection((calendar, 3000))]).unwrap();
    assert_eq!(count(), 1000);
    assert!(world.storage().shares(BOB).unwrap().0.iter().any(|told| told.collection == calendar));
}

#[test]
fn a_group_has_what_it_is_offered() {
    let world = World::new();
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user("team") })).unwrap();
    world.change(Change::Join((TEAM, BOB))).unwrap();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, TEAM, Access::Write)]).unwrap();
    assert_eq!(sees(&world), Some(Access::Write));
    let share = share(&world, BOB);
    assert_eq!((share.name.as_str(), share.state, share.notice), ("team", ShareState::Accepted, false));
}

#[test]
fn shares_tell_what_they_are_of() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let title = property("displayname", "<displayname>Work</displayname>");
    let patch = Proppatch { subject: Subject::Collection(work), set: vec![title.clone()], remove: vec![], now: 1000 };
    world.apply(vec![Operation::Proppatch(patch), invite(work, BOB, Access::Read)]).unwrap();
    let told = world.storage().shares(BOB).unwrap().0.remove(0);
    assert_eq!((told.collection, told.place, told.title), (work, calendars("ann", "work"), Some(title)));
    assert_eq!((told.owner, told.owner_display_name.as_str()), (ANN, "ANN"));
    assert_eq!((told.owner_email.as_deref(), told.components), (Some("ann@example.org"), vec!["VEVENT".to_owned()]));
}

#[test]
fn who_leaves_has_it_no_more_or_nothing_changes() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let leave = || world.guarded(BOB, vec![], vec![Operation::Leave((work, 3000))]);
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user("team") })).unwrap();
    world.change(Change::Join((TEAM, BOB))).unwrap();
    world.apply(vec![Operation::Share((work, TEAM, Access::Read))]).unwrap();
    assert_eq!(leave(), Err(Rejection::Denied), "there is the group's share");
    let states: Vec<ShareState> =
        world.storage().shares(ANN).unwrap().0.into_iter().map(|one| one.share.state).collect();
    assert_eq!(states, [ShareState::Accepted, ShareState::Accepted]);
    world.change(Change::Leave((TEAM, BOB))).unwrap();
    leave().unwrap();
    assert_eq!(sees(&world), None);
    let told = world.collection(ANN, &calendars("ann", "work")).shares;
    let his = told.iter().find(|share| share.principal == BOB).unwrap();
    assert_eq!((his.state, his.changed, his.notice), (ShareState::Declined, 3000, true));
    leave().unwrap();
}

/// What others offer and share is read whenever its sharee lists the home.
#[test]
fn nobody_is_offered_more_than_a_bounded_number() {
    let world = World::new();
    let names: Vec<String> = (0..501).map(|number| format!("c{number}")).collect();
    let made: Vec<u64> = names.iter().map(|name| world.create(&calendars("ann", name))).collect();
    let (last, first) = made.split_last().unwrap();
    world.apply(first.iter().map(|collection| invite(*collection, BOB, Access::Read)).collect()).unwrap();
    assert_eq!(world.apply(vec![invite(*last, BOB, Access::Read)]), Err(Rejection::NoRoom));
    assert_eq!(world.apply(vec![Operation::Share((*last, BOB, Access::Read))]), Err(Rejection::NoRoom));
    let at = Operation::ShareAt((calendars("ann", "c500"), BOB, Access::Read));
    assert_eq!(world.apply(vec![at]), Err(Rejection::NoRoom));
    world.apply(vec![invite(first[0], BOB, Access::Write)]).unwrap();
    answer(&world, first[0], false).unwrap();
    world.apply(vec![Operation::Share((*last, BOB, Access::Read))]).unwrap();
}

#[test]
fn a_name_of_any_length_is_not_told_to_sharees() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![invite(work, BOB, Access::Read)]).unwrap();
    let name = PropertyName { namespace: "DAV:".into(), name: "displayname".into() };
    let title = |octets| {
        let set = vec![Property { name: name.clone(), xml: "x".repeat(octets) }];
        let patch = Proppatch { subject: Subject::Collection(work), set, remove: vec![], now: 1000 };
        world.apply(vec![Operation::Proppatch(patch)]).unwrap();
        world.storage().shares(BOB).unwrap().0.remove(0).title.map(|title| title.xml.len())
    };
    assert_eq!([title(4096), title(4097)], [Some(4096), None]);
}
