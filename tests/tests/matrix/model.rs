//! The model that every cell of the matrix is held against: what a method takes (RFC 3744 Appendix B), and what
//! somebody has.

use crate::action::Action;
use crate::guest::{Credential, Guest, Relation};
use crate::resource::{Home, Kind, Resource};

/// A privilege (RFC 3744 §3, RFC 4791 §6.1), or what comes near to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// To know that it is there: whoever has any privilege on a collection. No privilege of the RFC's.
    See,
    /// DAV:read
    Read,
    /// CALDAV:read-free-busy
    ReadFreeBusy,
    /// DAV:write-content
    WriteContent,
    /// DAV:write-properties
    WriteProperties,
    /// DAV:bind
    Bind,
    /// DAV:unbind
    Unbind,
    /// DAV:unlock
    Unlock,
    /// DAV:read-acl
    ReadAcl,
    /// DAV:write-acl
    WriteAcl,
    /// To end a share with oneself. No privilege of the RFC's.
    Leave,
    /// To have a copy in one's own home. DAV:bind there.
    BindInOwnHome,
}

/// What a cell has to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A status of success.
    Allowed,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// What is said where nothing is: 404, or what the method says of a place that cannot hold anything. That it is
    /// said in the same words as where nothing is, `secrecy` tests.
    Hidden,
    /// Any refusal: the method makes no sense there, whoever asks.
    Senseless,
}

impl Outcome {
    /// Whether an answer with that status is one of these.
    pub fn admits(self, status: u16) -> bool {
        match self {
            Outcome::Allowed => (200..300).contains(&status),
            Outcome::Unauthorized => status == 401,
            Outcome::Forbidden => status == 403,
            Outcome::Hidden => [403, 404, 405, 409].contains(&status),
            Outcome::Senseless => (400..500).contains(&status) && status != 401,
        }
    }
}

/// What a method takes.
pub enum Needs {
    /// That the asker is known, and nothing else.
    Nothing,
    /// All of these.
    All(Vec<(Resource, Privilege)>),
    /// What nobody has.
    Never,
}

/// What an action on a resource takes: RFC 3744 Appendix B, with the columns of the resource's kind.
pub fn needs(action: Action, at: Resource) -> Needs {
    use Action::*;
    use Privilege::{
        Bind, BindInOwnHome, Leave, Read, ReadAcl, ReadFreeBusy, See, Unbind, WriteAcl, WriteContent, WriteProperties,
    };
    let own = |privilege| Needs::All(vec![(at, privilege)]);
    let holders = |privilege| Needs::All(vec![(at.holder(), privilege)]);
    let (calendar, book) = (at.home == Home::Calendars, at.home == Home::Addressbooks);
    let file = at.home == Home::Files;
    let holds = at.is_collection() && (at.kind != Kind::Home || file);
    let plain = at.is_collection() && at.kind != Kind::Home;
    match action {
        // These do not look at the target: they are about all principals.
        PrincipalPropertySearch | PrincipalSearchPropertySet => Needs::Nothing,
        Get | Head | Propfind | ExpandProperty | PrincipalMatch if at.kind == Kind::Principal => Needs::Nothing,
        _ if at.kind == Kind::Principal => Needs::Never,
        Put if at.kind == Kind::Vacancy => holders(Bind),
        // A slash at the end of a path does not make it another.
        Put | Lock if at.kind == Kind::NewCollection && file => holders(Bind),
        CopyTo | MoveTo if at.kind == Kind::Vacancy => holders(Bind),
        CopyTo | MoveTo if at.kind == Kind::NewCollection => holders(Bind),
        Mkcol if at.kind == Kind::NewCollection || (at.kind == Kind::Vacancy && file) => holders(Bind),
        Mkcalendar if at.kind == Kind::NewCollection && calendar => holders(Bind),
        Lock if at.kind == Kind::Vacancy && file => holders(Bind),
        _ if at.is_vacant() => Needs::Never,
        Mkcol | Mkcalendar => Needs::Never,
        Get | Head => own(Read),
        Propfind | ExpandProperty => own(See),
        Put if at.is_member() => own(WriteContent),
        Put => Needs::Never,
        Post if holds => own(Bind),
        Post => Needs::Never,
        Proppatch => own(WriteProperties),
        // What is directly in a home is the owner's to remove; who has it by a share leaves the share.
        Delete if at.kind == Kind::Collection => own(Leave),
        Delete | MoveFrom if at.kind == Kind::Home => Needs::Never,
        Delete => holders(Unbind),
        CopyFrom if at.kind == Kind::Home => Needs::Never,
        CopyFrom => Needs::All(vec![(at, Read), (at, BindInOwnHome)]),
        // A collection takes its members along, and with them who pays for them: that is for its owner alone to decide.
        MoveFrom if plain => own(WriteAcl),
        MoveFrom => Needs::All(vec![(at, Read), (at.holder(), Unbind), (at, BindInOwnHome)]),
        CopyTo | MoveTo if at.kind == Kind::Home => Needs::Never,
        CopyTo | MoveTo if plain => Needs::All(vec![(at.holder(), Bind), (at, WriteAcl)]),
        CopyTo | MoveTo => Needs::All(vec![(at, WriteContent), (at.holder(), Bind)]),
        Lock if at.kind == Kind::Home && !file => Needs::Never,
        Lock => own(WriteContent),
        Unlock if at.kind == Kind::Home => Needs::Never,
        Unlock => own(Privilege::Unlock),
        Acl if plain => own(WriteAcl),
        Acl => Needs::Never,
        AclPrincipalPropSet if holds => own(ReadAcl),
        CalendarQuery if calendar && at.kind != Kind::Home => own(Read),
        FreeBusyQuery if calendar && at.kind != Kind::Home => own(if plain { ReadFreeBusy } else { Read }),
        AddressbookQuery if book && at.kind != Kind::Home => own(Read),
        // Of each resource that is asked for, the answer says whether it is given.
        CalendarMultiget if calendar => own(See),
        AddressbookMultiget if book => own(See),
        SyncCollection if plain && !file => own(Read),
        CalendarQuery | FreeBusyQuery | AddressbookQuery | CalendarMultiget | AddressbookMultiget | SyncCollection => {
            Needs::Never
        }
        PrincipalMatch | AclPrincipalPropSet => Needs::Never,
    }
}

