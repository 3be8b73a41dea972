//! Who is asking.

use subtle::ConstantTimeEq;

use crate::accounts::{self, Change, Credential, CredentialKind, Guess, Guesses, Login, Scope, UseOfCredential};
use crate::auth::{Evidence, Refusal};
use crate::keys::ServerSecret;
use crate::memory;
use crate::password;
use crate::presented::{self, Presented};
use crate::secret::{Secret, kind_name};
use crate::security_log;
use crate::surroundings::Surroundings;
use crate::throttle;
use crate::types::{Principal, PrincipalKind};

/// Seconds for which the cache knows that a password is right.
const PASSWORD_SECONDS: u32 = 3600;
/// Seconds between two notes of a credential's use.
const USED_SECONDS: i64 = 3600;
/// Octets of a name that is looked up, at most; no account's is longer.
const LONGEST_NAME: usize = 256;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The account password.
    Password,
    /// An app password.
    AppPassword,
    /// A token of the API.
    Token,
    /// A browser's session.
    Session,
}

/// Somebody who has proved who they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The account.
    pub principal: Principal,
    /// What the credential may be used for.
    pub scope: Scope,
    /// How.
    pub means: Means,
    /// The credential's identifier; none for the account password.
    pub credential: Option<String>,
    /// UTC seconds from which the credential is no longer good; none for never.
    pub expires: Option<i64>,
    /// None where storage was asked just now; else the standing at which this was judged, which storage has yet to
    /// confirm.
    pub believed: Option<u64>,
}

impl Recognised {
    /// UTC seconds after which nothing is good that is made with this credential; none for no such end. A session sets
    /// none: that it ends is for a browser that was left behind, and whoever has one knew the password.
    pub fn lends_until(&self) -> Option<i64> {
        self.expires.filter(|_| self.means != Means::Session)
    }
}

/// A sign-in that storage was asked about just now.
pub struct Judged {
    /// Whose it is.
    pub recognised: Recognised,
    /// The standing at that moment.
    pub standing: u64,
}

/// Recognises who is asking: by the `Authorization` field where there is one that Kalends understands, else by the
/// session cookie.
///
/// # Errors
/// As `auth.refusal` says.
pub fn authenticate(around: &dyn Surroundings, evidence: &Evidence) -> Result<Recognised, Refusal> {
    if let Some(field) = &evidence.authorization
        && let presented = presented::authorization(field)
        && !matches!(presented, Presented::Nothing)
    {
        return by_authorization(around, evidence, field, presented);
    }
    match &evidence.cookie {
        Some(field) => by_cookie(around, evidence, field),
        None => Err(Refusal::Missing),
    }
}

/// Recognises what an `Authorization` field presents. Browsers send what they asked for in a Basic window again by
/// themselves, as they do a cookie, so that another site could write with it: a POST takes no leave (Fetch,
/// CORS-safelisted methods). `Bearer` they never do.
fn by_authorization(
    around: &dyn Surroundings,
    evidence: &Evidence,
    field: &str,
    presented: Presented,
) -> Result<Recognised, Refusal> {
    if evidence.cross_site && presented::bearer(field).is_none() {
        return Err(Refusal::CrossSite);
    }
    // The same from another network is a guess, however right it is: the throttle has to see it.
    let network = evidence.remote.as_deref().and_then(throttle::network).unwrap_or_default();
    let sent = ["authorization", field, &network];
    memory::recall_or(&sent, (evidence.now, evidence.anew), || match presented {
        Presented::Nothing => Err(Refusal::Missing),
        Presented::Unreadable => Err(Refusal::Wrong),
        Presented::Password { name, password } => {
            by_password(around, &name, &password, evidence.remote.as_deref(), evidence.now)
        }
        // Sessions belong into cookies, which scripts cannot read, and links into URLs: they are nobody's.
        Presented::Secret { secret, .. } if matches!(secret.kind(), CredentialKind::Session | CredentialKind::Link) => {
            Err(Refusal::Wrong)
        }
        Presented::Secret { name, secret } => by_secret(around, name.as_deref(), &secret, evidence.now),
    })
}

