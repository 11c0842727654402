//! The root's word for a station, short enough for a code on paper.
//!
//! The station's authorization says the same at length; it carries this as a member, so that one
//! file is enough for both.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::Refused;
use super::cose::{self, Fields, Signed};
use super::text::short;
use crate::cert::{Authorization, Rejection, Unauthorized, did};
use crate::model::Timestamp;

/// What the payload is: the first version of this.
const KIND: u64 = 2;

/// The longest name of a station in a code, in bytes.
const LONGEST_NAME: usize = 24;

/// What a station may sign on paper: codes about any result, from `valid_from` until before
/// `valid_until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delegation {
    /// The station's key.
    pub station: VerifyingKey,
    /// Its name, cut if it is long.
    pub station_name: String,
    /// From when on.
    pub valid_from: Timestamp,
    /// Until before when.
    pub valid_until: Timestamp,
    /// The version of the newest trust list when this was signed; 0 if there was none.
    pub trust_list_version: u64,
}

impl Delegation {
    /// What an authorization permits on paper: nothing, if it does not let the station issue every
    /// type of result, because a code cannot say which.
    fn of(authorization: &Authorization) -> Result<Option<Self>, Refused> {
        let every = super::statement::TYPES
            .iter()
            .all(|kind| authorization.may_issue.iter().any(|may| may == kind));
        if !every {
            return Ok(None);
        }
        Ok(Some(Self {
            station: did::key(&authorization.station).map_err(|_| Refused::Form)?,
            station_name: short(&authorization.station_name, LONGEST_NAME),
            valid_from: authorization.valid_from,
            valid_until: authorization.valid_until,
            trust_list_version: authorization.trust_list_version,
        }))
    }

    fn payload(&self) -> Result<Vec<u8>, Refused> {
        Fields::of(KIND)
            .with(1, Some(self.station.as_bytes().to_vec()))
            .with(2, Some(self.station_name.as_str()))
            .with(3, Some(self.valid_from.unix()))
            .with(4, Some(self.valid_until.unix()))
            .with(5, Some(self.trust_list_version))
            .write()
    }

    /// Reads a delegation that `root` signed.
    pub(super) fn verify(bytes: &[u8], root: &VerifyingKey) -> Result<Self, Refused> {
        let signed = Signed::read(bytes)?;
        let fields = Fields::read(KIND, signed.payload())?;
        let time = |number| {
            let seconds = fields.number(number)?.try_into().map_err(|_| Refused::Form)?;
            Ok::<_, Refused>(Timestamp::from_unix(seconds))
        };
        let key = fields.bytes(1).and_then(|key| key.try_into().ok()).ok_or(Refused::Form)?;
        let read = Self {
            station: did::usable(key).map_err(|_| Refused::Form)?,
            station_name: fields.text(2).ok_or(Refused::Form)?.to_owned(),
            valid_from: time(3)?,
            valid_until: time(4)?,
            trust_list_version: fields.number(5)?,
        };
        if read.payload()? != signed.payload()
            || read.station_name.len() > LONGEST_NAME
            || read.valid_until <= read.valid_from
        {
            return Err(Refused::Form);
        }
        if signed.key_id != cose::key_id(root) {
            return Err(Refused::OtherRoot);
        }
        let broken = |why: Rejection| Rejection::from(Unauthorized::Broken(Box::new(why)));
        signed.check(root).map_err(broken)?;
        Ok(read)
    }
}

/// Adds the root's word for codes on paper to an authorization that is yet to be signed. One that
/// does not permit every type of result is left as it is.
///
/// # Errors
/// The authorization names no usable key.
pub fn delegate(authorization: &mut Authorization, root: &SigningKey) -> Result<(), Refused> {
    if let Some(delegation) = Delegation::of(authorization)? {
        let signed = cose::sign(root, delegation.payload()?)?;
        authorization.paper = Some(Base64UrlUnpadded::encode_string(&signed));
    }
    Ok(())
}

/// The root's word in an authorization, if it has one that says the same as the rest of it.
pub(super) fn in_authorization(
    authorization: &Authorization,
    root: &VerifyingKey,
) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(authorization.paper.as_deref()?).ok()?;
    let delegation = Delegation::verify(&bytes, root).ok()?;
    (Delegation::of(authorization) == Ok(Some(delegation))).then_some(bytes)
}
