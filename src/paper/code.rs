//! The text of a code: `NULSTIL1:` and a COSE_Sign1 in base45 (RFC 9285), which is what the
//! alphanumeric mode of a QR code holds best.

use ed25519_dalek::{SigningKey, VerifyingKey};

use serde_json::Value;

use super::cose::{self, Signed};
use super::delegation::{Delegation, in_authorization};
use super::statement::Statement;
use crate::cert::{
    Authorization, CLOCK_SLACK, Rejection, Trust, Unauthorized, VerifiedCertificate, did,
};
use crate::model::Timestamp;

/// What every code begins with; the digit is the version.
pub const PREFIX: &str = "NULSTIL1:";

/// The longest code in characters: more than any that this program makes. 900 bytes at most are
/// decoded.
pub const LONGEST: usize = 1200;

/// Why a code is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Another text.
    #[error("this is not the text of a code: it does not begin with {PREFIX}")]
    NotACode,
    /// Not base45, or too long.
    #[error("the text of the code is damaged or cut off; scan it again")]
    Damaged,
    /// Not a message of ours, or not in its only spelling.
    #[error("the content of the code is not of the only accepted form")]
    Form,
    /// The root's word in the code is by another root.
    #[error("the station in the code was authorized by another root key than the trusted one")]
    OtherRoot,
    /// The code lacks the root's word, and no authorization was given.
    #[error(
        "the code does not say who vouches for the station; name the station's authorization with \
         --authorization"
    )]
    NobodyVouches,
    /// As for the certificate itself.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The certificate that was given beside it has the digest that the code names, and the code
    /// says other things of it.
    #[error("the code does not say the same as the certificate that it names")]
    Contradiction,
}

impl From<Unauthorized> for Refused {
    fn from(why: Unauthorized) -> Self {
        Self::Rejected(why.into())
    }
}

impl Refused {
    /// A stable name for programs. It never changes once released.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotACode => "not-a-code",
            Self::Damaged => "code-damaged",
            Self::Form => "code-form",
            Self::OtherRoot => "authorization-other-root",
            Self::NobodyVouches => "authorization-missing",
            Self::Rejected(rejection) => rejection.code(),
            Self::Contradiction => "code-contradiction",
        }
    }
}

/// The text of the code about a certificate; `None` if there is none for it (see
/// [`Statement::of`]). The same for the same certificate and key, always.
///
/// # Errors
/// `key` is not the key that signed the certificate.
pub fn code(
    certificate: &VerifiedCertificate,
    root: &VerifyingKey,
    key: &SigningKey,
) -> Result<Option<String>, Refused> {
    if did::of(&key.verifying_key()) != certificate.issuer() {
        return Err(Rejection::KeyMismatch.into());
    }
    let Some(statement) = Statement::of(certificate) else { return Ok(None) };
    let authorization = certificate.document().pointer("/issuer/authorization");
    let authorization = Authorization::verify(authorization.unwrap_or(&Value::Null), root)?;
    let payload = statement.payload(in_authorization(&authorization, root).as_deref())?;
    // What the reader would refuse is not signed.
    Statement::read(&payload)?;
    Ok(Some(encode(&cose::sign(key, payload)?)))
}

fn encode(message: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(message))
}

/// A code whose signature and authorization were checked. Nobody can make one but [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCode {
    statement: Statement,
    station_name: String,
    station: String,
    missing: Option<String>,
}

impl VerifiedCode {
    /// What it says.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The name of the station, as the root key's owner wrote it; cut if it is long.
    #[must_use]
    pub fn station_name(&self) -> &str {
        &self.station_name
    }

    /// did:key of the station that signed.
    #[must_use]
    pub fn station(&self) -> &str {
        &self.station
    }

    /// What could not be checked, one phrase; `None` if all was.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Whether a certificate is the one that the code is about.
    ///
    /// # Errors
    /// It is, and the code says other things than it does.
    pub fn is_about(&self, certificate: &VerifiedCertificate) -> Result<bool, Refused> {
        match Statement::of(certificate) {
            Some(theirs) if theirs.digest != self.statement.digest => Ok(false),
            Some(theirs) if theirs == self.statement && self.station == certificate.issuer() => {
                Ok(true)
            }
            Some(_) => Err(Refused::Contradiction),
            None => Ok(false),
        }
    }
}

/// Checks a code: form, who vouches for the station, signature, time, revocation. `authorization`
/// is for a code that carries no word of the root itself.
///
/// # Errors
/// The first check that fails.
pub fn verify(
    text: &str,
    authorization: Option<&Authorization>,
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedCode, Refused> {
    let encoded = text.strip_prefix(PREFIX).ok_or(Refused::NotACode)?;
    if text.len() > LONGEST {
        return Err(Refused::Damaged);
    }
    let message = base45::decode(encoded).map_err(|_| Refused::Damaged)?;
    // The decoder takes some texts for others: three letters for one byte too many.
    if base45::encode(&message) != encoded {
        return Err(Refused::Damaged);
    }
    let signed = Signed::read(&message)?;
    let (statement, delegation) = Statement::read(signed.payload())?;
    let (key, station_name, needed) = match (&delegation, authorization) {
        (Some(delegation), _) => {
            let vouched = Delegation::verify(delegation, &trust.root)?;
            if statement.issued < vouched.valid_from {
                return Err(Unauthorized::NotYetValid.into());
            }
            if statement.issued >= vouched.valid_until {
                return Err(Unauthorized::Expired.into());
            }
            (vouched.station, vouched.station_name, vouched.trust_list_version)
        }
        (None, Some(vouched)) => {
            let (station, name) = (&vouched.station, &vouched.station_name);
            vouched.permits(station, name, statement.kind, statement.issued)?;
            let key = did::key(station).map_err(|_| Refused::Form)?;
            (key, name.clone(), vouched.trust_list_version)
        }
        (None, None) => return Err(Refused::NobodyVouches),
    };
    if signed.key_id != cose::key_id(&key) {
        return Err(Unauthorized::OtherKey.into());
    }
    signed.check(&key)?;
    let station = did::of(&key);
    let missing = trust.judge_key(&station, needed, None)?;
    if statement.issued > now.plus(CLOCK_SLACK) {
        return Err(Rejection::FromTheFuture.into());
    }
    Ok(VerifiedCode { statement, station_name, station, missing })
}
