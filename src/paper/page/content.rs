//! What stands on the page: from a certificate that was verified to texts. Nothing is left out for
//! want of a value; what is not known is not made up.

use serde_json::Value;

use super::words::{
    bus, completion, ending, hidden, medium, number, pass, percent, size, technique, verify_mode,
};
use crate::cert::VerifiedCertificate;
use crate::model::{
    ATA_PASSWORD, Clock, Completion, Conclusion, DriveKind, Ending, Evidence, FirmwareErase,
    Language, Medium, PassEvidence, Severity, Timestamp, Verdict,
};

/// A heading and lines of a label and a value.
#[derive(Debug)]
pub(super) struct Section {
    pub title: &'static str,
    pub lines: Vec<(&'static str, String)>,
}

/// Everything that the page says of the drive.
#[derive(Debug)]
pub(super) struct Content {
    pub verdict: Verdict,
    /// The verdict in words, large.
    pub headline: String,
    /// Under it: what was reached, or why nothing was.
    pub subtitle: String,
    /// What must not be overlooked: this is no drive; the drive may be locked.
    pub warnings: Vec<String>,
    pub columns: [Vec<Section>; 2],
    /// Gravest first.
    pub shortfalls: Vec<(Severity, &'static str)>,
}

impl Content {
    /// What to say of a certificate; `None` if it is not about one drive, or if this program does
    /// not understand it in full.
    pub(super) fn of(certificate: &VerifiedCertificate, language: Language) -> Option<Self> {
        let (evidence, found) = (certificate.evidence()?, certificate.conclusion()?);
        let writer = Writer { certificate, evidence, language };
        Some(Self {
            verdict: found.verdict,
            headline: found.verdict.words(language).to_uppercase(),
            subtitle: writer.subtitle(found),
            warnings: writer.warnings(),
            columns: [
                vec![writer.drive(), writer.computer(), writer.who()],
                vec![writer.done(), writer.read_back(), writer.hidden()],
            ],
            shortfalls: found
                .shortfalls
                .iter()
                .map(|one| (one.severity(), one.sentence(language)))
                .collect(),
        })
    }
}

struct Writer<'a> {
    certificate: &'a VerifiedCertificate,
    evidence: &'a Evidence,
    language: Language,
}

impl Writer<'_> {
    const fn pick<'a>(&self, english: &'a str, danish: &'a str) -> &'a str {
        self.language.pick(english, danish)
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.certificate.document().pointer(pointer)
    }

    fn text(&self, pointer: &str) -> Option<String> {
        Some(self.at(pointer)?.as_str()?.to_owned())
    }

    fn bytes(&self, bytes: u64) -> String {
        size(bytes, self.language)
    }

