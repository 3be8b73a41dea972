//! What is asked for: a resource of each kind, in each of the three homes.

use std::fmt;

/// A part of the URL space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// `/dav/calendars/`
    Calendars,
    /// `/dav/addressbooks/`
    Addressbooks,
    /// `/dav/files/`
    Files,
}

/// All homes.
pub const HOMES: [Home; 3] = [Home::Calendars, Home::Addressbooks, Home::Files];

impl Home {
    /// Its segment in the URL space.
    pub fn segment(self) -> &'static str {
        match self {
            Home::Calendars => "calendars",
            Home::Addressbooks => "addressbooks",
            Home::Files => "files",
        }
    }

    /// What the names of its members end with.
    pub fn extension(self) -> &'static str {
        match self {
            Home::Calendars => "ics",
            Home::Addressbooks => "vcf",
            Home::Files => "txt",
        }
    }
}

/// What a resource is, and what it is to others than its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The home itself.
    Home,
    /// A collection that is shared.
    Collection,
    /// A folder in the folder that is shared.
    Inner,
    /// A member of the shared collection.
    Member,
    /// A name in the shared collection that nothing has.
    Vacancy,
    /// A name in the home that nothing has.
    NewCollection,
    /// A collection that is not shared.
    PrivateCollection,
    /// A member of that.
    PrivateMember,
    /// The owner's principal.
    Principal,
}

/// A resource of the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The home it is in; of no meaning for the principal.
    pub home: Home,
    /// What it is.
    pub kind: Kind,
}

impl Resource {
    /// All there are.
    pub fn all() -> Vec<Resource> {
        use Kind::*;
        let kinds =
            [Home, Collection, Inner, Member, Vacancy, NewCollection, PrivateCollection, PrivateMember, Principal];
        let resources = HOMES.into_iter().flat_map(|home| kinds.into_iter().map(move |kind| Resource { home, kind }));
        resources.filter(|resource| resource.exists_in_model()).collect()
    }

    /// Folders alone are in folders, and there is one principal.
    fn exists_in_model(self) -> bool {
        match self.kind {
            Kind::Inner => self.home == Home::Files,
            Kind::Principal => self.home == Home::Calendars,
            _ => true,
        }
    }

    /// The resource of another kind in the same home.
    pub fn sibling(self, kind: Kind) -> Resource {
        Resource { kind, ..self }
    }

    /// Its path below the home; a collection's with the slash at its end.
    pub fn below_home(self) -> String {
        let extension = self.home.extension();
        match self.kind {
            Kind::Home | Kind::Principal => String::new(),
            Kind::Collection => "team/".to_owned(),
            Kind::Inner => "team/inner/".to_owned(),
            Kind::Member => format!("team/member.{extension}"),
            Kind::Vacancy => format!("team/vacancy.{extension}"),
            Kind::NewCollection => "new/".to_owned(),
            Kind::PrivateCollection => "hidden/".to_owned(),
            Kind::PrivateMember => format!("hidden/member.{extension}"),
        }
    }

    /// Whether others can have it by a share.
    pub fn is_shared(self) -> bool {
        matches!(self.kind, Kind::Collection | Kind::Inner | Kind::Member | Kind::Vacancy)
    }

    /// Whether it is a collection, or would be one.
    pub fn is_collection(self) -> bool {
        matches!(self.kind, Kind::Home | Kind::Collection | Kind::Inner | Kind::NewCollection | Kind::PrivateCollection)
    }

    /// Whether nothing is there.
    pub fn is_vacant(self) -> bool {
        matches!(self.kind, Kind::Vacancy | Kind::NewCollection)
    }

    /// Whether it is a member that is there.
    pub fn is_member(self) -> bool {
        matches!(self.kind, Kind::Member | Kind::PrivateMember)
    }

    /// What holds it.
    pub fn holder(self) -> Resource {
        self.sibling(match self.kind {
            Kind::Inner | Kind::Member | Kind::Vacancy => Kind::Collection,
            Kind::PrivateMember => Kind::PrivateCollection,
            _ => Kind::Home,
        })
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}", self.home, self.kind)
    }
}
