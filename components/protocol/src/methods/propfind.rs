//! PROPFIND (RFC 4918 §9.1).

mod tree;

use crate::accounts::Selector;
use crate::context::{Context, lookup};
use crate::directory::with_all_known;
use crate::href::Target;
use crate::multistatus::Multistatus;
use crate::notices;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Depth;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Selection, View};
use crate::types::{Home, Place, Principal};
use crate::xml::{DAV, XmlWriter};

/// Answers PROPFIND.
///
/// # Errors
/// 400 for a body that is no D:propfind; 403 `propfind-finite-depth` for Depth infinity on a collection, other than a
/// folder of plain files with not too much below it, and for too many names; 404.
pub fn propfind(context: &Context) -> Result<Reply> {
    let asked = body(context)?;
    let depth = context.request.depth(Depth::Infinity)?;
    match &context.target {
        Target::Place(place) => below_home(context, place, &asked, depth),
        Target::Principal(name) => principal(context, name, &asked, finite(depth)?),
        Target::Proxy(name, write) => {
            let principal = principal_named(context, name)?;
            answer(context, &asked, finite(depth)?, &Subject::Proxy(&principal, *write), &[])
        }
        Target::Notifications(name) => notifications(context, name, &asked, finite(depth)?),
        Target::Notification(owner, name) => {
            let notice = notices::named(context, owner, name)?;
            let subject = Subject::Notification(&context.identity.principal, &notice);
            answer(context, &asked, false, &subject, &[])
        }
        Target::Homes(home) => homes(context, *home, &asked, finite(depth)?),
        Target::Nothing | Target::Api | Target::WellKnown | Target::Public(_) => Err(Refusal::not_found()),
        fixed => answer(context, &asked, finite(depth)?, &Subject::Fixed(fixed), &children_of(context, fixed)),
    }
}

/// No body asks for all properties (RFC 4918 §9.1).
fn body(context: &Context) -> Result<PropertyRequest> {
    let Some(root) = context.request.xml()? else { return Ok(PropertyRequest::All(Vec::new())) };
    if !root.is(DAV, "propfind") {
        return Err(Refusal::bad("The body has to be a DAV: propfind element."));
    }
    PropertyRequest::of(&root)?
        .ok_or_else(|| Refusal::bad("A propfind element has to have prop, propname or allprop in it."))
}

/// Whether members are asked for as well.
fn finite(depth: Depth) -> Result<bool> {
    match depth {
        Depth::Zero => Ok(false),
        Depth::One => Ok(true),
        Depth::Infinity => Err(Refusal::dav(
            403,
            "propfind-finite-depth",
            "Ask with Depth 0 or 1. No Depth header at all means infinity.",
        )),
    }
}

/// The fixed collections' members, without those of [`homes`]. Of principals everybody sees their own.
fn children_of<'a>(context: &'a Context, target: &Target) -> Vec<Subject<'a>> {
    let own = &context.identity.principal;
    match target {
        Target::Root => vec![Subject::Fixed(&Target::Dav)],
        Target::Dav => vec![
            Subject::Fixed(&Target::Principals),
            Subject::Fixed(&Target::Homes(Home::Calendars)),
            Subject::Fixed(&Target::Homes(Home::Addressbooks)),
            Subject::Fixed(&Target::Homes(Home::Files)),
        ],
        Target::Principals => vec![Subject::Principal(own)],
        _ => Vec::new(),
    }
}

/// What holds the homes of a kind. Everybody sees their own in it, where their credential reaches that; and as it is
/// now, which nobody knows from the sign-in.
fn homes(context: &Context, home: Home, asked: &PropertyRequest, members: bool) -> Result<Reply> {
    let holder = Target::Homes(home);
    if !members || !context.reaches(home) {
        return answer(context, asked, members, &Subject::Fixed(&holder), &[]);
    }
    let place = context.own_home(home);
    let snapshot = context.read(&[lookup(&place, Selection::Itself, detail(asked, false))])?;
    let [view] = snapshot.views.as_slice() else { return Err(Refusal::not_found()) };
    let children: Vec<Subject> = Subject::at(&place, view, context.asker()).into_iter().collect();
    let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
    with_all_known(context, || write(&scene, asked, &Subject::Fixed(&holder), Some(&children)))
}

fn principal(context: &Context, name: &str, asked: &PropertyRequest, members: bool) -> Result<Reply> {
    let principal = principal_named(context, name)?;
    let children = [Subject::Proxy(&principal, false), Subject::Proxy(&principal, true)];
    answer(context, asked, members, &Subject::Principal(&principal), &children)
}

fn notifications(context: &Context, name: &str, asked: &PropertyRequest, members: bool) -> Result<Reply> {
    let own = &context.identity.principal;
    let notices = notices::of(context, name)?;
    let children: Vec<Subject> = notices.iter().map(|notice| Subject::Notification(own, notice)).collect();
    answer(context, asked, members, &Subject::Notifications(own), &children)
}

