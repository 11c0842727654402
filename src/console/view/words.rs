//! Words for values: sizes, times, drives, reasons.

use fluent_bundle::FluentValue;

use super::super::text::T;
use super::{Row, Speaker};
use crate::engine::GIVEN_UP;
use crate::live::Doubt;
use crate::model::{Bus, Language, Medium, Refusal, RefusalCode, Shortfall, Timestamp};

/// A text of firmware or of a file's name, without what could move a cursor or turn the direction of
/// letters.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if crate::model::allowed(c) { c } else { '?' }).collect()
}

impl Speaker<'_> {
    /// A number of bytes as it is written on a drive's label: decimal units.
    pub(super) fn size(&self, bytes: u64) -> String {
        const UNITS: [T; 6] = [T::SizeB, T::SizeKb, T::SizeMb, T::SizeGb, T::SizeTb, T::SizePb];
        let (mut scaled, mut unit) = (u128::from(bytes) * 10, 0);
        while scaled >= 10_000 && unit + 1 < UNITS.len() {
            scaled /= 1000;
            unit += 1;
        }
        let (whole, tenth) = (scaled / 10, scaled % 10);
        let point = self.language.choose(".", ",");
        let number = if whole < 100 && tenth > 0 && unit > 0 {
            format!("{whole}{point}{tenth}")
        } else {
            whole.to_string()
        };
        let unit = UNITS.get(unit).copied().unwrap_or(T::SizeB);
        self.with(unit, &[("n", number.into())])
    }

    /// The time of day here; with the day where it is another one than today.
    pub(super) fn clock(&self, time: Timestamp) -> String {
        let here = |time: Timestamp| {
            let time = time.plus(self.state.options.utc_offset_seconds.into()).to_string();
            let part =
                |range: std::ops::Range<usize>| time.get(range).unwrap_or_default().to_owned();
            (part(0..10), part(5..7), part(8..10), part(11..16))
        };
        let (date, month, day, time) = here(time);
        if self.state.now.is_none_or(|now| here(now).0 == date) {
            return self.with(T::ClockToday, &[("time", time.into())]);
        }
        let number = |text: &str| text.trim_start_matches('0').to_owned();
        let values: [(&str, FluentValue<'_>); 3] =
            [("day", number(&day).into()), ("month", number(&month).into()), ("time", time.into())];
        self.with(T::ClockDay, &values)
    }

    /// The date and the time of day here, in words: of a clock that may be years wrong.
    pub(super) fn date(&self, time: Timestamp) -> String {
        let time = time.plus(self.state.options.utc_offset_seconds.into()).to_string();
        let number = |range: std::ops::Range<usize>| {
            time.get(range).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0)
        };
        let clock = time.get(11..16).unwrap_or_default().to_owned();
        let year = time.get(0..4).unwrap_or_default().to_owned();
        let values: [(&str, FluentValue<'_>); 4] = [
            ("day", number(8..10).into()),
            ("month", number(5..7).into()),
            ("year", year.into()),
            ("time", clock.into()),
        ];
        self.with(T::Date, &values)
    }

    /// What speaks against a clock.
    pub(super) fn doubt(&self, doubt: Doubt) -> String {
        let with = |text, time| self.with(text, &[("time", self.date(time).into())]);
        match doubt {
            Doubt::BeforeBuild(time) => with(T::DoubtBuild, time),
            Doubt::BeforeNewest(time) => with(T::DoubtNewest, time),
            Doubt::TooLate(time) => with(T::DoubtLate, time),
            Doubt::NoHardwareClock => self.t(T::DoubtNone),
        }
    }

    pub(super) fn or_unknown(&self, text: Option<&str>) -> String {
        text.filter(|text| !text.is_empty()).map_or_else(|| self.t(T::Unknown), plain)
    }

    /// A drive: what it calls itself and its size, and below it what tells it from others.
    pub(super) fn drive(
        &self,
        (path, model, serial): (&str, Option<&str>, Option<&str>),
        capacity: Option<u64>,
    ) -> [Row; 2] {
        let size = capacity.map_or_else(|| self.t(T::Unknown), |bytes| self.size(bytes));
        let values = [("model", self.or_unknown(model).into()), ("size", size.into())];
        let place = [("serial", self.or_unknown(serial).into()), ("path", plain(path).into())];
        [Row::Strong(self.with(T::Drive, &values)), Row::Under(self.with(T::DrivePlace, &place))]
    }

    /// What kind of drive: the field's own words, the same in every language.
    pub(super) fn kind(&self, bus: Bus, medium: Medium) -> Option<&'static str> {
        Some(match (bus, medium) {
            (Bus::Nvme, _) => "NVMe SSD",
            (Bus::Usb, _) => "USB",
            (_, Medium::Ssd) => "SSD",
            (_, Medium::Hdd) => "HDD",
            (_, Medium::Emmc) => "eMMC",
            (_, Medium::SdCard) => "SD",
            _ => return None,
        })
    }

    /// Why a drive is not erased: the plain sentence of its code, and the technical one.
    pub(super) fn refusal(&self, refusal: &Refusal) -> [Row; 2] {
        let why = self.t(refused(refusal.code));
        let technical = self.with(T::Technical, &[("text", plain(&refusal.message).into())]);
        [Row::Text(why), Row::Under(technical)]
    }

    /// The plain sentence alone.
    pub(super) fn why(&self, code: RefusalCode) -> String {
        self.t(refused(code))
    }

    /// Why a computer is not complete, as `crate::cert::machine` says it in English.
    pub(super) fn lack(&self, lack: &str) -> Row {
        let known = |(ending, text): &(&str, T)| {
            let drive = lack.strip_suffix(ending)?;
            let (path, serial) =
                match drive.strip_suffix(')').and_then(|d| d.split_once(" (serial ")) {
                    Some((path, serial)) => (path, Some(serial)),
                    None => (drive, None),
                };
            let path = if path == "A drive" { self.t(T::LackDrive) } else { plain(path) };
            let drive = serial.map_or(path.clone(), |serial| {
                let values = [("path", path.into()), ("serial", plain(serial).into())];
                self.with(T::LackSerial, &values)
            });
            Some(Row::Text(self.with(*text, &[("drive", drive.into())])))
        };
        LACKS.iter().find_map(known).unwrap_or_else(|| self.technical(lack))
    }

    /// A reason of a verdict: the sentence of its shortfall where it is one.
    pub(super) fn reason(&self, reason: &str) -> Row {
        if reason == GIVEN_UP {
            return Row::Text(self.t(T::ReasonGivenUp));
        }
        match (self.language, Shortfall::ALL.iter().find(|known| known.statement() == reason)) {
            (Language::Danish, Some(known)) => Row::Text(known.sentence(self.language).to_owned()),
            _ => self.technical(reason),
        }
    }
}

