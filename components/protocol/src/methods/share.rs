//! Invitations to a collection, by POST: CalendarServer's `CS:share` (calendarserver-sharing §5.3) and
//! `DAV:share-resource` (draft-pot-webdav-resource-sharing §4.3). They act on the same shares as the ACL method does.

use crate::accounts::Selector;
use crate::context::Context;
use crate::href::{self, Target};
use crate::multistatus::Multistatus;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::shares;
use crate::store::{Access, Collection, Detail, Invitation, Operation, Share};
use crate::types::Principal;
use crate::write::Grounds;
use crate::xml::{CALENDARSERVER, DAV, Element};

/// People that one request may name.
const MOST: usize = 100;

/// Characters of what is said about an invitation; the rest is left out, as whoever is invited has to read it.
const MAX_SUMMARY: usize = 1000;

/// What a request wants for one sharee.
struct Wish {
    /// As the client named them.
    href: String,
    /// None: the share is to end.
    access: Option<Access>,
    summary: String,
}

/// Invites, changes what was granted, and ends shares. Who is not known here is told by a 207; the others are invited
/// all the same.
///
/// # Errors
/// 400 where nothing is asked for; 403 for anybody but the owner; 404.
pub fn share(context: &Context, root: &Element) -> Result<Reply> {
    let wishes = wishes(root)?;
    let place = context.place()?;
    let named = wishes.iter().filter_map(|wish| called(context, &wish.href)).map(|(name, _)| name);
    let selector = Selector::KnownAs(named.collect());
    let (grounds, known) = Grounds::read_with(context, &[place], Detail::SHARES, Some(&selector))?;
    let collection = shares::collection(context, &grounds)?;
    let (mut operations, mut unknown) = (Vec::new(), Vec::new());
    for wish in &wishes {
        match sharee(context, collection, &known, wish) {
            Some((id, name)) => {
                eprintln!("security: {:?} {} {:?} to {:?}", context.identity.principal.name, wish.verb(), name, place);
                operations.push(wish.operation(context, collection, id));
            }
            None => unknown.push(wish.href.as_str()),
        }
    }
    if !operations.is_empty() {
        shares::change(context, &grounds, collection, &operations)?;
    }
    Ok(if unknown.is_empty() { Reply::new(200) } else { invalid(&unknown) })
}

impl Wish {
    fn operation(&self, context: &Context, collection: &Collection, principal: u64) -> Operation {
        match self.access {
            None => Operation::Unshare((collection.id, principal, context.now())),
            Some(access) => Operation::Invite(Invitation {
                collection: collection.id,
                principal,
                access,
                summary: self.summary.clone(),
                now: context.now(),
            }),
        }
    }

    /// For the log.
    fn verb(&self) -> &'static str {
        if self.access.is_some() { "invited" } else { "no longer shares with" }
    }
}

/// What the children of `CS:share` or `DAV:share-resource` ask for.
fn wishes(root: &Element) -> Result<Vec<Wish>> {
    let wishes: Option<Vec<Wish>> = root.children().filter(|child| is_wish(child)).map(wish).collect();
    match wishes {
        Some(wishes) if wishes.is_empty() => Err(Refusal::bad("Nobody is named.")),
        Some(wishes) if wishes.len() > MOST => Err(Refusal::bad(format!("More than {MOST} people are named."))),
        Some(wishes) => Ok(wishes),
        None => Err(Refusal::bad("Each sharee has to have a href, and an access that there is.")),
    }
}

fn is_wish(element: &Element) -> bool {
    element.is(CALENDARSERVER, "set") || element.is(CALENDARSERVER, "remove") || element.is(DAV, "sharee")
}

fn wish(element: &Element) -> Option<Wish> {
    let href = element.child(DAV, "href")?.text().trim().to_owned();
    let text = |namespace, local| element.child(namespace, local).map(|child| child.text().trim().to_owned());
    let summary = text(CALENDARSERVER, "summary").or_else(|| text(DAV, "comment")).unwrap_or_default();
    let summary = summary.chars().take(MAX_SUMMARY).collect();
    let access = match element.name.namespace.as_str() {
        CALENDARSERVER if element.name.local == "remove" => None,
        CALENDARSERVER => Some(access(element, CALENDARSERVER)?),
        _ => {
            let wanted = element.child(DAV, "share-access")?;
            if wanted.child(DAV, "no-access").is_some() { None } else { Some(access(wanted, DAV)?) }
        }
    };
    Some(Wish { href, access, summary })
}

fn access(element: &Element, namespace: &str) -> Option<Access> {
    let has = |local| element.child(namespace, local).is_some();
    if has("read-write") || has("read-write-schedule") {
        Some(Access::Write)
    } else {
        has("read").then_some(Access::Read)
    }
}

/// The share of somebody, where there is one.
fn having<'a>(context: &Context, collection: &'a Collection, href: &str) -> Option<&'a Share> {
    let (name, is_address) = called(context, href)?;
    collection.shares.iter().find(|share| match (&share.email, is_address) {
        (Some(email), true) => email.eq_ignore_ascii_case(&name),
        (_, is_address) => !is_address && share.name == name,
    })
}

/// Number and name of whom a href names; none for nobody here, and where an address is that of several.
fn sharee(context: &Context, collection: &Collection, known: &[Principal], wish: &Wish) -> Option<(u64, String)> {
    if let Some(share) = having(context, collection, &wish.href) {
        return Some((share.principal, share.name.clone()));
    }
    let (name, is_address) = called(context, &wish.href)?;
    let mut found = known.iter().filter(|principal| match is_address {
        true => principal.emails.iter().any(|email| email.eq_ignore_ascii_case(&name)),
        false => principal.name == name,
    });
    let principal = found.next().filter(|principal| principal.id != collection.owner)?;
    found.next().is_none().then(|| (principal.id, principal.name.clone()))
}

/// The name or e-mail address that a calendar user address (RFC 4791 §6.2.1) is, and whether it is an address.
fn called(context: &Context, href: &str) -> Option<(String, bool)> {
    match href.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => Some((href::decode(href.get(7..)?), true)),
        _ => match href::parse_reference(&context.base, href)? {
            Target::Principal(name) => Some((name, false)),
            _ => None,
        },
    }
}

/// 207 for those who cannot be invited.
fn invalid(hrefs: &[&str]) -> Reply {
    let refusal = Refusal::new(403, "Nobody here has this address.").because(CALENDARSERVER, "invite-invalid");
    let mut multistatus = Multistatus::new();
    hrefs.iter().for_each(|href| multistatus.refused(href, &refusal));
    multistatus.finish()
}
