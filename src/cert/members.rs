//! Which members a document of each kind has since layout 1.0. Whatever is not there is missed by
//! its reader; whatever is there besides is shown as unknown. Tests hold the lists against what the
//! tool writes.

use super::document::{BLANK, DESTRUCTION, INSPECTION, MACHINE, STARTED, VALIDATION};

/// What every document has.
const HEAD: &[&str] = &[
    "/id",
    "/name",
    "/validFrom",
    "/clock/source",
    "/clock/rtcMinusSystemSeconds",
    "/clock/confirmed",
    "/tool/name",
    "/tool/version",
    "/tool/executableSha256",
    "/credentialSubject/type",
];

/// What a document of a session has: its place, what was started before the program, the
/// computer, and what people said of the job.
const SESSION: &[&str] = &[
    "/run/id",
    "/run/startedAt",
    "/boot/kernel",
    "/boot/imageId",
    "/boot/imageFiles",
    "/boot/secureBoot",
    "/boot/lockdown",
    "/boot/tpm",
    "/boot/pcr4",
    "/boot/pcr7",
    "/boot/pcr8",
    "/boot/pcr9",
    "/boot/eventLogSha256",
    "/stream/id",
    "/stream/sequence",
    "/stream/previousDigest",
    "/credentialSubject/computer/manufacturer",
    "/credentialSubject/computer/model",
    "/credentialSubject/computer/serialNumber",
    "/credentialSubject/computer/systemUuid",
    "/credentialSubject/computer/cpu",
    "/credentialSubject/computer/memoryBytes",
    "/credentialSubject/paperwork/assetTag",
    "/credentialSubject/paperwork/operator",
    "/credentialSubject/paperwork/location",
];

/// What names a drive.
const DRIVE: &[&str] = &[
    "/credentialSubject/path",
    "/credentialSubject/evidence/drive/kind",
    "/credentialSubject/evidence/drive/bus",
    "/credentialSubject/evidence/drive/medium",
    "/credentialSubject/evidence/drive/vendor",
    "/credentialSubject/evidence/drive/model",
    "/credentialSubject/evidence/drive/serialNumber",
    "/credentialSubject/evidence/drive/firmware",
    "/credentialSubject/evidence/drive/wwn",
    "/credentialSubject/evidence/drive/unit",
    "/credentialSubject/evidence/drive/capacityBytes",
    "/credentialSubject/evidence/drive/logicalBlockBytes",
    "/credentialSubject/evidence/drive/physicalBlockBytes",
    "/credentialSubject/evidence/drive/diskseq",
    "/credentialSubject/evidence/drive/sources",
];

/// What a document on an erasure has besides.
const ERASURE: &[&str] = &[
    "/credentialSubject/conclusion/rules",
    "/credentialSubject/conclusion/verdict",
    "/credentialSubject/conclusion/method",
    "/credentialSubject/conclusion/shortfalls",
    "/credentialSubject/statements",
    "/credentialSubject/evidence/planned/planDigest",
    "/credentialSubject/evidence/planned/method",
    "/credentialSubject/evidence/planned/least",
    "/credentialSubject/evidence/planned/techniques",
    "/credentialSubject/evidence/planned/scheme",
    "/credentialSubject/evidence/planned/verify",
    "/credentialSubject/evidence/hidden",
    "/credentialSubject/evidence/engine",
    "/credentialSubject/evidence/directIo",
    "/credentialSubject/evidence/firmware",
    "/credentialSubject/evidence/passes",
    "/credentialSubject/evidence/interruptions",
    "/credentialSubject/evidence/verification",
    "/credentialSubject/evidence/aftermath",
    "/credentialSubject/evidence/ending",
];

/// What a document on an inspection has besides.
const INSPECTED: &[&str] = &[
    "/credentialSubject/conclusion/rules",
    "/credentialSubject/conclusion/verdict",
    "/credentialSubject/conclusion/shortfalls",
    "/credentialSubject/statements",
    "/credentialSubject/evidence/hidden",
    "/credentialSubject/evidence/lock",
    "/credentialSubject/evidence/engine",
    "/credentialSubject/evidence/directIo",
    "/credentialSubject/evidence/filling",
    "/credentialSubject/evidence/startedAt",
    "/credentialSubject/evidence/endedAt",
    "/credentialSubject/evidence/readBytes",
    "/credentialSubject/evidence/unreadable",
    "/credentialSubject/evidence/differing",
    "/credentialSubject/evidence/speed",
    "/credentialSubject/evidence/aftermath",
    "/credentialSubject/evidence/ending",
];

/// What a document on a drive that has to be destroyed has besides. Such a drive may have no name
/// but what is printed on it.
const CONDEMNED: &[&str] = &[
    "/credentialSubject/path",
    "/credentialSubject/statements",
    "/credentialSubject/evidence/drive",
    "/credentialSubject/evidence/label",
    "/credentialSubject/evidence/reason",
    "/credentialSubject/evidence/attempt",
];

/// What the record of what a session begins has besides.
const START: &[&str] = &["/credentialSubject/drives", "/credentialSubject/continues"];

/// What a machine report has besides.
const REPORT: &[&str] = &[
    "/credentialSubject/hiddenDrivesPossible",
    "/credentialSubject/hiddenDrivesReasons",
    "/credentialSubject/drives",
];

/// What a person's decision has besides.
const DECISION: &[&str] = &[
    "/credentialSubject/id",
    "/credentialSubject/certificateDigest",
    "/credentialSubject/serialNumber",
    "/credentialSubject/decision",
    "/credentialSubject/decidedBy",
    "/credentialSubject/remark",
    "/credentialSubject/statements",
];

/// The members of a document of this kind, as JSON pointers.
pub(super) fn of(kind: &str) -> impl Iterator<Item = &'static str> + use<> {
    let own: &[&[&str]] = match kind {
        MACHINE => &[HEAD, SESSION, REPORT],
        STARTED => &[HEAD, SESSION, START],
        VALIDATION => &[HEAD, DECISION],
        BLANK | INSPECTION => &[HEAD, SESSION, DRIVE, INSPECTED],
        DESTRUCTION => &[HEAD, SESSION, CONDEMNED],
        _ => &[HEAD, SESSION, DRIVE, ERASURE],
    };
    own.iter().copied().flatten().copied()
}
