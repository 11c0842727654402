//! What the tests of the console share: a computer with drives, and a console that is driven by hand.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use nulstil::console::palette::Colours;
use nulstil::console::{Effect, Key, Message, Options, State, draw, update};
use nulstil::engine::{
    Asks, Computer, Document, End, Ended, Keeping, Obstacle, Order, Report, Running, Seen, Signing,
    Situation, Work,
};
use nulstil::model::{
    Bus, Language, Medium, Method, Outcome, Refusal, RefusalCode, Scheme, TechniqueId, Timestamp,
    VerifyMode,
};
use nulstil::plan::{PlanDocument, PlannedDrive, PlannedTechnique};
use nulstil::run::{Phase, Progress};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

pub const DIGEST: &str = "2bae2c0bc6e392abd9600f07621301f6b1559e12c22018352a7584be07d25ed1";
pub const OTHER: &str = "00ae2c0bc6e392abd9600f07621301f6b1559e12c22018352a7584be07d25ed1";
/// One of our own labels.
pub const LABEL: &str = "NS0001234L";

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn seen(n: usize) -> Seen {
    Seen {
        path: format!("/dev/sd{}", letter(n)),
        model: Some("SAMSUNG MZ7LN256HCHP-000L7".to_owned()),
        serial: Some(format!("S20HNXAGC0{n:04}")),
        capacity_bytes: 256_060_514_304,
        bus: Bus::Sata,
        medium: Medium::Ssd,
        refusal: None,
        done: None,
    }
}

fn letter(n: usize) -> char {
    char::from(b'a' + u8::try_from(n % 26).unwrap())
}

pub fn stick() -> Seen {
    Seen {
        path: "/dev/sdz".to_owned(),
        model: Some("Ultra Fit".to_owned()),
        serial: Some("4C530001".to_owned()),
        capacity_bytes: 15_376_000_000,
        bus: Bus::Usb,
        medium: Medium::Unknown,
        refusal: Some(Refusal::new(
            RefusalCode::BootMedium,
            "/dev/sdz holds this program's own stick; it is not erased.",
        )),
        done: None,
    }
}

pub fn plan(digest: &str, drives: usize) -> PlanDocument {
    let drive = |n| {
        let seen = seen(n);
        PlannedDrive {
            path: seen.path.clone(),
            device: Some(seen.path),
            model: seen.model,
            serial: seen.serial,
            capacity_bytes: Some(seen.capacity_bytes),
            block_bytes: 512,
            hidden: None,
            method: Some(Method::Purge),
            not_more: Vec::new(),
            techniques: [TechniqueId::AtaSanitizeBlockErase, TechniqueId::Overwrite]
                .map(|id| PlannedTechnique {
                    id,
                    name: "name".into(),
                    clause: "clause".into(),
                    passes: None,
                })
                .into(),
            available: Vec::new(),
            unavailable: Vec::new(),
            locks: None,
            verification: None,
            estimated_seconds: Some(3600),
            refusal: None,
        }
    };
    PlanDocument {
        digest: Some(digest.to_owned()),
        method: Method::Purge,
        passes: "nist-clear".parse::<Scheme>().unwrap(),
        verify: VerifyMode::Sample,
        drives: (0..drives).map(drive).collect(),
    }
}

/// A computer with so many drives, ready to be erased.
pub fn ready(drives: usize, asks: Asks) -> Situation {
    Situation {
        remarks: Vec::new(),
        version: "0.1.0".to_owned(),
        computer: Computer {
            manufacturer: Some("LENOVO".to_owned()),
            model: Some("ThinkPad T470".to_owned()),
            serial_number: Some("PF0XYZ12".to_owned()),
            ..Computer::default()
        },
        station: Some("Bord C".to_owned()),
        language: Language::Danish,
        asks,
        end: End::Next,
        keeping: Keeping::Stick { trouble: None, in_memory: 0 },
        signing: Signing::Open { name: "NordVirk station 1".to_owned() },
        drives: (0..drives).map(seen).chain([stick()]).collect(),
        obstacles: Vec::new(),
        work: Work::Ready { plan: Box::new(plan(DIGEST, drives)) },
    }
}

pub fn with(obstacle: Obstacle) -> Situation {
    Situation { obstacles: vec![obstacle], ..ready(1, Asks::ScanStartsWipe) }
}

pub fn progress(n: usize, phase: Phase, done: u64) -> Progress {
    Progress {
        path: seen(n).path,
        phase,
        pass: 1,
        passes: 1,
        done_bytes: done,
        total_bytes: 1000,
        bytes_per_second: 450_000_000,
        ends_at: Some(time("2026-11-23T13:20:00Z")),
        firmware_permille: None,
    }
}

