//! Why a document is not accepted: one sentence for people, one stable code for programs.

use super::did::DidError;
use super::profile::Malformed;
use crate::log::LogError;
use crate::model::Timestamp;

/// Why a document is rejected. There is no "almost": a document with a rejection proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Outside of the JSON profile.
    #[error("the file is not a well-formed document: {0}")]
    Malformed(#[from] Malformed),
    /// JSON, but something else.
    #[error("the file is not a signed document of this kind")]
    NotACertificate,
    /// The proof is not of the only accepted form.
    #[error("the signature block is not acceptable: {0}")]
    Proof(#[from] ProofFault),
    /// The signature does not fit the content.
    #[error("the signature does not fit: the document was changed after it was signed")]
    BadSignature,
    /// The signing key is not the one that the document names as its issuer.
    #[error("the document was signed with another key than that of the issuer it names")]
    KeyMismatch,
    /// The signature is good, but its maker had no right to issue this.
    #[error("the signer was not entitled to issue this document: {0}")]
    NotAuthorized(#[from] Unauthorized),
    /// A member is missing or is not what it should be.
    #[error("the content is not as it should be at \"{member}\"")]
    ContentWrong {
        /// Where, as a dotted path.
        member: String,
    },
    /// What the document concludes does not follow from the evidence in it.
    #[error("the conclusion does not follow from the evidence in the document")]
    ConclusionMismatch,
    /// The type does not follow from the content.
    #[error("the document is not of the type that its content calls for")]
    TypeMismatch,
    /// A validation says of the document that it names by its digest what is not true of it.
    #[error(
        "what it says of the document that it names by its digest is not true of that document"
    )]
    ValidationMismatch,
    /// A validation was signed by whoever signed what it decides on.
    #[error("it was signed by the key whose document it decides on")]
    ValidatedByIssuer,
    /// A validation accepts what does not prove that a drive was sanitized.
    #[error("it accepts a document that does not prove that the drive was sanitized")]
    AcceptedUnproven,
    /// It says that it is from later than now.
    #[error("the document says that it was issued in the future")]
    FromTheFuture,
    /// The proof that it is in the log does not hold.
    #[error("its place in the log is not proven: {0}")]
    Log(#[from] LogError),
    /// The proof is about a log that the trust list does not name.
    #[error("the trust list does not name a log \"{0}\"")]
    UnknownLog(String),
    /// A proof was given and no trust list, which says whose logs count.
    #[error("without a trust list nothing says whose log counts")]
    NoTrustList,
}

/// What is wrong with a `proof`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// The document's `@context` is not exactly the two known addresses.
    #[error("the document's @context is not the expected one")]
    DocumentContext,
    /// No `proof`.
    #[error("there is none")]
    Missing,
    /// `proof` is an array, a text, ...
    #[error("it is not exactly one object")]
    NotOneObject,
    /// A member is missing, added, or not a text.
    #[error("it does not have exactly the seven known members")]
    Members,
    /// `type` is not `DataIntegrityProof`.
    #[error("its type is not DataIntegrityProof")]
    Type,
    /// `cryptosuite` is not `eddsa-jcs-2022`.
    #[error("its cryptosuite is not eddsa-jcs-2022")]
    Cryptosuite,
    /// `proofPurpose` is not `assertionMethod`.
    #[error("its purpose is not assertionMethod")]
    Purpose,
    /// `proof.@context` is not the document's.
    #[error("its @context is not the document's")]
    Context,
    /// `created` is not a time.
    #[error("its time of creation is not a time")]
    Created,
    /// `verificationMethod` names no usable key.
    #[error("its verification method names no usable key ({0})")]
    Method(DidError),
    /// `proofValue` is not `z` and 64 bytes in base58btc.
    #[error("its value is not 64 bytes in base58btc")]
    Value,
}

/// Why a signer was not entitled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unauthorized {
    /// No `issuer.authorization`.
    #[error("it carries no authorization")]
    Missing,
    /// The authorization is forged or damaged, or says something this version cannot read.
    #[error("its authorization does not hold ({0})")]
    Broken(Box<Rejection>),
    /// The authorization was signed by another root key than the trusted one.
    #[error("its authorization was signed by {signer}, which is not the trusted root key")]
    OtherRoot {
        /// The did:key that signed it.
        signer: String,
    },
    /// The authorization is for another station's key.
    #[error("its authorization is for another key")]
    OtherKey,
    /// The issuer calls itself by another name than the one it was authorized under.
    #[error("its authorization is for a station of another name")]
    OtherName,
    /// The document is from before the authorization.
    #[error("the authorization was not yet valid when the document was issued")]
    NotYetValid,
    /// The document is from after the authorization.
    #[error("the authorization had expired when the document was issued")]
    Expired,
    /// The authorization does not name this type of document.
    #[error("the authorization is not for this type of document")]
    NotForType,
    /// A station's key signed a person's decision.
    #[error("a station's key does not decide on documents; only a validator's does")]
    NotAValidator,
    /// A validator's key signed something else than a decision.
    #[error("a validator's key decides on documents and issues no others")]
    NotAStation,
    /// The trust list is from before the authorization.
    #[error(
        "the trust list is version {have}, and version {needed} existed when the station was \
             authorized; use the newest"
    )]
    OldTrustList {
        /// Its version.
        have: u64,
        /// The version that existed.
        needed: u64,
    },
    /// The root revoked the key, and no witness saw the document before.
    #[error("the key was revoked ({reason}), and nobody saw the document before {since}")]
    Revoked {
        /// From when on somebody else may have had the key.
        since: Timestamp,
        /// Why.
        reason: String,
    },
}

impl Rejection {
    /// A stable name for programs. It never changes once released.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotACertificate => "not-a-certificate",
            Self::Proof(_) => "proof",
            Self::BadSignature => "bad-signature",
            Self::KeyMismatch => "key-mismatch",
            Self::NotAuthorized(why) => match why {
                Unauthorized::Missing => "authorization-missing",
                Unauthorized::Broken(_) => "authorization-broken",
                Unauthorized::OtherRoot { .. } => "authorization-other-root",
                Unauthorized::OtherKey => "authorization-other-key",
                Unauthorized::OtherName => "authorization-other-name",
                Unauthorized::NotYetValid => "authorization-not-yet-valid",
                Unauthorized::Expired => "authorization-expired",
                Unauthorized::NotForType => "authorization-not-for-type",
                Unauthorized::NotAValidator => "not-a-validator",
                Unauthorized::NotAStation => "not-a-station",
                Unauthorized::OldTrustList { .. } => "old-trust-list",
                Unauthorized::Revoked { .. } => "revoked",
            },
            Self::ContentWrong { .. } => "content-wrong",
            Self::ConclusionMismatch => "conclusion-mismatch",
            Self::TypeMismatch => "type-mismatch",
            Self::ValidationMismatch => "validation-mismatch",
            Self::ValidatedByIssuer => "validated-by-issuer",
            Self::AcceptedUnproven => "accepted-unproven",
            Self::FromTheFuture => "from-the-future",
            Self::Log(_) => "log",
            Self::UnknownLog(_) => "unknown-log",
            Self::NoTrustList => "no-trust-list",
        }
    }

    /// [`Rejection::ContentWrong`] at `member`, whose name a stranger may have chosen: the profile
    /// makes it ASCII, this makes it short.
    pub(crate) fn content(member: &str) -> Self {
        Self::ContentWrong { member: member.chars().take(60).collect() }
    }
}
