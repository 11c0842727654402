//! Every screen as a text, in two sizes and both languages: `tests/screens/*.snap`. A screen that looks
//! different, or is new, fails until somebody has looked at it and accepted it (`cargo insta review`, or
//! `INSTA_UPDATE=always cargo test --test screens`). `tests/screens/CHECKLIST.md` has the rules that each
//! of them was held against.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "screens/common.rs"]
mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::*;
use nulstil::console::palette::Colours;
use nulstil::console::{Key, Message, Options, plain};
use nulstil::engine::{
    Asks, Declined, End, Ended, Keeping, Obstacle, Remark, Report, Seen, Signing, Situation, Work,
};
use nulstil::live::{Doubt, Trouble};
use nulstil::model::{HiddenDrives, Language, Outcome, Refusal, RefusalCode, Shortfall};
use nulstil::plan::PlanDocument;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

const SIZES: [(u16, u16); 2] = [(80, 25), (132, 43)];

type Act = Box<dyn Fn(&mut Hand)>;

fn heard(situation: Situation) -> Act {
    Box::new(move |hand| hand.hear(situation.clone()))
}

fn then(situation: Situation, act: impl Fn(&mut Hand) + 'static) -> Act {
    Box::new(move |hand| {
        hand.hear(situation.clone());
        act(hand);
    })
}

fn refused(code: RefusalCode, message: &str) -> Refusal {
    Refusal::new(code, message)
}