/// How much of a resource somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not there for them.
    Nothing,
    /// When its owner is busy.
    FreeBusy,
    /// All of it, to read.
    Read,
    /// And to write.
    Write,
    /// It is theirs.
    Owner,
}

/// What a guest has of a resource, the credential aside.
fn granted(guest: Guest, at: Resource) -> Level {
    match guest.relation {
        Relation::Owner => Level::Owner,
        _ if !at.is_shared() => Level::Nothing,
        Relation::Writer | Relation::GroupWriter => Level::Write,
        Relation::Reader | Relation::GroupReader => Level::Read,
        Relation::FreeBusy | Relation::GroupFreeBusy => Level::FreeBusy,
        Relation::Stranger | Relation::Administrator => Level::Nothing,
    }
}

/// What a guest has of a resource by way of the credential.
pub fn level(guest: Guest, at: Resource) -> Level {
    let level = granted(guest, at);
    if guest.credential == Credential::ReadOnly { level.min(Level::Read) } else { level }
}

/// Whether a guest has a privilege.
pub fn has(guest: Guest, at: Resource, privilege: Privilege) -> bool {
    let level = level(guest, at);
    match privilege {
        // Members are not seen by who may only know when their owner is busy.
        Privilege::See if at.is_member() => level >= Level::Read,
        Privilege::See | Privilege::ReadFreeBusy => level >= Level::FreeBusy,
        Privilege::Read => level >= Level::Read,
        // Everybody has a colour and a name of their own for a calendar or an address book that is shared with them.
        Privilege::WriteProperties if at.kind == Kind::Collection && at.home != Home::Files => {
            level >= Level::FreeBusy && guest.may_write()
        }
        Privilege::WriteContent | Privilege::WriteProperties | Privilege::Bind | Privilege::Unbind => {
            level >= Level::Write
        }
        Privilege::Unlock | Privilege::ReadAcl | Privilege::WriteAcl => level >= Level::Owner,
        Privilege::Leave => level >= Level::FreeBusy && guest.may_write() && !guest.relation.is_by_group(),
        Privilege::BindInOwnHome => guest.may_write(),
    }
}

/// What an action by a guest has to come to.
pub fn expected(guest: Guest, action: Action, at: Resource) -> Outcome {
    if !guest.is_recognised() {
        return Outcome::Unauthorized;
    }
    // One's own principal has a property to set, which card says who one is.
    let own_principal = at.kind == Kind::Principal && guest.relation == Relation::Owner;
    if action == Action::Proppatch && own_principal && guest.may_write() && guest.reaches(Home::Addressbooks) {
        return Outcome::Allowed;
    }
    let needed = match needs(action, at) {
        Needs::Nothing => return Outcome::Allowed,
        Needs::Never => return Outcome::Senseless,
        Needs::All(needed) => needed,
    };
    if !guest.reaches(at.home) {
        return Outcome::Forbidden;
    }
    if !at.is_vacant() && !has(guest, at, Privilege::See) {
        return Outcome::Hidden;
    }
    for (resource, privilege) in needed {
        if !has(guest, resource, Privilege::See) {
            return Outcome::Hidden;
        }
        if !has(guest, resource, privilege) {
            return Outcome::Forbidden;
        }
    }
    Outcome::Allowed
}