    fn subtitle(&self, found: &Conclusion) -> String {
        match (found.method, found.verdict, &self.evidence.ending) {
            (Some(method), ..) => format!(
                "{} {} (NIST SP 800-88)",
                self.pick("Method reached:", "Metode nået:"),
                method.term()
            ),
            (_, Verdict::Indeterminate, _) => self
                .pick(
                    "Treat the drive as not erased. What is missing stands below.",
                    "Behandl disken som ikke slettet. Det, der mangler, står nedenfor.",
                )
                .to_owned(),
            (.., Ending::Aborted) => self
                .pick(
                    "The erasure was stopped. There may be data.",
                    "Sletningen blev stoppet. Der kan være data.",
                )
                .to_owned(),
            (.., Ending::Incomplete) => self
                .pick(
                    "The erasure was cut off. There may be data.",
                    "Sletningen blev afbrudt. Der kan være data.",
                )
                .to_owned(),
            _ => self
                .pick(
                    "The erasure failed. There may be data.",
                    "Sletningen mislykkedes. Der kan være data.",
                )
                .to_owned(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let drive = &self.evidence.drive;
        let mut warnings = Vec::new();
        if drive.kind == DriveKind::DiskImage {
            warnings.push(
                self.pick("DISK IMAGE: a file, not a drive", "DISKBILLEDE: en fil, ikke en disk"),
            );
        } else if drive.medium == Medium::Virtual {
            warnings.push(self.pick("VIRTUAL DRIVE", "VIRTUEL DISK"));
        }
        let mut warnings: Vec<String> = warnings.into_iter().map(str::to_owned).collect();
        if crate::cert::document::may_have_password(self.evidence) {
            warnings.push(format!(
                "{} {ATA_PASSWORD}",
                self.pick(
                    "THE DRIVE MAY BE LOCKED with the password",
                    "DISKEN KAN VÆRE LÅST med adgangskoden"
                )
            ));
        }
        warnings
    }

    fn drive(&self) -> Section {
        let drive = &self.evidence.drive;
        let none = || self.pick("not known", "ukendt").to_owned();
        let kind = [bus(drive.bus), Some(medium(drive.medium, self.language))];
        let maker = drive.vendor.iter().chain(&drive.model).cloned().collect::<Vec<_>>().join(" ");
        let mut lines = vec![
            (self.label("Model", "Model"), if maker.is_empty() { none() } else { maker }),
            (
                self.label("Serial number", "Serienummer"),
                drive.serial_number.clone().unwrap_or_else(none),
            ),
            (
                self.label("Capacity", "Kapacitet"),
                format!(
                    "{} ({} byte)",
                    self.bytes(drive.capacity_bytes),
                    number(drive.capacity_bytes)
                ),
            ),
            (self.label("Type", "Type"), kind.into_iter().flatten().collect::<Vec<_>>().join(", ")),
        ];
        lines.extend(drive.wwn.clone().map(|wwn| ("WWN", wwn)));
        lines.extend(drive.firmware.clone().map(|it| (self.label("Firmware", "Firmware"), it)));
        lines.extend(
            self.text("/credentialSubject/path")
                .map(|it| (self.label("Named as", "Angivet som"), it)),
        );
        Section { title: self.label("The drive", "Disken"), lines }
    }

    /// As [`Self::pick`], for texts that live as long as the program.
    const fn label(&self, english: &'static str, danish: &'static str) -> &'static str {
        self.language.pick(english, danish)
    }

    fn computer(&self) -> Section {
        let part = |name: &str| self.text(&format!("/credentialSubject/computer/{name}"));
        let names: Vec<String> =
            [part("manufacturer"), part("model")].into_iter().flatten().collect();
        let none = || self.pick("not known", "ukendt").to_owned();
        let lines = vec![
            (self.label("Model", "Model"), if names.is_empty() { none() } else { names.join(" ") }),
            (self.label("Serial number", "Serienummer"), part("serialNumber").unwrap_or_else(none)),
            (
                self.label("Asset tag", "Aktivnummer"),
                self.text("/credentialSubject/paperwork/assetTag")
                    .unwrap_or_else(|| self.pick("not given", "ikke angivet").to_owned()),
            ),
        ];
        Section { title: self.label("The computer it was in", "Computeren, det sad i"), lines }
    }

    fn who(&self) -> Section {
        let given = |name: &str| {
            self.text(&format!("/credentialSubject/paperwork/{name}"))
                .unwrap_or_else(|| self.pick("not given", "ikke angivet").to_owned())
        };
        let started = self.text("/run/startedAt").and_then(|time| time.parse().ok());
        let mut lines = vec![
            (self.label("Operator", "Udført af"), given("operator")),
            (self.label("Station", "Station"), self.certificate.issuer_name().to_owned()),
            (self.label("Place", "Sted"), given("location")),
        ];
        lines.extend(started.map(|time| (self.label("Begun", "Begyndt"), self.time(time))));
        lines.push((self.label("Signed", "Underskrevet"), self.time(self.certificate.issued())));
        lines.push((self.label("The clock", "Uret"), self.clock()));
        let tool = [self.text("/tool/name"), self.text("/tool/version")];
        lines.push((
            self.label("Program", "Program"),
            tool.into_iter().flatten().collect::<Vec<_>>().join(" "),
        ));
        Section { title: self.label("Who, when and where", "Hvem, hvornår og hvor"), lines }
    }

    fn time(&self, time: Timestamp) -> String {
        time.to_string().replace('T', " ").replace('Z', "\u{a0}UTC")
    }

    /// How sure the times are.
    fn clock(&self) -> String {
        let clock: Option<Clock> =
            self.at("/clock").and_then(|clock| serde_json::from_value(clock.clone()).ok());
        let Some(clock) = clock else { return self.pick("not known", "ukendt").to_owned() };
        let sure = if clock.confirmed {
            self.pick("confirmed by a person", "bekræftet af en person")
        } else {
            self.pick("not confirmed by anybody", "ikke bekræftet af nogen")
        };
        let differs = match clock.rtc_minus_system_seconds {
            Some(seconds) => format!(
                "; {} {seconds}\u{a0}s",
                self.pick("hardware clock differs by", "hardware-uret afviger")
            ),
            None => String::new(),
        };
        format!("{sure}{differs}")
    }

    fn done(&self) -> Section {
        let planned = &self.evidence.planned;
        let techniques: Vec<&str> =
            planned.techniques.iter().map(|id| technique(*id, self.language)).collect();
        let mut lines = vec![
            (
                self.label("Asked for", "Bestilt"),
                format!("{} (NIST SP 800-88)", planned.method.term()),
            ),
            (self.label("Technique", "Teknik"), techniques.join("; ")),
        ];
        for erase in &self.evidence.firmware {
            lines.push((self.label("By the drive", "Af disken selv"), self.by_firmware(erase)));
        }
        let passes = planned.scheme.passes().len();
        for (at, one) in self.evidence.passes.iter().enumerate() {
            let label = if at == 0 { self.label("Overwritten", "Overskrevet") } else { "" };
            lines.push((label, format!("{}/{passes}: {}", at + 1, self.pass(one))));
        }
        if self.evidence.passes.is_empty() && self.evidence.firmware.is_empty() {
            lines.push((
                self.label("Carried out", "Udført"),
                self.pick("nothing", "intet").to_owned(),
            ));
        }
        let cuts = self.evidence.interruptions.len();
        let mut how = ending(&self.evidence.ending, self.language).to_owned();
        if let Ending::Failed { reason } = &self.evidence.ending {
            how += &format!(": {reason}");
        }
        if cuts > 0 {
            how += &format!("; {} {cuts}", self.pick("times cut off:", "gange afbrudt:"));
        }
        lines.push((self.label("The run", "Forløbet"), how));
        Section { title: self.label("What was done", "Hvad der blev gjort"), lines }
    }

    fn by_firmware(&self, erase: &FirmwareErase) -> String {
        let mut text = format!(
            "{}: {}",
            technique(erase.technique, self.language),
            completion(&erase.completion, self.language)
        );
        match &erase.completion {
            Completion::Completed { .. } => {}
            Completion::Rejected { reason }
            | Completion::Failed { reason }
            | Completion::Unknown { reason } => text += &format!(" ({reason})"),
        }
        text
    }

    fn pass(&self, pass_: &PassEvidence) -> String {
        let of = self.pick("of", "af");
        let capacity = self.evidence.drive.capacity_bytes;
        let mut text = format!(
            "{}, {} {of} {}",
            pass(pass_.pattern, self.language),
            self.bytes(pass_.written_bytes),
            self.bytes(capacity)
        );
        if pass_.written_bytes != capacity {
            text += &format!(" ({})", percent(pass_.written_bytes, capacity, self.language));
        }
        if !pass_.not_written.is_empty() {
            text += &format!(
                "; {} byte {}",
                number(pass_.not_written.total_bytes),
                self.pick("NOT written", "IKKE skrevet")
            );
        }
        if !pass_.flushed {
            text += self.pick("; cache NOT confirmed empty", "; cache IKKE bekræftet tømt");
        }
        text
    }

    fn read_back(&self) -> Section {
        let capacity = self.evidence.drive.capacity_bytes;
        let mut lines = Vec::new();
        for markers in self.evidence.firmware.iter().filter_map(|erase| erase.markers.as_ref()) {
            let of = self.pick("of", "af");
            lines.push((
                self.label("Markers", "Markeringer"),
                format!(
                    "{} {}, {} {}; {} {}",
                    number(markers.planted),
                    self.pick("planted before the erase", "skrevet før sletningen"),
                    number(markers.read_after),
                    self.pick("read after it", "læst efter den"),
                    number(markers.survived.count),
                    self.pick("still there", "var der stadig")
                ),
            ));
            lines.push((
                self.label("Samples", "Stikprøver"),
                format!(
                    "{} {of} {} {}; {} {}",
                    number(markers.samples_read_after),
                    number(markers.sampled),
                    self.pick("blocks with data read again", "blokke med data læst igen"),
                    number(markers.unchanged.count),
                    self.pick("unchanged", "uændret")
                ),
            ));
        }
        match &self.evidence.verification {
            // What the drive's firmware erased is judged by the markers and samples above.
            None if !lines.is_empty() => {}
            None => lines.push((
                self.label("Read back", "Læst tilbage"),
                self.pick("nothing", "intet").to_owned(),
            )),
            Some(check) => {
                lines.push((
                    self.label("Read back", "Læst tilbage"),
                    format!(
                        "{} ({}): {}",
                        self.bytes(check.read_bytes),
                        percent(check.read_bytes, capacity, self.language),
                        verify_mode(check.mode, self.language)
                    ),
                ));
                lines.push((
                    self.label("Found", "Fundet"),
                    format!(
                        "{} {}; {} byte {}",
                        number(check.mismatches.count),
                        self.pick("blocks that differ", "afvigende blokke"),
                        number(check.unreadable.total_bytes),
                        self.pick("unreadable", "ulæselige")
                    ),
                ));
            }
        }
        Section { title: self.label("What was read back", "Hvad der blev læst tilbage"), lines }
    }

    fn hidden(&self) -> Section {
        let area = &self.evidence.hidden;
        Section {
            title: self.label("Hidden at the drive's end", "Skjult bagest på disken"),
            lines: vec![
                (self.label("Before", "Før"), hidden(&area.before, self.language)),
                (self.label("Afterwards", "Efter"), hidden(&area.after, self.language)),
            ],
        }
    }
}
