//! Plain pages for people who come with a browser.

use quick_xml::escape::escape;

use crate::context::Context;
use crate::href::{self, Target};
use crate::properties::text_of;
use crate::reply::Reply;
use crate::store::{Collection, Resource};
use crate::types::{Home, Place, Principal};
use crate::xml::DAV;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
a{color:#05c}table{border-collapse:collapse;width:100%}td{padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd}td+td{color:#666}code{background:#f3f3f3;padding:.1rem .3rem}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{color:#8bf}td{border-color:#333}td+td{color:#999}code{background:#262626}}";

/// The root and the fixed collections: the way to what is one's own, and what to tell a client.
pub fn fixed(context: &Context, target: &Target) -> Reply {
    let own = &context.identity.principal;
    let mut page = Page::new("Kalends", context.request.path());
    page.paragraph(&format!("You are signed in as {}.", own.display_name));
    page.paragraph(&format!("Calendar and contacts programs find everything by this address: {}", address(context)));
    page.rows(|rows| {
        if matches!(target, Target::Root | Target::Dav | Target::Principals) {
            rows.row(&href::of_principal(&context.base, &own.name), "Your account", "");
        }
        for home in [Home::Calendars, Home::Addressbooks, Home::Files] {
            let wanted = match target {
                Target::Homes(asked) => *asked == home,
                Target::Principals => false,
                _ => true,
            };
            if wanted {
                rows.row(&href::of_home(&context.base, home, &own.name), home_title(home), "");
            }
        }
    });
    page.finish()
}

/// A principal.
pub fn principal(context: &Context, principal: &Principal) -> Reply {
    let mut page = Page::new(&principal.display_name, context.request.path());
    page.rows(|rows| {
        for home in [Home::Calendars, Home::Addressbooks, Home::Files] {
            rows.row(&href::of_home(&context.base, home, &principal.name), home_title(home), "");
        }
    });
    page.finish()
}

/// A home of calendars or address books.
pub fn home(context: &Context, place: &Place, owner: &Principal, collections: &[Collection]) -> Reply {
    let mut page = Page::new(&format!("{} of {}", home_title(place.home), owner.display_name), context.request.path());
    page.rows(|rows| collections.iter().for_each(|collection| rows.collection(context, collection)));
    page.finish()
}

/// A collection.
pub fn collection(
    context: &Context,
    collection: &Collection,
    children: &[Collection],
    resources: &[Resource],
) -> Reply {
    let mut page = Page::new(&title(collection), context.request.path());
    let here = href::of_collection(&context.base, &collection.place);
    if collection.place.home != Home::Files {
        page.paragraph(&format!(
            "{} entries. Its address, for programs that want one: {}{here}",
            collection.members,
            origin(context)
        ));
    }
    page.rows(|rows| {
        children.iter().for_each(|child| rows.collection(context, child));
        for resource in resources {
            rows.row(&format!("{here}{}", resource.name), &href::decode(&resource.name), &size(resource.size));
        }
    });
    page.finish()
}

fn home_title(home: Home) -> &'static str {
    match home {
        Home::Calendars => "Calendars",
        Home::Addressbooks => "Address books",
        Home::Files => "Files",
    }
}

fn title(collection: &Collection) -> String {
    let last = || href::decode(&href::split(&collection.place).1);
    let name = text_of(collection, DAV, "displayname").filter(|name| !name.trim().is_empty()).unwrap_or_else(last);
    if name.is_empty() { home_title(collection.place.home).to_owned() } else { name }
}

fn size(octets: u64) -> String {
    match octets {
        0..1024 => format!("{octets} B"),
        1024..1_048_576 => format!("{} KiB", octets / 1024),
        _ => format!("{} MiB", octets / 1_048_576),
    }
}

fn origin(context: &Context) -> String {
    format!("{}://{}", context.request.scheme(), context.request.authority())
}

fn address(context: &Context) -> String {
    format!("{}{}/", origin(context), context.base)
}

struct Page {
    html: String,
}

impl Page {
    fn new(title: &str, path: &str) -> Self {
        let title = escape(title);
        let mut page = Page {
            html: format!(
                "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
                 <title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
            ),
        };
        if path.trim_end_matches('/').contains('/') {
            page.html.push_str("<p><a href=\"../\">Up</a></p>");
        }
        page
    }

    fn paragraph(&mut self, text: &str) {
        self.html.push_str(&format!("<p>{}</p>", escape(text)));
    }

    fn rows(&mut self, write: impl FnOnce(&mut Rows)) {
        let mut rows = Rows { html: String::new() };
        write(&mut rows);
        self.html.push_str(&format!("<table>{}</table>", rows.html));
    }

    /// Nothing on these pages runs, and nothing is loaded: the policy makes sure of it.
    fn finish(self) -> Reply {
        Reply::new(200)
            .header("vary", "Accept")
            .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
            .header("x-content-type-options", "nosniff")
            .body("text/html; charset=utf-8", (self.html + "</body></html>\n").into_bytes())
    }
}

struct Rows {
    html: String,
}

impl Rows {
    fn row(&mut self, href: &str, text: &str, note: &str) {
        let (href, text, note) = (escape(href), escape(text), escape(note));
        self.html.push_str(&format!("<tr><td><a href=\"{href}\">{text}</a></td><td>{note}</td></tr>"));
    }

    fn collection(&mut self, context: &Context, collection: &Collection) {
        let note = match collection.members {
            1 => "1 entry".to_owned(),
            members => format!("{members} entries"),
        };
        self.row(&href::of_collection(&context.base, &collection.place), &title(collection), &note);
    }
}
