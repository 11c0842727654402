//! What each technique is, reaches and does not reach. A new technique is one row here.

use crate::model::{Identity, Medium, Method, TechniqueId};

/// One technique.
#[derive(Debug)]
pub struct Spec {
    /// Its id in plans and certificates.
    pub id: TechniqueId,
    /// What people call it.
    pub name: &'static str,
    /// The clause that describes it.
    pub clause: &'static str,
    /// The highest method it may claim on this drive.
    pub reaches: fn(&Identity) -> Method,
    /// Why it does not reach more on this drive, one sentence each.
    pub not_more: fn(&Identity) -> Vec<String>,
}

/// Every technique there is, best first.
pub const ALL: &[Spec] = &[Spec {
    id: TechniqueId::Overwrite,
    name: "overwrite of every user-addressable block by the host",
    clause: "NIST SP 800-88r2, section 3.1.1 (Clear)",
    reaches: |_| Method::Clear,
    not_more: overwrite_not_more,
}];

fn overwrite_not_more(drive: &Identity) -> Vec<String> {
    let mut reasons = vec![
        match drive.medium {
            Medium::DiskImage => "a disk image is a file: nothing is done to the drive it lies on",
            Medium::Virtual => "what lies beneath a virtual drive is not known",
            Medium::Hdd => "overwriting by the host does not reach reallocated blocks",
            Medium::Ssd | Medium::Emmc | Medium::SdCard | Medium::Unknown => {
                "overwriting by the host does not reach reallocated, retired and over-provisioned \
                 blocks"
            }
        }
        .to_owned(),
    ];
    reasons.push("the drive's own erase commands (Purge) are not used by this version".to_owned());
    reasons
}
