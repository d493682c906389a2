//! Issuing a token (`surface.md §2.4`).

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use secrecy::SecretString;

use crate::{
    error::AuthError,
    id::{KeyId, PatId, UserId},
    pat::{Expiry, Scopes, expiry::local},
    port::PatStore,
    row::{Pat, User},
    token::{DIGITS, KEY_ID_LENGTH, PREFIX, SECRET_LENGTH, Token, check_digits},
};

/// The length of a generated password: 119 bits.
const PASSWORD_LENGTH: usize = 20;

/// What is to be issued.
#[derive(Debug, Clone)]
pub struct IssueRequest<'a> {
    /// The id of the new row.
    pub pat_id: PatId,
    /// Whose token it will be; it acts with this user's role and tenant.
    pub owner: &'a User,
    /// Who issues it.
    pub created_by: UserId,
    /// The scopes of who issues it: the new token can not have more.
    pub issuer_scopes: &'a Scopes,
    /// The scopes of the new token.
    pub scopes: Scopes,
    /// Until when it is good.
    pub expires: Expiry,
    /// What the owner writes to it; 255 characters at most are kept.
    pub note: Option<String>,
}

/// A new token. It is shown once, here: the store keeps its hash only.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// The row, as it was stored.
    pub pat: Pat,
}

/// The most characters of a note, by its column.
const NOTE_CHARACTERS: usize = 255;

/// Draws a token, stores its row and gives both. `now` is UTC.
///
/// # Errors
/// `auth-scope-wider`, `auth-random-unavailable`, and the store's own.
pub async fn issue(request: IssueRequest<'_>, store: &dyn PatStore, now: NaiveDateTime, zone: Tz) -> Result<Issued, AuthError> {
    request.issuer_scopes.check_narrower(&request.scopes)?;
    let (key_id, token) = draw()?;
    let pat = Pat {
        pat_id: request.pat_id,
        key_id: Some(key_id),
        token: token.hash().into(),
        user_id: request.owner.user_id.clone(),
        username: Some(request.owner.name.clone()),
        tenant_id: request.owner.tenant_id.clone(),
        note: request.note.map(|note| note.chars().take(NOTE_CHARACTERS).collect()),
        expired: request.expires,
        permissions: request.scopes,
        created_at: local(now, zone),
        created_by: Some(request.created_by),
        last_used_at: None,
        revoked_at: None,
    };
    store.insert_pat(&pat).await?;
    Ok(Issued { token, pat })
}

/// A password for a first start: 20 random digits of base62.
///
/// # Errors
/// `auth-random-unavailable`.
pub fn generate_password() -> Result<SecretString, AuthError> {
    Ok(SecretString::from(base62(PASSWORD_LENGTH)?))
}

fn draw() -> Result<(KeyId, Token), AuthError> {
    let key_id = base62(KEY_ID_LENGTH)?;
    let before = format!("{PREFIX}{key_id}_{}", base62(SECRET_LENGTH)?);
    let check = check_digits(&before);
    Ok((KeyId::new(key_id), Token::new(&format!("{before}{check}"))))
}

/// Random digits of base62, each as likely as any other: bytes beyond a multiple of 62 are drawn again.
fn base62(length: usize) -> Result<String, AuthError> {
    const FAIR: u8 = 62 * 4;
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|error| AuthError::RandomUnavailable { reason: error.to_string() })?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let digits = fair.filter_map(|byte| DIGITS.get(usize::from(byte % 62)));
        text.extend(digits.take(length - text.len()).map(|digit| char::from(*digit)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::token::Shape;

    #[test]
    fn drawn_tokens_are_well_formed_and_differ() {
        let tokens: BTreeSet<String> = (0..100)
            .map(|_| {
                let (key_id, token) = draw().unwrap();
                assert_eq!(token.shape(), Shape::Ours(key_id));
                token.expose().to_owned()
            })
            .collect();
        assert_eq!(tokens.len(), 100);
    }

    #[test]
    fn every_digit_is_drawn() {
        let digits: BTreeSet<char> = base62(10_000).unwrap().chars().collect();
        assert_eq!(digits.len(), 62);
    }
}