fn by_cookie(around: &dyn Surroundings, evidence: &Evidence, field: &str) -> Result<Recognised, Refusal> {
    let Some(secret) = presented::session(field) else { return Err(Refusal::Missing) };
    if secret.kind() != CredentialKind::Session {
        return Err(Refusal::Wrong);
    }
    if evidence.cross_site {
        return Err(Refusal::CrossSite);
    }
    let canonical = secret.reveal();
    let sent = ["cookie", &canonical];
    memory::recall_or(&sent, (evidence.now, evidence.anew), || by_secret(around, None, &secret, evidence.now))
}

/// Recognises a secret of Kalends' own making, in one round trip. Failures are not counted: there is nothing to guess.
fn by_secret(around: &dyn Surroundings, name: Option<&str>, secret: &Secret, now: i64) -> Result<Judged, Refusal> {
    let Some(key) = ServerSecret::of(around) else {
        security_log!(
            "no server_secret of 32 octets or more in hexadecimal is set, so no app password, token or session is taken"
        );
        return Err(Refusal::Wrong);
    };
    let verifier = secret.verifier(&key);
    let found = around.find_credential(secret.id(), &use_of(&verifier, now)).map_err(Refusal::Failure)?;
    let Some((credential, principal, standing)) = found.filter(|(credential, principal, _)| {
        bool::from(credential.verifier.as_bytes().ct_eq(verifier.as_bytes()))
            && credential.kind == secret.kind()
            && credential.expires.is_none_or(|expires| now < expires)
            && may_sign_in(principal)
            && name.is_none_or(|name| name == principal.name)
    }) else {
        security_log!("refused the {} {:?} that was sent as {name:?}", kind_name(secret.kind()), secret.id());
        return Err(Refusal::Wrong);
    };
    note_use(around, &credential, now);
    let means = match credential.kind {
        CredentialKind::AppPassword => Means::AppPassword,
        CredentialKind::Token => Means::Token,
        CredentialKind::Session => Means::Session,
        CredentialKind::Link => return Err(Refusal::Wrong),
    };
    let scope = within(&principal, credential.scope);
    let (id, expires) = (credential.id, credential.expires);
    let recognised = Recognised { principal, scope, means, credential: Some(id), expires, believed: None };
    Ok(Judged { recognised, standing })
}

/// The use of a credential, for storage that can note it when it looks the credential up.
pub fn use_of(verifier: &str, now: i64) -> UseOfCredential {
    UseOfCredential { verifier: verifier.to_owned(), now, since: now.saturating_sub(USED_SECONDS) }
}

/// Notes that a credential was used, to the hour, where the look-up has not: a write per request would cost more than
/// the request.
pub fn note_use(around: &dyn Surroundings, credential: &Credential, now: i64) {
    if credential.last_used.is_none_or(|last| now.saturating_sub(last) >= USED_SECONDS) {
        carry_on(around.apply(&[Change::Used((credential.id.clone(), now))]));
    }
}

/// Recognises an account password: the account and its failures in one round trip, the cache in another. Only where
/// that knows nothing, Argon2 runs. What that takes has been counted by then: by the look-up where that costs nothing,
/// else in a round trip of its own.
///
/// The cache is asked after the throttle, never before: what it takes to answer would tell those who have to wait
/// whether their guess is right.
///
/// # Errors
/// `wrong`, `throttled`, or a failure of storage.
pub fn by_password(
    around: &dyn Surroundings,
    name: &str,
    password: &str,
    remote: Option<&str>,
    now: i64,
) -> Result<Judged, Refusal> {
    if name.is_empty() || name.len() > LONGEST_NAME || password.len() > password::LONGEST {
        return Err(Refusal::Wrong);
    }
    let password = &password::opaque(password);
    let network = remote.and_then(throttle::network);
    let guess = throttle::guess(name, network.as_deref(), now);
    let (login, counted) = around.find_login(name, network.as_deref(), &guess).map_err(Refusal::Failure)?;
    if let Some(seconds) = throttle::wait(&login, now) {
        return Err(Refusal::Throttled(seconds));
    }
    if !is_known(around, &login, password) {
        admit(around, &login, &guess, counted).inspect_err(|refusal| {
            security_log!("a guess for {name:?} from {remote:?} is not made: {refusal:?}");
        })?;
        if !is_right(around, &login, password) {
            security_log!("a wrong account password for {name:?} from {remote:?}");
            carry_on(around.apply(&[Change::Failed((name.to_owned(), network, now))]));
            return Err(Refusal::Wrong);
        }
    }
    tidy_up(around, name, &login, password, network);
    let Some((principal, _)) = login.account else { return Err(Refusal::Wrong) };
    let scope = within(&principal, Scope::all());
    let means = Means::Password;
    let recognised = Recognised { principal, scope, means, credential: None, expires: None, believed: None };
    Ok(Judged { recognised, standing: login.standing })
}

