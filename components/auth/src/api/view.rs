//! How principals and credentials look in JSON.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::accounts::{Credential, Scope};
use crate::types::{Principal, PrincipalKind};

/// A user or a group.
#[derive(Serialize)]
pub struct PrincipalView<'a> {
    name: &'a str,
    kind: &'static str,
    display_name: &'a str,
    emails: &'a [String],
    timezone: Option<&'a str>,
    locale: Option<&'a str>,
    quota: Option<u64>,
    used: u64,
    admin: bool,
    disabled: bool,
}

impl<'a> From<&'a Principal> for PrincipalView<'a> {
    fn from(principal: &'a Principal) -> PrincipalView<'a> {
        PrincipalView {
            name: &principal.name,
            kind: match principal.kind {
                PrincipalKind::User => "user",
                PrincipalKind::Group => "group",
            },
            display_name: &principal.display_name,
            emails: &principal.emails,
            timezone: principal.timezone.as_deref(),
            locale: principal.locale.as_deref(),
            quota: principal.quota,
            used: principal.used,
            admin: principal.admin,
            disabled: principal.disabled,
        }
    }
}

/// A credential, without its verifier.
#[derive(Serialize)]
pub struct CredentialView<'a> {
    id: &'a str,
    label: &'a str,
    scope: Vec<Permission>,
    created: String,
    last_used: Option<String>,
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl CredentialView<'_> {
    /// With the secret, the one time that it is shown, and a link that sets a client up with it.
    pub fn with_secret(self, secret: String, link: Option<String>) -> Self {
        CredentialView { secret: Some(secret), link, ..self }
    }
}

impl<'a> From<&'a Credential> for CredentialView<'a> {
    fn from(credential: &'a Credential) -> CredentialView<'a> {
        CredentialView {
            id: &credential.id,
            label: &credential.label,
            scope: PERMISSIONS.into_iter().filter(|one| credential.scope.contains(one.flag())).collect(),
            created: instant(credential.created),
            last_used: credential.last_used.map(instant),
            expires: credential.expires.map(instant),
            secret: None,
            link: None,
        }
    }
}

/// One thing that a credential may be used for.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Calendars and tasks.
    Calendars,
    /// Address books.
    Contacts,
    /// Plain files.
    Files,
    /// Changes.
    Write,
    /// Accounts.
    Administration,
}

const PERMISSIONS: [Permission; 5] =
    [Permission::Calendars, Permission::Contacts, Permission::Files, Permission::Write, Permission::Administration];

impl Permission {
    fn flag(self) -> Scope {
        match self {
            Permission::Calendars => Scope::CALENDARS,
            Permission::Contacts => Scope::CONTACTS,
            Permission::Files => Scope::FILES,
            Permission::Write => Scope::WRITE,
            Permission::Administration => Scope::ADMINISTRATION,
        }
    }
}

/// The scope that a list of permissions makes.
pub fn scope(permissions: &[Permission]) -> Scope {
    permissions.iter().fold(Scope::empty(), |scope, one| scope | one.flag())
}

/// UTC seconds as RFC 3339 has them.
pub fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