pub fn running(drives: usize, stopping: bool) -> Situation {
    let one = |n: usize| {
        let seen = seen(n);
        Running {
            path: seen.path,
            model: seen.model,
            serial: seen.serial,
            capacity_bytes: seen.capacity_bytes,
            progress: match n {
                0 => Some(progress(n, Phase::Write, 424)),
                1 => Some(Progress { ends_at: None, ..progress(n, Phase::Firmware, 0) }),
                2 => Some(progress(n, Phase::Verify, 870)),
                _ => None,
            },
            troubles: u64::from(n == 2) * 3,
            outcome: (n == 4).then_some(Outcome::Sanitized),
        }
    };
    Situation {
        work: Work::Running {
            asset_tag: Some(LABEL.to_owned()),
            drives: (0..drives).map(one).collect(),
            stopping,
        },
        ..ready(drives, Asks::AskEachDisk)
    }
}

pub fn document() -> Document {
    Document {
        id: "urn:uuid:019e2d10-0004-7000-8000-000000000015".to_owned(),
        file: "certificates/20261123T132000Z-sda-999c4ea9fd6c.cert.json".to_owned(),
        sha256: DIGEST.to_owned(),
        code: Some(format!("NULSTIL1:{}", "6BF-1O*N".repeat(78))),
    }
}

pub fn ended(n: usize, outcome: Outcome, document: Option<Document>, why: &[&str]) -> Ended {
    let seen = seen(n);
    Ended {
        recorded: false,
        path: seen.path,
        model: seen.model,
        serial: seen.serial,
        capacity_bytes: seen.capacity_bytes,
        outcome,
        reasons: why.iter().map(|why| (*why).to_owned()).collect(),
        document,
    }
}

pub fn over(drives: Vec<Ended>, lacks: &[&str]) -> Situation {
    Situation {
        work: Work::Over {
            asset_tag: Some(LABEL.to_owned()),
            drives,
            lacks: lacks.iter().map(|lack| (*lack).to_owned()).collect(),
        },
        ..ready(1, Asks::AskEachDisk)
    }
}

/// A console that is driven by hand, with a clock that goes as it should for a person.
#[derive(Debug)]
pub struct Hand {
    pub state: State,
    pub language: Language,
    pub at: u64,
    pub now: i64,
    pub orders: Vec<Order>,
    pub quit: bool,
}

impl Hand {
    pub fn new(language: Language) -> Self {
        Self::with(Options {
            language,
            utc_offset_seconds: 3600,
            may_leave: false,
            plain: false,
            colours: Colours::Ours,
        })
    }

    pub fn with(options: Options) -> Self {
        let now = time("2026-11-23T12:00:00Z").unix();
        let state = State::new(options);
        let mut hand = Self {
            state,
            language: options.language,
            at: 5000,
            now,
            orders: Vec::new(),
            quit: false,
        };
        hand.wait(0);
        hand
    }

    pub fn tell(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            match effect {
                Effect::Order(order) => self.orders.push(order),
                Effect::Quit => self.quit = true,
            }
        }
    }

    /// Time passes, in milliseconds, and a tick tells of it.
    pub fn wait(&mut self, milliseconds: u64) {
        self.at += milliseconds;
        let now = Timestamp::from_unix(self.now + i64::try_from(self.at / 1000).unwrap() - 5);
        self.tell(Message::Tick { now, at: self.at });
    }

    /// A person's key.
    pub fn key(&mut self, key: Key) {
        self.wait(1000);
        self.tell(Message::Key { key, at: self.at });
        self.wait(200);
    }

    pub fn answer(&mut self, c: char) {
        self.key(Key::Char(c));
    }

    pub fn enter(&mut self) {
        self.key(Key::Enter);
    }

    fn text(&mut self, text: &str, apart: u64) {
        self.wait(1000);
        for key in text.chars().map(Key::Char).chain([Key::Enter]) {
            self.tell(Message::Key { key, at: self.at });
            self.at += apart;
        }
        self.wait(1000);
    }

    /// A scanner types.
    pub fn scan(&mut self, text: &str) {
        self.text(text, 4);
    }

    /// A person types.
    pub fn typed(&mut self, text: &str) {
        self.text(text, 150);
    }

    /// A situation, in the language of this console.
    pub fn hear(&mut self, situation: Situation) {
        self.hear_now(situation);
        self.wait(3000);
    }

    /// The same, with no time after it.
    pub fn hear_now(&mut self, situation: Situation) {
        let situation = Situation { language: self.language, ..situation };
        self.tell(Message::Report(Report::Situation(Box::new(situation))));
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.tell(Message::Resize { columns, rows });
    }

    pub fn orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// The screen's text.
    pub fn screen(&self, columns: u16, rows: u16) -> String {
        text(&cells(&self.state, columns, rows))
    }
}

pub fn cells(state: &State, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    terminal.backend().buffer().clone()
}

pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width);
    let line = |row: &[ratatui::buffer::Cell]| {
        row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()
    };
    rows.map(line).collect::<Vec<_>>().join("\n")
}
