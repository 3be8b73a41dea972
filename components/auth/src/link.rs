//! Links: addresses under which anybody who has one may read a calendar.

use subtle::ConstantTimeEq;

use crate::accounts::CredentialKind;
use crate::auth::Opened;
use crate::authenticate::{may_sign_in, note_use, use_of};
use crate::keys::ServerSecret;
use crate::secret::Secret;
use crate::surroundings::Surroundings;
use crate::types::Failure;

/// Opens the link whose secret is a segment of a URL, in one round trip; none where there is no such link. What looks
/// like a secret costs the same whether it is one or not.
///
/// # Errors
/// Those of storage.
pub fn open(around: &dyn Surroundings, segment: &str, now: i64) -> Result<Option<Opened>, Failure> {
    let (Some(secret), Some(key)) = (Secret::read_link(segment), ServerSecret::of(around)) else { return Ok(None) };
    let verifier = secret.verifier(&key);
    let found = around.find_credential(secret.id(), &use_of(&verifier, now))?;
    let Some((credential, owner, _)) = found.filter(|(credential, owner, _)| {
        bool::from(credential.verifier.as_bytes().ct_eq(verifier.as_bytes()))
            && credential.kind == CredentialKind::Link
            && credential.expires.is_none_or(|expires| now < expires)
            && may_sign_in(owner)
    }) else {
        return Ok(None);
    };
    note_use(around, &credential, now);
    let salt = key.authenticate("link reader", &[secret.id().as_bytes()]);
    Ok(credential.link.map(|link| Opened { owner, link, salt }))
}