/// The principal of that name; for the asker's own no storage is needed.
///
/// # Errors
/// 404 where there is none.
pub fn principal_named(context: &Context, name: &str) -> Result<Principal> {
    let own = &context.identity.principal;
    if own.name == name {
        return Ok(own.clone());
    }
    let named = Selector::Names(vec![name.to_owned()]);
    context.survey(&[], Some(&named), &[])?.principals.pop().ok_or_else(Refusal::not_found)
}

/// An answer about what is outside the homes, for which storage is asked where properties of principals need it.
fn answer(
    context: &Context,
    asked: &PropertyRequest,
    members: bool,
    subject: &Subject,
    children: &[Subject],
) -> Result<Reply> {
    let own = &context.identity.principal;
    let scene = Scene { context, epoch: "", owner: Some(own), locks: &[] };
    with_all_known(context, || write(&scene, asked, subject, members.then_some(children)))
}

fn below_home(context: &Context, place: &Place, asked: &PropertyRequest, depth: Depth) -> Result<Reply> {
    let depth_one = depth == Depth::One;
    let selection = if depth_one { Selection::All } else { Selection::Itself };
    let snapshot = context.read(&[lookup(place, selection, detail(asked, depth_one))])?;
    let [view] = snapshot.views.as_slice() else { return Err(Refusal::not_found()) };
    let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
    let collections = view.children.iter().map(Subject::Collection);
    match find(place, view, context.asker()) {
        Found::Resource(collection, resource) => {
            Ok(write(&scene, asked, &Subject::Resource(collection, resource, None), None))
        }
        Found::Collection(_) if depth == Depth::Infinity && place.home == Home::Files => {
            tree::propfind(context, place, asked)
        }
        Found::Collection(collection) => {
            finite(depth)?;
            // Who may only learn when the owner is busy is not told what is there (RFC 4791 §6.1.1).
            let readable = depth_one && collection.access >= Access::Read;
            let members = collections.chain(resources_of(collection, view));
            let children = if readable { members.collect() } else { Vec::new() };
            Ok(write(&scene, asked, &Subject::Collection(collection), depth_one.then_some(children.as_slice())))
        }
        Found::Home(home, owner, properties) => {
            finite(depth)?;
            let children: Vec<Subject> = collections.collect();
            Ok(write(&scene, asked, &Subject::Home(home, owner, properties), depth_one.then_some(children.as_slice())))
        }
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

/// The resources in a collection.
fn resources_of<'a>(collection: &'a Collection, view: &'a View) -> impl Iterator<Item = Subject<'a>> {
    let resources = view.resources.iter().map(move |resource| Subject::Resource(collection, resource, None));
    resources.chain(view.tags.iter().map(move |tag| Subject::Tag(collection, tag)))
}

/// What storage has to bring for the properties that are asked for.
fn detail(asked: &PropertyRequest, members: bool) -> Detail {
    let mut detail = asked.detail_of_all();
    if members {
        detail |= Detail::CHILDREN;
        detail.set(Detail::TAGS, asked.is_brief());
    }
    detail
}

/// The members are there where the Depth is 1. The href of the target's own response is the path as the client asked
/// it; iOS compares them.
fn write(scene: &Scene, asked: &PropertyRequest, target: &Subject, members: Option<&[Subject]>) -> Reply {
    let request = &scene.context.request;
    let minimal = request.prefers_minimal();
    let no_root = request.prefers_no_root() && members.is_some();
    let mut multistatus = Multistatus::of(members.unwrap_or_default().len());
    if !no_root {
        multistatus.response(request.path(), |xml| write_propstats(scene, target, asked, minimal, xml));
    }
    let here = target.href(&scene.context.base);
    write_members(scene, asked, &here, members.unwrap_or_default(), &mut multistatus);
    let reply = multistatus.finish().preference_applied(minimal);
    // RFC 8144 §4
    if no_root { reply.header("preference-applied", "depth-noroot") } else { reply }
}

/// Responses about members of the collection with that href.
fn write_members(
    scene: &Scene,
    asked: &PropertyRequest,
    here: &str,
    members: &[Subject],
    multistatus: &mut Multistatus,
) {
    let minimal = scene.context.request.prefers_minimal();
    for member in members {
        let propstats = |xml: &mut XmlWriter| write_propstats(scene, member, asked, minimal, xml);
        match member {
            Subject::Resource(_, resource, _) => multistatus.member(here, &resource.name, propstats),
            Subject::Tag(_, tag) => multistatus.member(here, &tag.name, propstats),
            _ => multistatus.response(&member.href(&scene.context.base), propstats),
        }
    }
}
