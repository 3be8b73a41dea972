//! The values that stand for placeholders such as `{etag}`.

use std::collections::BTreeMap;

use kalends_tests::names::{
    ADDRESSBOOK_HOME_SET, CALENDAR_HOME_SET, CURRENT_USER_PRINCIPAL, DISPLAYNAME, RESOURCETYPE,
};
use kalends_tests::{Client, Server};

/// Names and values. They grow as a conversation goes on.
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// What is known of an account before a conversation begins, as the server tells it.
    pub fn of_account(server: &Server, client: &Client) -> Variables {
        let root = client.propfind("/", "0", &[CURRENT_USER_PRINCIPAL, RESOURCETYPE]);
        let principal = root.only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
        let told = client.propfind(&principal, "0", &[CALENDAR_HOME_SET, ADDRESSBOOK_HOME_SET, DISPLAYNAME]);
        let (home, books) = (told.only().href_in(CALENDAR_HOME_SET), told.only().href_in(ADDRESSBOOK_HOME_SET));
        let values = [
            ("user", client.name().to_owned()),
            ("authorization", client.authorization().to_owned()),
            ("origin", server.url().to_owned()),
            ("calendar", format!("{home}personal/")),
            ("tasks", format!("{home}tasks/")),
            ("contacts", format!("{books}contacts/")),
            ("home", home.to_owned()),
            ("books", books.to_owned()),
            ("principal", principal),
        ];
        Variables(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Keeps a value for later requests and expectations.
    pub fn remember(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// A text with its placeholders filled; `escape` is applied to each value.
    ///
    /// # Errors
    /// The name of a placeholder that has no value.
    pub fn fill(&self, text: &str, escape: fn(&str) -> String) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}').filter(|(name, _)| is_name(name)) else {
                filled.push('{');
                rest = after;
                continue;
            };
            let value = self.0.get(name).ok_or_else(|| format!("nothing is remembered as {{{name}}}"))?;
            filled.push_str(&escape(value));
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// Whether a text in braces is a placeholder: lower-case letters, digits and hyphens, a letter first.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
