//! What a code says of a certificate. No person is named in it: whoever finds the paper learns
//! nothing but what was done to which drive.

use super::Refused;
use super::cose::Fields;
use super::text::short;
use crate::cert::VerifiedCertificate;
use crate::cert::document::{ABORTED, CERTIFICATE, FAILED, INCOMPLETE, UNVERIFIED};
use crate::model::{Medium, Method, Timestamp, Verdict, unhex};

/// What the payload is: the first version of this.
const KIND: u64 = 1;

/// The types of documents that a code can be about; a code names them by their place here.
pub(super) const TYPES: [&str; 5] = [CERTIFICATE, FAILED, ABORTED, INCOMPLETE, UNVERIFIED];

/// The media by their number in a code.
const MEDIA: [Medium; 7] = [
    Medium::Hdd,
    Medium::Ssd,
    Medium::Emmc,
    Medium::SdCard,
    Medium::Virtual,
    Medium::DiskImage,
    Medium::Unknown,
];

/// The methods by their number in a code.
const METHODS: [Method; 3] = [Method::Clear, Method::Purge, Method::Destroy];

/// The longest serial number, model or asset tag in a code, in bytes; a longer one is cut, and ends
/// in an ellipsis.
const LONGEST: usize = 40;

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The UUID of the certificate.
    pub certificate: [u8; 16],
    /// SHA-256 of the signed certificate in canonical form.
    pub digest: [u8; 32],
    /// The type of the certificate.
    pub kind: &'static str,
    /// The method achieved; only if the drive is sanitized.
    pub method: Option<Method>,
    /// What holds the data.
    pub medium: Medium,
    /// Capacity in bytes.
    pub capacity_bytes: u64,
    /// The drive's serial number.
    pub serial: Option<String>,
    /// The drive's model.
    pub model: Option<String>,
    /// When the certificate was issued.
    pub issued: Timestamp,
    /// The organisation's number for the device.
    pub asset_tag: Option<String>,
}

impl Statement {
    /// What a code about this certificate has to say; `None` if it is not about one drive, or if
    /// this program does not understand it in full.
    #[must_use]
    pub fn of(certificate: &VerifiedCertificate) -> Option<Self> {
        let (evidence, found) = (certificate.evidence()?, certificate.conclusion()?);
        let text = |pointer: &str| certificate.document().pointer(pointer)?.as_str();
        let id = text("/id")?.strip_prefix("urn:uuid:")?.replace('-', "");
        let limited = |text: &Option<String>| text.as_deref().map(|text| short(text, LONGEST));
        Some(Self {
            certificate: unhex(&id)?.try_into().ok()?,
            digest: unhex(certificate.digest())?.try_into().ok()?,
            kind: TYPES.into_iter().find(|kind| *kind == certificate.kind())?,
            method: found.method,
            medium: evidence.drive.medium,
            capacity_bytes: evidence.drive.capacity_bytes,
            serial: limited(&evidence.drive.serial_number),
            model: limited(&evidence.drive.model),
            issued: certificate.issued(),
            asset_tag: text("/credentialSubject/paperwork/assetTag").map(|tag| short(tag, LONGEST)),
        })
    }

    /// The verdict, which follows from the type.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.kind {
            CERTIFICATE => Verdict::Sanitized,
            UNVERIFIED => Verdict::Indeterminate,
            _ => Verdict::NotSanitized,
        }
    }

    /// As the payload of a code, with the root's word for who signs it.
    pub(super) fn payload(&self, delegation: Option<&[u8]>) -> Result<Vec<u8>, Refused> {
        let method = self.method.and_then(|method| place(&METHODS, &method));
        Fields::of(KIND)
            .with(1, Some(self.certificate.to_vec()))
            .with(2, Some(self.digest.to_vec()))
            .with(3, place(&TYPES, &self.kind))
            .with(4, method)
            .with(5, place(&MEDIA, &self.medium))
            .with(6, Some(self.capacity_bytes))
            .with(7, self.serial.as_deref())
            .with(8, self.model.as_deref())
            .with(9, Some(self.issued.unix()))
            .with(10, self.asset_tag.as_deref())
            .with(11, delegation.map(<[u8]>::to_vec))
            .write()
    }

    /// Reads a payload; gives the root's word for who signed it, too.
    pub(super) fn read(payload: &[u8]) -> Result<(Self, Option<Vec<u8>>), Refused> {
        let fields = Fields::read(KIND, payload)?;
        let bytes = |number| fields.bytes(number).ok_or(Refused::Form);
        let text = |number| fields.text(number).map(str::to_owned);
        let method = match fields.number(4) {
            Ok(number) => Some(*at(&METHODS, number)?),
            Err(_) => None,
        };
        let seconds = fields.number(9)?.try_into().map_err(|_| Refused::Form)?;
        let read = Self {
            certificate: bytes(1)?.try_into().map_err(|_| Refused::Form)?,
            digest: bytes(2)?.try_into().map_err(|_| Refused::Form)?,
            kind: at(&TYPES, fields.number(3)?)?,
            method,
            medium: *at(&MEDIA, fields.number(5)?)?,
            capacity_bytes: fields.number(6)?,
            serial: text(7),
            model: text(8),
            issued: Timestamp::from_unix(seconds),
            asset_tag: text(10),
        };
        let delegation = fields.bytes(11).map(<[u8]>::to_vec);
        // A method and a failure, or a sanitized drive and no method, cannot both be true.
        let consistent = read.method.is_some() == (read.verdict() == Verdict::Sanitized);
        let texts = [&read.serial, &read.model, &read.asset_tag];
        let fits = texts.into_iter().flatten().all(|text| {
            text.len() <= LONGEST && crate::model::clean(text.as_bytes()).as_ref() == Some(text)
        });
        if !consistent || !fits || read.payload(delegation.as_deref())? != payload {
            return Err(Refused::Form);
        }
        Ok((read, delegation))
    }
}

fn place<T: PartialEq>(list: &[T], one: &T) -> Option<u64> {
    list.iter().position(|other| other == one).and_then(|at| at.try_into().ok())
}

fn at<T>(list: &[T], number: u64) -> Result<&T, Refused> {
    usize::try_from(number).ok().and_then(|at| list.get(at)).ok_or(Refused::Form)
}
