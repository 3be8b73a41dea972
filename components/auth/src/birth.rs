//! What a new account is born with, so that every client finds something to sync with, also on hosts where none can
//! make a calendar.

use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::types::{Home, NewCollection, Place, Property, PropertyName};

const DAV: &str = "DAV:";

/// The collections of a new account: a calendar, a task list, an address book, and the root of its plain files.
pub fn collections(owner: &str) -> Vec<NewCollection> {
    vec![
        named(owner, Home::Calendars, "personal", &["VEVENT"], "Personal"),
        named(owner, Home::Calendars, "tasks", &["VTODO"], "Tasks"),
        named(owner, Home::Addressbooks, "contacts", &[], "Contacts"),
        NewCollection { place: place(owner, Home::Files, ""), components: Vec::new(), properties: Vec::new() },
    ]
}

fn named(owner: &str, home: Home, path: &str, components: &[&str], title: &str) -> NewCollection {
    NewCollection {
        place: place(owner, home, path),
        components: components.iter().map(|name| (*name).to_owned()).collect(),
        properties: vec![display_name(title)],
    }
}

fn place(owner: &str, home: Home, path: &str) -> Place {
    Place { home, owner: owner.to_owned(), path: path.to_owned() }
}

/// DAV:displayname (RFC 4918 §15.2) as an element that stands by itself.
pub fn display_name(title: &str) -> Property {
    let mut xml = Writer::new(Vec::new());
    // Writing into memory does not fail.
    let _ = xml.create_element("displayname").with_attribute(("xmlns", DAV)).write_text_content(BytesText::new(title));
    let name = PropertyName { namespace: DAV.to_owned(), name: "displayname".to_owned() };
    Property { name, xml: String::from_utf8_lossy(&xml.into_inner()).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_a_task_list_an_address_book_and_a_root_for_files() {
        let collections = collections("alice@example.com");
        let homes: Vec<_> = collections.iter().map(|new| (new.place.home, new.place.path.as_str())).collect();
        let expected = [
            (Home::Calendars, "personal"),
            (Home::Calendars, "tasks"),
            (Home::Addressbooks, "contacts"),
            (Home::Files, ""),
        ];
        assert_eq!(homes, expected);
        assert!(collections.iter().all(|new| new.place.owner == "alice@example.com"));
        assert_eq!(collections[0].components, ["VEVENT"]);
        assert_eq!(collections[1].components, ["VTODO"]);
        assert_eq!(collections[0].properties[0].xml, r#"<displayname xmlns="DAV:">Personal</displayname>"#);
    }

    #[test]
    fn a_title_is_escaped() {
        assert_eq!(display_name("A & <B>").xml, r#"<displayname xmlns="DAV:">A &amp; &lt;B&gt;</displayname>"#);
    }
}
