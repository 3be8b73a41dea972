//! Who asks (RFC 5397), and the properties of principals (RFC 3744 §4, RFC 4791 §6.2, RFC 6352 §7.1, RFC 6638 §2.4).

use super::{Answer, Live, Scene, Subject};
use crate::directory::own_card;
use crate::href;
use crate::store::Detail;
use crate::types::{Home, Principal, PrincipalKind};
use crate::xml::{CARDDAV, DAV, XmlWriter};

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("D:current-user-principal", current_user_principal),
    Live::new("D:principal-URL", principal_url),
    Live::new("D:alternate-URI-set", alternate_uri_set),
    Live::new("D:group-member-set", group_member_set),
    Live::new("D:group-membership", group_membership),
    Live::new("C:calendar-home-set", calendar_home_set),
    Live::new("C:calendar-user-address-set", calendar_user_address_set),
    Live::new("C:calendar-user-type", calendar_user_type),
    Live::new("CR:addressbook-home-set", addressbook_home_set),
    Live::new("CR:principal-address", principal_address).settable(),
    Live::new("CS:email-address-set", email_address_set),
    Live::new("CS:calendar-proxy-read-for", calendar_proxy_for),
    Live::new("CS:calendar-proxy-write-for", calendar_proxy_for),
];

/// Everywhere (RFC 5397 §3).
fn current_user_principal(scene: &Scene, _: &Subject, xml: &mut XmlWriter) -> Answer {
    xml.href(&scene.context.own_principal());
    Answer::Given
}

/// The principal that a property of principals is about. iOS asks `/` and `/dav/` for `principal-URL` and expects there
/// what `current-user-principal` says.
fn principal<'a>(scene: &Scene<'a>, subject: &Subject<'a>) -> Option<&'a Principal> {
    match subject {
        Subject::Principal(principal) => Some(principal),
        Subject::Fixed(_) => Some(&scene.context.identity.principal),
        _ => None,
    }
}

fn principal_url(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match (subject, principal(scene, subject)) {
        (Subject::Proxy(..), _) => xml.href(&subject.href(&scene.context.base)),
        (_, Some(principal)) => xml.href(&href::of_principal(&scene.context.base, &principal.name)),
        _ => return Answer::Missing,
    }
    Answer::Given
}

fn alternate_uri_set(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Principal(principal) = subject else { return Answer::Missing };
    principal.emails.iter().for_each(|email| xml.href(&format!("mailto:{email}")));
    Answer::Given
}

fn group_member_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Proxy(..) => Answer::Given,
        Subject::Principal(principal) if principal.kind == PrincipalKind::Group => {
            write_related(scene, principal, true, xml)
        }
        Subject::Principal(_) => Answer::Given,
        _ => Answer::Missing,
    }
}

fn group_membership(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Principal(principal) => write_related(scene, principal, false, xml),
        _ => Answer::Missing,
    }
}

/// The members of a principal, or the groups that it is in.
fn write_related(scene: &Scene, principal: &Principal, members: bool, xml: &mut XmlWriter) -> Answer {
    let Some(related) = scene.context.directory.related(principal.id, members) else { return Answer::Missing };
    related.iter().for_each(|one| xml.href(&href::of_principal(&scene.context.base, &one.name)));
    Answer::Given
}

fn calendar_home_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    home_set(scene, subject, Home::Calendars, xml)
}

fn addressbook_home_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    home_set(scene, subject, Home::Addressbooks, xml)
}

fn home_set(scene: &Scene, subject: &Subject, home: Home, xml: &mut XmlWriter) -> Answer {
    match principal(scene, subject) {
        Some(principal) if principal.kind == PrincipalKind::User => {
            xml.href(&href::of_home(&scene.context.base, home, &principal.name));
            Answer::Given
        }
        _ => Answer::Missing,
    }
}

/// macOS waits for it to have something in it: the principal's own path where there is no e-mail address.
fn calendar_user_address_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(principal) = principal(scene, subject) else { return Answer::Missing };
    for (position, email) in principal.emails.iter().enumerate() {
        let preferred = if position == 0 { "1" } else { "0" };
        xml.start_with("D:href", &[("preferred", preferred)]);
        xml.text(&format!("mailto:{email}"));
        xml.end("D:href");
    }
    xml.href(&href::of_principal(&scene.context.base, &principal.name));
    Answer::Given
}

fn calendar_user_type(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(principal) = principal(scene, subject) else { return Answer::Missing };
    xml.text(if principal.kind == PrincipalKind::Group { "GROUP" } else { "INDIVIDUAL" });
    Answer::Given
}

fn email_address_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(principal) = principal(scene, subject) else { return Answer::Missing };
    principal.emails.iter().for_each(|email| xml.element("CS:email-address", email));
    Answer::Given
}

/// Nobody acts for anybody: sharing is done collection by collection.
fn calendar_proxy_for(_: &Scene, subject: &Subject, _: &mut XmlWriter) -> Answer {
    if matches!(subject, Subject::Principal(_)) { Answer::Given } else { Answer::Missing }
}

/// The card that says who a user is (RFC 6352 §7.1.2), where the user has set it; others are not told. It is kept on
/// the home of address books.
fn principal_address(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Principal(principal) = subject else { return Answer::Missing };
    if principal.id != scene.context.asker() || !scene.context.reaches(Home::Addressbooks) {
        return Answer::Missing;
    }
    let Some((view, _)) = scene.context.directory.view(&own_card(scene.context), Detail::empty()) else {
        return Answer::Missing;
    };
    let properties = view.properties.into_iter();
    let mut addresses =
        properties.filter(|property| property.name.namespace == CARDDAV && property.name.name == "principal-address");
    let element = addresses.next().and_then(|address| crate::xml::read(address.xml.as_bytes()).ok());
    let Some(href) = element.as_ref().and_then(|element| element.child(DAV, "href")) else { return Answer::Missing };
    xml.href(href.text().trim());
    Answer::Given
}