/// Whether the cache knows that the password is right. It is asked the same where there is no account.
fn is_known(around: &dyn Surroundings, login: &Login, password: &str) -> bool {
    let known = cache_key(around, login, password).and_then(|key| around.recall(&key)).is_some();
    known && account(login).is_some()
}

/// Lets a guess be made that is counted, and not one of too many at the same moment. One that the look-up has not
/// counted is counted now, and one that cannot be counted is not made: to come all at once is no way around the
/// throttle.
fn admit(around: &dyn Surroundings, login: &Login, guess: &Guess, counted: Option<Guesses>) -> Result<(), Refusal> {
    let guesses = match counted {
        Some(guesses) => guesses,
        None => around.count_guess(guess).map_err(Refusal::Failure)?,
    };
    throttle::crowded(login, &guesses, guess.now).map_or(Ok(()), |seconds| Err(Refusal::Throttled(seconds)))
}

/// Whether the password is that of the account, by Argon2. Costs the same where there is no account, it has no password
/// or may not sign in.
fn is_right(around: &dyn Surroundings, login: &Login, password: &str) -> bool {
    let phc = account(login).and_then(|(_, stored)| stored.hash.as_deref());
    let right = password::is_right(password, phc, &password::parameters(around));
    if let Some(key) = cache_key(around, login, password).filter(|_| right) {
        around.remember(&key, "1", PASSWORD_SECONDS);
    }
    right
}

/// The account, where it may sign in.
fn account(login: &Login) -> Option<&(Principal, accounts::Password)> {
    login.account.as_ref().filter(|(principal, _)| may_sign_in(principal))
}

/// The key under which the cache knows a right password: it names the password's version, so a change makes it
/// useless at once, and holds the password only under the server secret, so that whoever reads or writes the cache
/// can neither learn nor forge anything. None where no server secret is set.
fn cache_key(around: &dyn Surroundings, login: &Login, password: &str) -> Option<String> {
    let secret = ServerSecret::of(around)?;
    let (id, version) = account(login).map_or((0, 0), |(principal, stored)| (principal.id, stored.version));
    let parts: [&[u8]; 3] = [&id.to_be_bytes(), &version.to_be_bytes(), password.as_bytes()];
    Some(format!("password/{id}/{version}/{}", secret.authenticate("account password", &parts)))
}

/// After a right password: failures are forgotten, and a hash made with less than today's parameters is made anew.
fn tidy_up(around: &dyn Surroundings, name: &str, login: &Login, password: &str, network: Option<String>) {
    let mut changes = Vec::new();
    if throttle::has_failures(login) {
        changes.push(Change::Succeeded((name.to_owned(), network)));
    }
    let params = password::parameters(around);
    if let Some((principal, stored)) = &login.account
        && stored.hash.as_deref().is_some_and(|phc| password::is_weaker(phc, &params))
        && let Ok(phc) = password::hash(password, &params)
    {
        changes.push(Change::Rehash((principal.id, phc, stored.version)));
    }
    if !changes.is_empty() {
        carry_on(around.apply(&changes));
    }
}

pub fn may_sign_in(principal: &Principal) -> bool {
    principal.kind == PrincipalKind::User && !principal.disabled
}

/// A scope without what the principal itself may not do.
pub fn within(principal: &Principal, scope: Scope) -> Scope {
    if principal.admin { scope } else { scope - Scope::ADMINISTRATION }
}

/// A note that could not be stored must not keep anybody out, nor let anybody in: the log is told.
fn carry_on(result: Result<(), accounts::Refusal>) {
    if let Err(refusal) = result {
        eprintln!("accounts: a note about a sign-in could not be stored: {refusal:?}");
    }
}

#[cfg(test)]
mod tests;
