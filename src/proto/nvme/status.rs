//! The status of a completed command (section 4.2.3).

/// The status field of a completion queue entry without the phase bit, as the kernel's pass-through
/// returns it when it is not zero: status code in bits 7:0, status code type in bits 10:8, retry
/// delay in bits 12:11, more in bit 13, do not retry in bit 14.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(u16);

impl Status {
    const DO_NOT_RETRY: u16 = 1 << 14;

    /// Takes what the pass-through returned. Bit 15 does not exist and is cut.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw & 0x7fff)
    }

    /// The status of a condition, as a drive reports it.
    #[must_use]
    pub const fn of(condition: Condition, do_not_retry: bool) -> Self {
        Self(condition.code() | if do_not_retry { Self::DO_NOT_RETRY } else { 0 })
    }

    /// All bits.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// Status code type, 0 to 7: 0 generic, 1 command specific, 2 media, 3 path related, 7 vendor.
    #[must_use]
    pub const fn code_type(self) -> u8 {
        (self.0 >> 8 & 7) as u8
    }

    /// Status code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0 as u8
    }

    /// Whether the command was completed without error.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 & 0x7ff == 0
    }

    /// Whether the path to the drive or the host itself reports this. The drive may or may not
    /// have executed the command.
    #[must_use]
    pub const fn is_path_related(self) -> bool {
        self.code_type() == 3
    }

    /// Whether the error log has more to say.
    #[must_use]
    pub const fn more(self) -> bool {
        self.0 & 1 << 13 != 0
    }

    /// Whether the drive says that the same command will fail again.
    #[must_use]
    pub const fn do_not_retry(self) -> bool {
        self.0 & Self::DO_NOT_RETRY != 0
    }

    /// What it means, if it is something that a technique reacts to.
    #[must_use]
    pub fn condition(self) -> Option<Condition> {
        Condition::ALL.iter().copied().find(|condition| condition.code() == self.0 & 0x7ff)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NVMe status {}/{:02X}h", self.code_type(), self.code())?;
        if self.is_success() {
            write!(f, ": success")?;
        } else if let Some(condition) = self.condition() {
            write!(f, ": {condition}")?;
        } else if self.is_path_related() {
            write!(f, ": the path to the drive failed")?;
        }
        if self.do_not_retry() {
            write!(f, " (do not retry)")?;
        }
        Ok(())
    }
}

/// A status that a technique reacts to, under its name in the specification.
///
/// Codes checked against libnvme's `nvme-types-base.h` and SPDK's `nvme_spec.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own; the text says the rest")]
pub enum Condition {
    InvalidOpcode,
    InvalidField,
    InternalError,
    AbortRequested,
    InvalidNamespaceOrFormat,
    CommandSequenceError,
    OperationDenied,
    SanitizeFailed,
    SanitizeInProgress,
    NamespaceWriteProtected,
    ProhibitedByLockdown,
    AdminMediaNotReady,
    NamespaceNotReady,
    ReservationConflict,
    FormatInProgress,
    InvalidFormat,
    FirmwareNeedsConventionalReset,
    FirmwareNeedsSubsystemReset,
    FirmwareNeedsControllerReset,
    SelfTestInProgress,
    SanitizeProhibitedByMemoryRegion,
    WriteFault,
    UnrecoveredReadError,
    AccessDenied,
}

impl Condition {
    /// Every one.
    pub const ALL: [Self; 24] = [
        Self::InvalidOpcode,
        Self::InvalidField,
        Self::InternalError,
        Self::AbortRequested,
        Self::InvalidNamespaceOrFormat,
        Self::CommandSequenceError,
        Self::OperationDenied,
        Self::SanitizeFailed,
        Self::SanitizeInProgress,
        Self::NamespaceWriteProtected,
        Self::ProhibitedByLockdown,
        Self::AdminMediaNotReady,
        Self::NamespaceNotReady,
        Self::ReservationConflict,
        Self::FormatInProgress,
        Self::InvalidFormat,
        Self::FirmwareNeedsConventionalReset,
        Self::FirmwareNeedsSubsystemReset,
        Self::FirmwareNeedsControllerReset,
        Self::SelfTestInProgress,
        Self::SanitizeProhibitedByMemoryRegion,
        Self::WriteFault,
        Self::UnrecoveredReadError,
        Self::AccessDenied,
    ];

    /// Status code type and status code.
    const fn code(self) -> u16 {
        self.facts().0
    }

