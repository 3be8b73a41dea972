//! PROPFIND of Depth infinity, which folders of plain files alone have something for: nothing else is as deep.

use std::collections::VecDeque;

use super::{detail, finite, resources_of, write_members};
use crate::context::{Context, lookup};
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::Result;
use crate::reply::Reply;
use crate::request::Depth;
use crate::resolve::{Found, find};
use crate::store::{Access, Lookup, Selection};
use crate::types::Place;

/// Folders in one answer, at most: each is a look-up of its own.
const MAX_FOLDERS: usize = 256;
/// Folders that storage is asked for at once, at most.
const AT_ONCE: usize = 64;
/// What these may have in them, where they are several: all of it is in memory at once.
const MEMBERS_AT_ONCE: u64 = 10_000;

/// Answers for a folder, with all that is below it: level by level, in as many round trips as there are levels, or more
/// where these are wide.
///
/// # Errors
/// 403 `propfind-finite-depth` where there are too many folders; 507 where the answer is too long.
pub fn propfind(context: &Context, folder: &Place, asked: &PropertyRequest) -> Result<Reply> {
    let request = &context.request;
    let (minimal, no_root) = (request.prefers_minimal(), request.prefers_no_root());
    let detail = detail(asked, true);
    let mut multistatus = Multistatus::new();
    let (mut waiting, mut known) = (VecDeque::from([(folder.clone(), 0)]), 1);
    while !waiting.is_empty() && !multistatus.is_too_long() {
        let places = some_of(&mut waiting);
        let lookups: Vec<Lookup> = places.iter().map(|place| lookup(place, Selection::All, detail)).collect();
        let snapshot = context.read(&lookups)?;
        for (place, view) in places.iter().zip(&snapshot.views) {
            // One that went in between is not there.
            let Found::Collection(collection) = find(place, view, context.asker()) else { continue };
            let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
            let subject = Subject::Collection(collection);
            let here = subject.href(&context.base);
            let is_root = place == folder;
            if !(is_root && no_root) {
                let href = if is_root { request.path() } else { &here };
                multistatus.response(href, |xml| write_propstats(&scene, &subject, asked, minimal, xml));
            }
            if collection.access >= Access::Read {
                let resources: Vec<Subject> = resources_of(collection, view).collect();
                write_members(&scene, asked, &here, &resources, &mut multistatus);
                waiting.extend(view.children.iter().map(|child| (child.place.clone(), child.members)));
                known += view.children.len();
            }
            if known > MAX_FOLDERS {
                finite(Depth::Infinity)?;
            }
        }
    }
    let reply = multistatus.finish().preference_applied(minimal);
    Ok(if no_root { reply.header("preference-applied", "depth-noroot") } else { reply })
}

/// Takes the next folders, each of which has so many members.
fn some_of(waiting: &mut VecDeque<(Place, u64)>) -> Vec<Place> {
    let mut members = 0;
    let fit = waiting.iter().take(AT_ONCE).take_while(|(_, more)| {
        members += more;
        members <= MEMBERS_AT_ONCE
    });
    let number = fit.count().max(1);
    waiting.drain(..number).map(|(folder, _)| folder).collect()
}