/// Every screen, and how one comes to it.
fn screens() -> Vec<(&'static str, Act)> {
    let ask = || ready(2, Asks::AskEachDisk);
    let erased = || ended(0, Outcome::Sanitized, Some(document()), &[]);
    let not_verified = Shortfall::NotVerified.statement();
    let in_memory = || Situation {
        keeping: Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 4 },
        ..over(vec![erased()], &[])
    };
    let planned = |hand: &mut Hand| {
        hand.scan(LABEL);
        hand.answer('1');
        hand.answer('1');
    };
    let several = || {
        over(
            vec![
                erased(),
                ended(1, Outcome::NotSanitized, Some(document()), &[not_verified]),
                ended(2, Outcome::Sanitized, None, &[]),
            ],
            &[
                "The SATA controller 0000:00:17.0 hides 1 NVMe drive(s) (Intel RST); switch it from RAID \
                 to AHCI in the firmware setup and look again.",
                "/dev/sdb (serial S20HNXAGC00001) is not sanitized.",
            ],
        )
    };
    vec![
        ("connecting", Box::new(|_| {})),
        ("lost", then(running(1, false), |hand| hand.tell(Message::Lost))),
        ("looking", heard(Situation { work: Work::Looking, ..ready(1, Asks::AskEachDisk) })),
        (
            "looking-long",
            then(Situation { work: Work::Looking, ..ready(1, Asks::AskEachDisk) }, |hand| {
                hand.wait(180_000);
            }),
        ),
        ("off", heard(Situation { work: Work::Off { again: false }, ..ready(1, Asks::AskEachDisk) })),
        (
            "off-again",
            heard(Situation { work: Work::Off { again: true }, ..ready(1, Asks::AskEachDisk) }),
        ),
        ("job", heard(ready(1, Asks::Unattended))),
        (
            "failed",
            heard(Situation {
                work: Work::Failed { message: "The journal cannot be written; free some space.".into() },
                ..ready(1, Asks::AskEachDisk)
            }),
        ),
        ("sign-in", heard(Situation { signing: Signing::Locked, ..ask() })),
        (
            "sign-in-declined",
            then(Situation { signing: Signing::Locked, ..ask() }, |hand| {
                hand.typed("wrong");
                hand.tell(Message::Report(Report::Declined(Declined::Secret)));
            }),
        ),
        (
            "signing-in",
            then(Situation { signing: Signing::Locked, ..ask() }, |hand| hand.typed("a word")),
        ),
        ("start-scan-is-yes", heard(ready(1, Asks::ScanStartsWipe))),
        ("start", then(ask(), |hand| hand.tell(Message::Key { key: Key::Char('4'), at: 90_000 }))),
        ("start-wrong-label", then(ask(), |hand| hand.scan("NS00012340"))),
        (
            "start-badge",
            then(Situation { signing: Signing::Locked, ..ask() }, |hand| {
                hand.scan("q7rtk2mmxw94hc");
                hand.hear(ready(2, Asks::AskEachDisk));
                hand.scan("q7rtk2mmxw94hc");
            }),
        ),
        (
            "start-too-early",
            then(Situation { work: Work::Looking, ..ask() }, |hand| {
                hand.hear_now(ready(2, Asks::AskEachDisk));
                for key in LABEL.chars().map(Key::Char).chain([Key::Enter]) {
                    hand.tell(Message::Key { key, at: hand.at });
                }
            }),
        ),
        (
            "start-not-signed",
            heard(Situation {
                signing: Signing::Later,
                keeping: Keeping::Folder { path: "/var/lib/nulstil".into() },
                ..ask()
            }),
        ),
        (
            "start-remarks",
            heard(Situation {
                remarks: vec![
                    Remark::Clock {
                        now: time("2009-01-01T00:03:00Z"),
                        doubts: vec![Doubt::BeforeBuild(time("2026-11-20T00:00:00Z"))],
                    },
                    Remark::NoConfiguration,
                    Remark::TooManyJournals,
                ],
                ..ready(1, Asks::AskEachDisk)
            }),
        ),
        (
            "all-done",
            heard(Situation {
                drives: vec![Seen { done: Some(document().id), ..seen(0) }, stick()],
                work: Work::Ready { plan: Box::new(PlanDocument { digest: None, ..plan(DIGEST, 0) }) },
                ..ready(1, Asks::AskEachDisk)
            }),
        ),
        (
            "nothing-to-erase",
            heard(Situation {
                work: Work::Ready { plan: Box::new(plan(DIGEST, 0)) },
                ..ready(0, Asks::AskEachDisk)
            }),
        ),
        (
            "needs-configuration",
            heard(with(Obstacle::Configuration { message: "line 3: unknown field `verfy`".into() })),
        ),
        ("needs-stick", heard(with(Obstacle::Stick { trouble: Trouble::WriteProtected }))),
        (
            "needs-key",
            heard(with(Obstacle::Key {
                message: "The authorization expired on 2026-11-01; ask the office for a new one.".into(),
            })),
        ),
        ("needs-drive", heard(with(Obstacle::NoDrive))),
        (
            "needs-hidden",
            heard(with(Obstacle::Hidden {
                hidden: HiddenDrives {
                    possible: true,
                    reasons: vec![
                        "The Intel VMD controller 0000:00:0e.0 shows no drive; switch VMD off in the \
                         firmware setup and look again."
                            .into(),
                    ],
                },
            })),
        ),
        ("needs-more-drives", heard(with(Obstacle::MoreDrives { expected: 1, seen: 2 }))),
        ("needs-frozen", heard(with(Obstacle::Frozen { drives: vec![seen(0).path] }))),
        ("needs-failing", heard(with(Obstacle::Failing { drive: seen(0).path }))),
        (
            "needs-locked",
            heard(with(Obstacle::Locked {
                drive: seen(0).path,
                refusal: refused(RefusalCode::Locked, "/dev/sda is locked by an ATA password; unlock it."),
            })),
        ),
        (
            "needs-refused",
            heard(with(Obstacle::Refused {
                drive: seen(0).path,
                refusal: refused(RefusalCode::HiddenArea, "/dev/sda hides 2048 blocks; attach it to a SATA port."),
            })),
        ),
        (
            "needs-more-than-one",
            then(
                Situation {
                    obstacles: vec![
                        Obstacle::Frozen { drives: vec![seen(0).path] },
                        Obstacle::Refused {
                            drive: seen(1).path,
                            refusal: refused(RefusalCode::ReadOnly, "/dev/sdb is write-protected."),
                        },
                    ],
                    ..ask()
                },
                |hand| hand.answer('2'),
            ),
        ),
        (
            "needs-unfinished",
            heard(with(Obstacle::Unfinished {
                drives: vec![("S20HNXAGC00000".into(), time("2026-11-22T09:15:00Z"))],
            })),
        ),
        ("confirm-label", then(ask(), |hand| hand.scan("k4711"))),
        ("ask", then(ask(), |hand| hand.scan(LABEL))),
        (
            "colleague",
            then(ask(), |hand| {
                hand.scan(LABEL);
                hand.answer('3');
            }),
        ),
        (
            "none-chosen",
            then(ask(), |hand| {
                hand.scan(LABEL);
                hand.answer('2');
                hand.answer('2');
            }),
        ),
        (
            "planning",
            then(ask(), |hand| {
                hand.scan(LABEL);
                hand.answer('1');
                hand.answer('2');
            }),
        ),
        ("plan", then(ask(), planned)),
        (
            "plan-no-label",
            then(ready(1, Asks::ScanStartsWipe), |hand| hand.key(Key::F(4))),
        ),
        (
            "plan-many",
            then(ready(20, Asks::ScanStartsWipe), |hand| {
                hand.scan(LABEL);
                hand.enter();
            }),
        ),
        (
            "plan-declined",
            then(ready(1, Asks::ScanStartsWipe), |hand| {
                hand.key(Key::F(4));
                hand.enter();
                let why = "The clock of this computer cannot be right; set it and try again.";
                hand.tell(Message::Report(Report::Declined(why.to_owned().into())));
            }),
        ),
        (
            "plan-stray-scan",
            then(ask(), move |hand| {
                planned(hand);
                hand.scan("4711");
            }),
        ),
        (
            "changed",
            then(ask(), move |hand| {
                planned(hand);
                let work = Work::Ready { plan: Box::new(plan(OTHER, 2)) };
                hand.hear(Situation { work, ..ready(2, Asks::AskEachDisk) });
            }),
        ),
        (
            "beginning",
            then(ask(), move |hand| {
                planned(hand);
                hand.enter();
            }),
        ),
        ("working", heard(running(1, false))),
        ("working-several", heard(running(5, false))),
        (
            "working-without-stick",
            heard(Situation {
                keeping: Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 2 },
                ..running(2, false)
            }),
        ),
        ("working-stopping", heard(running(2, true))),
        ("sure-stop", then(running(1, false), |hand| hand.key(Key::F(10)))),
        ("sure-off", then(ask(), |hand| hand.key(Key::F(10)))),
        (
            "sure-leave",
            Box::new(|hand| {
                let language = hand.state.language();
                let colours = Colours::Ours;
                *hand = Hand::with(Options { language, may_leave: true, colours, ..Options::default() });
                hand.hear(ready(1, Asks::AskEachDisk));
                hand.key(Key::F(10));
            }),
        ),
        (
            "sure-resume",
            then(with(Obstacle::Unfinished { drives: Vec::new() }), |hand| hand.answer('1')),
        ),
        (
            "sure-start-over",
            then(with(Obstacle::Unfinished { drives: Vec::new() }), |hand| hand.answer('2')),
        ),
        (
            "sure-give-up",
            then(in_memory(), |hand| hand.answer('2')),
        ),
        ("verdict-erased", heard(over(vec![erased()], &[]))),
        (
            "verdict-not-signed",
            heard(over(
                vec![Ended { recorded: true, ..ended(0, Outcome::Sanitized, None, &["Nobody signed."]) }],
                &[],
            )),
        ),
        (
            "verdict-not-erased",
            heard(over(
                vec![ended(0, Outcome::NotSanitized, Some(document()), &[Shortfall::BlocksNotWritten.statement()])],
                &[],
            )),
        ),
        (
            "verdict-not-proven",
            heard(over(vec![ended(0, Outcome::Indeterminate, Some(document()), &[not_verified])], &[])),
        ),
        (
            "verdict-stopped",
            heard(over(
                vec![ended(0, Outcome::Aborted, Some(document()), &[Shortfall::Aborted.statement()])],
                &[],
            )),
        ),
        (
            "verdict-switches-off",
            heard(Situation { end: End::Off, ..over(vec![erased()], &[]) }),
        ),
        ("verdict-refused", heard(over(vec![ended(0, Outcome::Refused, None, &[])], &[]))),
        ("verdict-destroy", heard(over(vec![ended(0, Outcome::ToBeDestroyed, None, &[])], &[]))),
        ("verdict-in-memory", then(in_memory(), |hand| hand.key(Key::Backspace))),
        ("verdict-of-several", then(several(), |hand| (0..3).for_each(|_| hand.key(Key::PageDown)))),
        (
            "machine-restarts",
            heard(Situation { end: End::Restart, ..over(vec![erased(), erased()], &[]) }),
        ),
        ("machine-erased", heard(over(vec![erased(), erased()], &[]))),
        ("machine-not-erased", heard(several())),
        (
            "machine-incomplete",
            heard(over(vec![erased(), erased()], &["There may be drives that cannot be seen."])),
        ),
        (
            "machine-one-of-two",
            heard(over(vec![erased()], &["/dev/sdb (serial S20HNXAGC00001) was not erased."])),
        ),
        (
            "verdict-stray-scan",
            then(over(vec![ended(0, Outcome::NotSanitized, Some(document()), &[])], &[]), |hand| {
                hand.scan(LABEL);
            }),
        ),
        ("code", then(over(vec![erased()], &[]), |hand| hand.key(Key::F(2)))),
        ("keep", heard(in_memory())),
        ("pause", then(running(1, false), |hand| hand.key(Key::Esc))),
        ("help", then(ask(), |hand| hand.key(Key::F(1)))),
    ]
}