/// The endings of the English sentences, the longest of those that end alike first.
const LACKS: [(&str, T); 10] = [
    ("There may be drives that cannot be seen.", T::LackHidden),
    ("No drive of this machine was seen.", T::LackNone),
    (" has no certificate.", T::LackCertificate),
    (" is not sanitized.", T::LackNotErased),
    (" is not proven to be sanitized.", T::LackUnproven),
    (" was not erased to the end.", T::LackStopped),
    (" was found blank, and was not erased.", T::LackBlank),
    (" is not blank, and was not erased.", T::LackNotBlank),
    (" was not erased, and has to be destroyed.", T::LackDestroy),
    (" was not erased.", T::LackNotErased),
];

/// What a person can do about a drive that is refused.
pub(super) const fn act(code: RefusalCode) -> T {
    match code {
        RefusalCode::Mounted | RefusalCode::Swap | RefusalCode::Held | RefusalCode::Busy => {
            T::RefusedStartAgain
        }
        RefusalCode::NotFound
        | RefusalCode::NoMedium
        | RefusalCode::Replaced
        | RefusalCode::Unreadable => T::RefusedFasten,
        RefusalCode::ReadOnly => T::RefusedSwitch,
        RefusalCode::HiddenArea => T::RefusedSata,
        RefusalCode::Zoned | RefusalCode::MethodUnavailable => T::RefusedElsewhere,
        RefusalCode::TooSmall => T::RefusedTooSmall,
        RefusalCode::NotADrive
        | RefusalCode::Partition
        | RefusalCode::BootMedium
        | RefusalCode::EmptySlot
        | RefusalCode::Virtual
        | RefusalCode::Duplicate
        | RefusalCode::Permission
        | RefusalCode::HoldsOutput
        | RefusalCode::Locked
        | RefusalCode::Policy => T::RefusedColleague,
    }
}

