//! `BlankDriveReport` and `DriveInspectionReport`: a drive that was read as a whole and not written
//! to. The first type is kept for drives that were found blank. Neither is a proof of erasure: what
//! a drive does not show when it is read may still be there.

use serde_json::{Value, json};

use super::conclude::RULES;
use super::document::{BLANK, Header, INSPECTION, document, subject_type};
use crate::model::{
    Blankness, Bus, Computer, DriveKind, Ending, HiddenArea, Inspected, Inspection,
    InspectionShortfall, Lock, Medium, Paperwork, Severity,
};

/// What follows from an inspection. Pure and total; whatever was not shown to be so is not known.
#[must_use]
pub fn inspected(inspection: &Inspection) -> Inspected {
    use InspectionShortfall as Found;
    let Inspection { drive, differing, unreadable, .. } = inspection;
    let real = drive.kind == DriveKind::BlockDevice && drive.medium != Medium::Virtual;
    let covered = inspection.read_bytes.checked_add(unreadable.total_bytes);
    let whole = covered == Some(drive.capacity_bytes) && drive.capacity_bytes > 0;
    let same = inspection
        .aftermath
        .as_ref()
        .is_some_and(|after| after.same_drive && after.capacity_bytes == drive.capacity_bytes);
    // No NVMe drive has such areas; any other may, also behind an adapter that speaks for it.
    let may_hide = real && drive.bus != Bus::Nvme;
    let shortfalls: Vec<Found> = [
        (differing.count > 0 || !differing.blocks.is_empty(), Found::DataFound),
        (
            !whole || inspection.filling.is_none() || inspection.ending != Ending::Completed,
            Found::NotReadToTheEnd,
        ),
        (!unreadable.is_empty(), Found::BlocksUnreadable),
        (matches!(inspection.lock, Lock::Closed { .. }), Found::Locked),
        (real && matches!(inspection.lock, Lock::Unknown { .. }), Found::LocksUnknown),
        (matches!(inspection.hidden, HiddenArea::Present { .. }), Found::HiddenBlocks),
        (
            may_hide && matches!(inspection.hidden, HiddenArea::Unknown { .. }),
            Found::HiddenAreasUnknown,
        ),
        (!inspection.direct_io && drive.kind == DriveKind::BlockDevice, Found::PageCache),
        (!same, Found::DriveChanged),
    ]
    .into_iter()
    .filter_map(|(is_so, found)| is_so.then_some(found))
    .collect();
    let verdict = match shortfalls.first().map(|found| found.severity()) {
        None | Some(Severity::Limit) => Blankness::Blank,
        Some(Severity::Doubt) => Blankness::Unknown,
        Some(Severity::Failure) => Blankness::NotBlank,
    };
    Inspected { verdict, shortfalls }
}

/// The type of the document that such an inspection deserves.
pub(super) const fn type_of(found: &Inspected) -> &'static str {
    match found.verdict {
        Blankness::Blank => BLANK,
        Blankness::NotBlank | Blankness::Unknown => INSPECTION,
    }
}

/// The conclusion as it stands in a document. There is no method in it: nothing was sanitized.
pub(super) fn conclusion_value(found: &Inspected) -> Value {
    let shortfalls: Vec<Value> = found
        .shortfalls
        .iter()
        .map(|shortfall| {
            json!({
                "code": shortfall,
                "severity": shortfall.severity(),
                "statement": shortfall.statement(),
            })
        })
        .collect();
    json!({ "rules": RULES, "verdict": found.verdict, "shortfalls": shortfalls })
}

/// The unsigned document on an inspection of the drive that was named as `path`.
///
/// # Errors
/// Never in practice: every part is plain data.
pub fn inspection(
    header: &Header<'_>,
    path: Option<&str>,
    inspection: &Inspection,
    computer: &Computer,
    paperwork: &Paperwork,
) -> Result<Value, serde_json::Error> {
    let found = inspected(inspection);
    let subject = json!({
        "type": subject_type(&inspection.drive),
        "path": path,
        "conclusion": conclusion_value(&found),
        "statements": statements(inspection, &found),
        "evidence": inspection,
        "computer": computer,
        "paperwork": paperwork,
    });
    let what = match inspection.drive.kind {
        DriveKind::BlockDevice => "drive",
        DriveKind::DiskImage => "disk image",
    };
    let title = match found.verdict {
        Blankness::Blank => format!("Blank {what}: found blank, NOT erased by us"),
        Blankness::NotBlank => format!("Inspection: {what} NOT blank and NOT erased"),
        Blankness::Unknown => {
            format!("Inspection: it is not known whether the {what} is blank; NOT erased")
        }
    };
    document(header, type_of(&found), title, subject)
}