/// The screen's text, and below it which colours it has.
fn shown(buffer: &Buffer) -> String {
    let mut colours: Vec<String> = Vec::new();
    let mut last = String::new();
    for y in 0..buffer.area.height {
        let cell = &buffer[(1, y)];
        let pair = format!("{} on {}", cell.fg, cell.bg);
        if pair != last {
            colours.push(format!("from line {}: {pair}", y + 1));
            last = pair;
        }
    }
    format!("{}\n\n{}", text(buffer), colours.join("; "))
}

#[test]
fn every_screen_is_as_it_was_accepted() {
    let mut names = BTreeSet::new();
    for language in Language::ALL {
        for (columns, rows) in SIZES {
            for (name, act) in screens() {
                let mut hand = Hand::new(language);
                hand.resize(columns, rows);
                act(&mut hand);
                let buffer = cells(&hand.state, columns, rows);
                let short = language.tag().split('-').next().unwrap().to_owned();
                let name = format!("{name}-{columns}x{rows}-{short}");
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path("screens");
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(name.clone(), shown(&buffer)));
                assert!(names.insert(name));
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens");
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            Some(entry.unwrap().file_name().to_str()?.strip_suffix(".snap")?.to_owned())
        })
        .collect();
    assert_eq!(there, names, "a picture of a screen that is no more");
}

