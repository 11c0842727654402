//! Protection information: eight bytes for each protection interval, which a drive keeps beside
//! the data (SBC-4). A format must ask for what the drive has, or it changes it.

/// How a drive uses the protection information. Without any it is formatted "type 0".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtectionType {
    /// Guard and reference tag are checked.
    Type1,
    /// As type 1, for commands that say which reference tag they expect.
    Type2,
    /// Only the guard is checked.
    Type3,
}

/// The protection information a drive is formatted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    kind: ProtectionType,
    interval_exponent: u8,
}

impl Protection {
    /// `interval_exponent` is 0 to 15; `None` above.
    #[must_use]
    pub fn new(kind: ProtectionType, interval_exponent: u8) -> Option<Self> {
        (interval_exponent <= 15).then_some(Self { kind, interval_exponent })
    }

    /// How it is used.
    #[must_use]
    pub fn kind(self) -> ProtectionType {
        self.kind
    }

    /// A logical block holds two to the power of this many protection intervals: 0 to 15.
    #[must_use]
    pub fn interval_exponent(self) -> u8 {
        self.interval_exponent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_has_four_bits() {
        assert!(Protection::new(ProtectionType::Type1, 16).is_none());
        let protection = Protection::new(ProtectionType::Type3, 15).unwrap();
        assert_eq!(
            (protection.kind(), protection.interval_exponent()),
            (ProtectionType::Type3, 15)
        );
    }
}