    const fn facts(self) -> (u16, &'static str) {
        match self {
            Self::InvalidOpcode => (0x001, "the command is not supported, or firmware blocks it"),
            Self::InvalidField => (0x002, "a field of the command is not supported"),
            Self::InternalError => (0x006, "internal error of the drive"),
            Self::AbortRequested => (0x007, "the command was aborted on request"),
            Self::InvalidNamespaceOrFormat => (0x00b, "no such namespace, or its format is wrong"),
            Self::CommandSequenceError => (0x00c, "the command came out of sequence"),
            Self::OperationDenied => (0x015, "denied by the drive's security settings"),
            Self::SanitizeFailed => (0x01c, "the last sanitize operation failed"),
            Self::SanitizeInProgress => (0x01d, "a sanitize operation is in progress"),
            Self::NamespaceWriteProtected => (0x020, "the namespace is write protected"),
            Self::ProhibitedByLockdown => (0x023, "prohibited by command and feature lockdown"),
            Self::AdminMediaNotReady => (0x024, "the medium is not ready for admin commands"),
            Self::NamespaceNotReady => (0x082, "the namespace is not ready"),
            Self::ReservationConflict => (0x083, "another host has reserved the namespace"),
            Self::FormatInProgress => (0x084, "a format is in progress"),
            Self::InvalidFormat => (0x10a, "this format or erase is not supported or not allowed"),
            Self::FirmwareNeedsConventionalReset => (0x10b, "new firmware awaits a bus reset"),
            Self::FirmwareNeedsSubsystemReset => (0x110, "new firmware awaits a subsystem reset"),
            Self::FirmwareNeedsControllerReset => (0x111, "new firmware awaits a controller reset"),
            Self::SelfTestInProgress => (0x11d, "a device self-test is in progress"),
            Self::SanitizeProhibitedByMemoryRegion => {
                (0x123, "the persistent memory region is enabled, which forbids sanitize")
            }
            Self::WriteFault => (0x280, "write fault"),
            Self::UnrecoveredReadError => (0x281, "unrecovered read error"),
            Self::AccessDenied => (0x286, "access denied: the drive is locked"),
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.facts().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_seen_in_the_field() {
        // A Lenovo drive that its firmware had locked.
        let denied = Status::from_raw(0x4286);
        assert_eq!(denied.condition(), Some(Condition::AccessDenied));
        assert_eq!((denied.code_type(), denied.code()), (2, 0x86));
        assert!(denied.do_not_retry() && !denied.more() && !denied.is_success());
        assert_eq!(
            denied.to_string(),
            "NVMe status 2/86h: access denied: the drive is locked (do not retry)"
        );
        // Block SID on Samsung drives.
        for (raw, do_not_retry) in [(0x2001, false), (0x6001, true)] {
            let blocked = Status::from_raw(raw);
            assert_eq!(blocked.condition(), Some(Condition::InvalidOpcode));
            assert!(blocked.more());
            assert_eq!(blocked.do_not_retry(), do_not_retry);
        }
        assert_eq!(Status::from_raw(0x10a).condition(), Some(Condition::InvalidFormat));
    }

    #[test]
    fn the_same_code_of_another_type_is_another_status() {
        assert_eq!(Status::from_raw(0x01d).condition(), Some(Condition::SanitizeInProgress));
        assert_eq!(Status::from_raw(0x11d).condition(), Some(Condition::SelfTestInProgress));
        assert_eq!(Status::from_raw(0x21d).condition(), None);
        assert_eq!(Status::from_raw(0x21d).to_string(), "NVMe status 2/1Dh");
    }

    #[test]
    fn success_with_flags_is_success() {
        assert!(Status::from_raw(0x6000).is_success());
        assert!(!Status::from_raw(0x0700).is_success());
        assert_eq!(Status::from_raw(0).to_string(), "NVMe status 0/00h: success");
    }

    #[test]
    fn a_path_is_not_a_drive() {
        let aborted_by_host = Status::from_raw(0x0371);
        assert!(aborted_by_host.is_path_related() && aborted_by_host.condition().is_none());
        assert!(!Status::from_raw(0x0271).is_path_related());
    }

    #[test]
    fn each_condition_has_its_own_code() {
        for condition in Condition::ALL {
            assert_eq!(Status::of(condition, false).condition(), Some(condition));
            let refused = Status::of(condition, true);
            assert_eq!(refused.condition(), Some(condition));
            assert!(refused.do_not_retry() && !refused.is_success());
        }
        assert_eq!(Status::of(Condition::WriteFault, true).raw(), 0x4280);
    }

    #[test]
    fn codes_are_the_specification_s() {
        use Condition::*;
        let generic = [
            (0x01, InvalidOpcode),
            (0x02, InvalidField),
            (0x06, InternalError),
            (0x07, AbortRequested),
            (0x0b, InvalidNamespaceOrFormat),
            (0x0c, CommandSequenceError),
            (0x15, OperationDenied),
            (0x1c, SanitizeFailed),
            (0x1d, SanitizeInProgress),
            (0x20, NamespaceWriteProtected),
            (0x23, ProhibitedByLockdown),
            (0x24, AdminMediaNotReady),
            (0x82, NamespaceNotReady),
            (0x83, ReservationConflict),
            (0x84, FormatInProgress),
        ];
        let specific = [
            (0x0a, InvalidFormat),
            (0x0b, FirmwareNeedsConventionalReset),
            (0x10, FirmwareNeedsSubsystemReset),
            (0x11, FirmwareNeedsControllerReset),
            (0x1d, SelfTestInProgress),
            (0x23, SanitizeProhibitedByMemoryRegion),
        ];
        let media = [(0x80, WriteFault), (0x81, UnrecoveredReadError), (0x86, AccessDenied)];
        let tables = [&generic[..], &specific, &media];
        assert_eq!(tables.iter().map(|table| table.len()).sum::<usize>(), Condition::ALL.len());
        for (code_type, table) in tables.into_iter().enumerate() {
            for (code, condition) in table {
                let status = Status::of(*condition, false);
                assert_eq!((usize::from(status.code_type()), status.code()), (code_type, *code));
            }
        }
    }

    #[test]
    fn nothing_panics() {
        for raw in 0..=u16::MAX {
            let status = Status::from_raw(raw);
            assert_eq!(status.raw(), raw & 0x7fff);
            assert!(!status.to_string().is_empty());
        }
    }
}