const fn refused(code: RefusalCode) -> T {
    match code {
        RefusalCode::NotFound => T::RefusalNotFound,
        RefusalCode::NotADrive => T::RefusalNotADrive,
        RefusalCode::Partition => T::RefusalPartition,
        RefusalCode::BootMedium => T::RefusalBootMedium,
        RefusalCode::Mounted => T::RefusalMounted,
        RefusalCode::Swap => T::RefusalSwap,
        RefusalCode::Held => T::RefusalHeld,
        RefusalCode::Busy => T::RefusalBusy,
        RefusalCode::ReadOnly => T::RefusalReadOnly,
        RefusalCode::NoMedium => T::RefusalNoMedium,
        RefusalCode::EmptySlot => T::RefusalEmptySlot,
        RefusalCode::TooSmall => T::RefusalTooSmall,
        RefusalCode::Zoned => T::RefusalZoned,
        RefusalCode::Virtual => T::RefusalVirtual,
        RefusalCode::Duplicate => T::RefusalDuplicate,
        RefusalCode::Permission => T::RefusalPermission,
        RefusalCode::Replaced => T::RefusalReplaced,
        RefusalCode::HoldsOutput => T::RefusalHoldsOutput,
        RefusalCode::MethodUnavailable => T::RefusalMethodUnavailable,
        RefusalCode::HiddenArea => T::RefusalHiddenArea,
        RefusalCode::Locked => T::RefusalLocked,
        RefusalCode::Policy => T::RefusalPolicy,
        RefusalCode::Unreadable => T::RefusalUnreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::state::{Options, State};
    use super::*;

    fn speaking(language: Language, test: impl FnOnce(&Speaker<'_>)) {
        let mut state = State::new(Options { utc_offset_seconds: 3600, ..Options::default() });
        state.now = Some("2026-11-23T22:30:00Z".parse().unwrap());
        test(&Speaker { state: &state, language });
    }

    #[test]
    fn sizes_are_those_on_labels() {
        for (bytes, danish, english) in [
            (0, "0 B", "0 B"),
            (999, "999 B", "999 B"),
            (1000, "1 kB", "1 kB"),
            (16_500_000, "16,5 MB", "16.5 MB"),
            (256_060_514_304, "256 GB", "256 GB"),
            (1_000_204_886_016, "1 TB", "1 TB"),
            (u64::MAX, "18446 PB", "18446 PB"),
        ] {
            speaking(Language::Danish, |speaker| assert_eq!(speaker.size(bytes), danish));
            speaking(Language::English, |speaker| assert_eq!(speaker.size(bytes), english));
        }
    }

    #[test]
    fn times_are_local_and_name_another_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (time, danish, english) in [
            ("2026-11-23T22:45:59Z", "kl. 23:45", "at 23:45"),
            ("2026-11-23T23:05:00Z", "d. 24/11 kl. 00:05", "on 24/11 at 00:05"),
            ("2027-01-02T03:04:05Z", "d. 2/1 kl. 04:04", "on 2/1 at 04:04"),
        ] {
            speaking(Language::Danish, |speaker| assert_eq!(speaker.clock(at(time)), danish));
            speaking(Language::English, |speaker| assert_eq!(speaker.clock(at(time)), english));
        }
    }

    #[test]
    fn reasons_are_danish_where_they_are_known() {
        let known = Shortfall::NotVerified.statement();
        speaking(Language::Danish, |speaker| {
            assert_eq!(speaker.reason(known), Row::Text("Intet blev læst tilbage.".to_owned()));
            let other = Row::Under("teknisk: A\u{3f}[2J".to_owned());
            assert_eq!(speaker.reason("A\u{1b}[2J"), other);
        });
        speaking(Language::English, |speaker| {
            assert_eq!(speaker.reason(known), Row::Text(known.to_owned()));
        });
    }
}