#[test]
fn every_screen_keeps_the_rules_that_a_program_can_check() {
    for language in Language::ALL {
        for (columns, rows) in SIZES {
            for (name, act) in screens() {
                let mut hand = Hand::new(language);
                hand.resize(columns, rows);
                act(&mut hand);
                let text = hand.screen(columns, rows);
                let lines: Vec<&str> = text.lines().collect();
                let keys = lines.last().unwrap();
                assert!(
                    keys.contains("F1 ") && keys.contains("F9 ") && keys.contains("Esc "),
                    "{name}: {keys}"
                );
                assert!(lines[0].trim().chars().count() > 2, "{name} has no title");
                // The Linux console would show it in another colour.
                let bold = |cell: &Cell| cell.modifier.contains(Modifier::BOLD);
                assert!(!cells(&hand.state, columns, rows).content.iter().any(bold), "{name}");
                assert!(!text.contains(['!', '{', '}', '$']), "{name}: {text}");
                let pause = match language {
                    Language::English => ["Esc Pause", "Esc Close", "Esc No"],
                    Language::Danish => ["Esc Pause", "Esc Luk", "Esc Nej"],
                };
                assert!(pause.iter().any(|pause| keys.ends_with(pause)), "{name}: {keys}");
                // The same things can be said as lines.
                let spoken = plain::lines(&mut hand.state).join("\n");
                assert!(spoken.contains("F1: ") && spoken.lines().count() > 1, "{name}: {spoken}");
                assert_eq!(plain::lines(&mut hand.state), Vec::<String>::new(), "{name} twice");
            }
        }
    }
}
