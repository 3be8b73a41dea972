//! Who asks: what the resources' owner is to them, and what they come with.

use std::fmt;

use crate::resource::Home;

/// What somebody is to the owner of the resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The owner.
    Owner,
    /// Has a share to write.
    Writer,
    /// Has a share to read.
    Reader,
    /// Has a share that tells when the owner is busy.
    FreeBusy,
    /// Is in a group that has a share to write.
    GroupWriter,
    /// Is in a group that has one to read.
    GroupReader,
    /// Is in a group that has one that tells when the owner is busy.
    GroupFreeBusy,
    /// Anybody else.
    Stranger,
    /// Administers accounts, and is a stranger to what is in them.
    Administrator,
}

impl Relation {
    /// Whether the share is a group's.
    pub fn is_by_group(self) -> bool {
        matches!(self, Relation::GroupWriter | Relation::GroupReader | Relation::GroupFreeBusy)
    }

    /// What is granted to them, with the prefixes of `bodies`; none for nothing.
    pub fn privileges(self) -> Option<&'static str> {
        match self {
            Relation::Writer | Relation::GroupWriter => Some("<D:read/></D:privilege><D:privilege><D:write/>"),
            Relation::Reader | Relation::GroupReader => Some("<D:read/>"),
            Relation::FreeBusy | Relation::GroupFreeBusy => Some("<C:read-free-busy/>"),
            Relation::Owner | Relation::Stranger | Relation::Administrator => None,
        }
    }
}

/// What somebody comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The account's password.
    Password,
    /// An app password for calendars.
    Calendars,
    /// One for address books.
    Contacts,
    /// One for files.
    Files,
    /// One for everything, to read.
    ReadOnly,
    /// One of an account that was disabled.
    Disabled,
    /// None.
    Nothing,
}

impl Credential {
    /// The scope that its app password is made with; none where it is none.
    pub fn scope(self) -> Option<&'static [&'static str]> {
        match self {
            Credential::Password | Credential::Nothing => None,
            Credential::Calendars => Some(&["calendars", "write"]),
            Credential::Contacts => Some(&["contacts", "write"]),
            Credential::Files => Some(&["files", "write"]),
            Credential::ReadOnly => Some(&["calendars", "contacts", "files"]),
            Credential::Disabled => Some(&["calendars", "contacts", "files", "write"]),
        }
    }
}

/// Somebody with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// What the owner is to them.
    pub relation: Relation,
    /// What they come with.
    pub credential: Credential,
}

impl Guest {
    /// Everybody of interest.
    pub fn all() -> Vec<Guest> {
        use Credential::*;
        use Relation::*;
        let relations =
            [Owner, Writer, Reader, FreeBusy, GroupWriter, GroupReader, GroupFreeBusy, Stranger, Administrator];
        let guest = |relation, credential| Guest { relation, credential };
        let mut guests: Vec<Guest> = relations.into_iter().map(|relation| guest(relation, Password)).collect();
        guests.extend([Calendars, Contacts, Files, ReadOnly, Nothing].map(|credential| guest(Owner, credential)));
        guests.extend([Writer, Reader, Relation::FreeBusy].map(|relation| guest(relation, ReadOnly)));
        guests.push(guest(Writer, Disabled));
        guests
    }

    /// Whether the server knows them.
    pub fn is_recognised(self) -> bool {
        !matches!(self.credential, Credential::Disabled | Credential::Nothing)
    }

    /// Whether the credential is good for changes.
    pub fn may_write(self) -> bool {
        self.credential != Credential::ReadOnly
    }

    /// Whether the credential is good for a home.
    pub fn reaches(self, home: Home) -> bool {
        match self.credential {
            Credential::Calendars => home == Home::Calendars,
            Credential::Contacts => home == Home::Addressbooks,
            Credential::Files => home == Home::Files,
            Credential::Password | Credential::ReadOnly => true,
            Credential::Disabled | Credential::Nothing => false,
        }
    }
}

impl fmt::Display for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {:?}", self.relation, self.credential)
    }
}