/// What the document says of itself in plain words.
fn statements(inspection: &Inspection, found: &Inspected) -> Vec<String> {
    let mut statements = match (found.verdict, inspection.filling) {
        (Blankness::Blank, Some(byte)) => vec![format!(
            "The drive was found blank: every block that it shows was read and holds the byte \
             0x{byte:02x} throughout."
        )],
        _ => Vec::new(),
    };
    statements.push(
        "It was not erased by us: nothing was written to it, no sanitization method was applied, \
         and none is claimed."
            .to_owned(),
    );
    statements.push(match &inspection.hidden {
        HiddenArea::None => "By its own word the drive hides no blocks at its end.".to_owned(),
        HiddenArea::Present { accessible, native } => format!(
            "The drive shows {accessible} of its {native} blocks; the rest at its end was not read."
        ),
        HiddenArea::Unknown { reason } => format!(
            "Whether it hides blocks at its end is not known: {}.",
            reason.trim_end_matches('.')
        ),
    });
    match &inspection.lock {
        Lock::Open => {}
        Lock::Closed { by } => statements.push(format!("It is locked: {by}.")),
        Lock::Unknown { reason } => statements
            .push(format!("Whether it is locked is not known: {}.", reason.trim_end_matches('.'))),
    }
    statements.push(match (inspection.drive.kind, inspection.drive.medium) {
        (DriveKind::DiskImage, _) => {
            "This is a disk image, a file: nothing is said about the drive it lies on.".to_owned()
        }
        (_, Medium::Virtual) => {
            "This is a virtual drive: nothing is said about the medium beneath it.".to_owned()
        }
        (_, medium) if medium.remaps() => {
            "Reading says nothing about what such a medium holds in unmapped, retired or \
             over-provisioned blocks: data may be there that the drive does not show."
                .to_owned()
        }
        _ => "Reading says nothing about blocks that the drive has retired or replaced.".to_owned(),
    });
    statements
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Aftermath, Finding, Findings, Range, RangeList, Timestamp, test_identity};

    /// An inspection of a blank drive in which everything went well.
    pub(in crate::cert) fn blank() -> Inspection {
        let drive = test_identity();
        let capacity = drive.capacity_bytes;
        let at = Timestamp::from_unix;
        Inspection {
            drive,
            hidden: HiddenArea::None,
            lock: Lock::Open,
            engine: "sequential".into(),
            direct_io: true,
            filling: Some(0),
            started_at: at(1_795_000_000),
            ended_at: at(1_795_000_010),
            read_bytes: capacity,
            unreadable: RangeList::default(),
            differing: Findings::default(),
            speed: Default::default(),
            aftermath: Some(Aftermath {
                same_drive: true,
                capacity_bytes: capacity,
                partitions_reread: None,
            }),
            ending: Ending::Completed,
        }
    }

    fn finding() -> Finding {
        Finding { lba: 7, expected: "every byte 0x00".into(), found_keyed_digest: "ab".into() }
    }

    #[test]
    fn a_drive_that_holds_one_byte_throughout_is_blank() {
        for filling in [0, 0xff, 0x5a] {
            let found = inspected(&Inspection { filling: Some(filling), ..blank() });
            assert_eq!((found.verdict, found.shortfalls.len()), (Blankness::Blank, 0));
        }
    }

    /// Whatever is taken from a good inspection, or comes to it, the drive is not called blank.
    #[test]
    fn everything_stands_in_the_way_of_blank() {
        use InspectionShortfall as Found;
        let one = Range { offset: 4096, bytes: 4096 };
        let unknown = || "why".to_owned();
        type Change<'a> = &'a dyn Fn(&mut Inspection);
        let cases: [(Change<'_>, Found); 19] = [
            (&|i| i.differing.count = 1, Found::DataFound),
            (&|i| i.differing.blocks = vec![finding()], Found::DataFound),
            (&|i| i.read_bytes -= 1, Found::NotReadToTheEnd),
            (&|i| i.read_bytes += 1, Found::NotReadToTheEnd),
            (&|i| i.filling = None, Found::NotReadToTheEnd),
            (&|i| i.ending = Ending::Aborted, Found::NotReadToTheEnd),
            (&|i| i.ending = Ending::Incomplete, Found::NotReadToTheEnd),
            (&|i| i.ending = Ending::Failed { reason: unknown() }, Found::NotReadToTheEnd),
            (
                &|i| {
                    i.read_bytes -= one.bytes;
                    i.unreadable.push(one);
                },
                Found::BlocksUnreadable,
            ),
            (&|i| i.lock = Lock::Closed { by: unknown() }, Found::Locked),
            (&|i| i.lock = Lock::Unknown { reason: unknown() }, Found::LocksUnknown),
            (&|i| i.hidden = HiddenArea::Present { accessible: 1, native: 2 }, Found::HiddenBlocks),
            (&|i| i.hidden = HiddenArea::Unknown { reason: unknown() }, Found::HiddenAreasUnknown),
            (
                &|i| {
                    i.drive.bus = Bus::Usb;
                    i.hidden = HiddenArea::Unknown { reason: unknown() };
                },
                Found::HiddenAreasUnknown,
            ),
            (&|i| i.direct_io = false, Found::PageCache),
            (&|i| i.aftermath = None, Found::DriveChanged),
            (&|i| i.aftermath.as_mut().unwrap().same_drive = false, Found::DriveChanged),
            (&|i| i.aftermath.as_mut().unwrap().capacity_bytes -= 512, Found::DriveChanged),
            (
                &|i| {
                    i.drive.capacity_bytes = 0;
                    i.read_bytes = 0;
                    i.aftermath.as_mut().unwrap().capacity_bytes = 0;
                },
                Found::NotReadToTheEnd,
            ),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut inspection = blank();
            change(&mut inspection);
            let found = inspected(&inspection);
            assert_eq!(found.shortfalls, [expected], "case {number}");
            let verdict = match expected {
                Found::DataFound => Blankness::NotBlank,
                _ => Blankness::Unknown,
            };
            assert_eq!((found.verdict, type_of(&found)), (verdict, INSPECTION), "case {number}");
        }
    }

    #[test]
    fn what_was_found_outweighs_what_is_not_known() {
        let mut inspection = Inspection { lock: Lock::Closed { by: "x".into() }, ..blank() };
        inspection.differing.push_with(finding);
        inspection.read_bytes = 512;
        assert_eq!(inspected(&inspection).verdict, Blankness::NotBlank);
    }

    /// No lock and no hidden area of ATA is a matter of a file, or of a drive of the kernel's own.
    #[test]
    fn where_there_is_no_firmware_nothing_is_missed() {
        let mut virtual_drive = Inspection {
            lock: Lock::Unknown { reason: "a loop device".into() },
            hidden: HiddenArea::Unknown { reason: "a loop device".into() },
            ..blank()
        };
        virtual_drive.drive.medium = Medium::Virtual;
        assert_eq!(inspected(&virtual_drive).verdict, Blankness::Blank);
        let mut nvme = Inspection {
            hidden: HiddenArea::Unknown { reason: "a matter of ATA".into() },
            ..blank()
        };
        nvme.drive.bus = Bus::Nvme;
        assert_eq!(inspected(&nvme).verdict, Blankness::Blank);
        nvme.lock = Lock::Unknown { reason: "no answer".into() };
        assert_eq!(inspected(&nvme).verdict, Blankness::Unknown);
    }

    #[test]
    fn no_blank_drive_is_called_erased() {
        for medium in [Medium::Hdd, Medium::Ssd, Medium::Unknown, Medium::Virtual] {
            let mut inspection = blank();
            inspection.drive.medium = medium;
            let said = statements(&inspection, &inspected(&inspection)).join(" ");
            assert!(said.contains("found blank") && said.contains("not erased by us"), "{said}");
            assert_eq!(said.contains("over-provisioned"), medium.remaps(), "{said}");
            assert!(!said.contains("sanitized") && !said.contains("Clear"), "{said}");
        }
        let other = Inspection { filling: None, ..blank() };
        let said = statements(&other, &inspected(&other)).join(" ");
        assert!(!said.contains("found blank"), "{said}");
    }
}
