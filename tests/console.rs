//! The console as a person, a scanner, an engine and bad luck use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "screens/common.rs"]
mod common;

use common::*;
use nulstil::console::{Effect, Key, Message, Options, State, draw, plain, update};
use nulstil::engine::{
    Asks, Declined, Keeping, Obstacle, Order, Report, Running, Signing, Situation, Work,
};
use nulstil::live::Trouble;
use nulstil::model::{Language, Outcome, Timestamp};
use nulstil::run::{Event, Phase};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn danish() -> Hand {
    Hand::new(Language::Danish)
}

fn wipe(digest: &str, tag: Option<&str>) -> Order {
    Order::Wipe { digest: digest.to_owned(), asset_tag: tag.map(str::to_owned) }
}

#[test]
fn each_drive_is_asked_about_and_then_the_plan() {
    let mut hand = danish();
    hand.hear(ready(2, Asks::AskEachDisk));
    hand.typed("k4711");
    assert!(hand.screen(80, 25).contains("Er nummeret rigtigt?"));
    hand.answer('1');
    assert!(hand.screen(80, 25).contains("Disk 1 af 2"));
    hand.answer('1');
    hand.answer('2');
    assert_eq!(hand.orders(), [Order::Plan { drives: vec!["/dev/sda".to_owned()] }]);
    // The plan for what was chosen is no change that anybody has to be told of.
    let mut one = ready(2, Asks::AskEachDisk);
    one.work = Work::Ready { plan: Box::new(plan(OTHER, 1)) };
    hand.hear(one);
    let screen = hand.screen(80, 25);
    assert!(
        screen.contains("Ja, slet 1 disk") && screen.contains("Den er ikke valgt."),
        "{screen}"
    );
    assert!(screen.contains("Mærkat: K4711"));
    hand.enter();
    assert_eq!(hand.orders(), [wipe(OTHER, Some("K4711"))]);
    hand.enter();
    assert_eq!(hand.orders(), [], "the yes is given once");
}

#[test]
fn a_scan_of_our_label_is_the_yes_only_where_the_policy_says_so_and_nothing_stands_in_the_way() {
    let scanned = |situation: Situation| {
        let mut hand = danish();
        hand.hear(situation);
        hand.scan(LABEL);
        hand.orders()
    };
    assert_eq!(scanned(ready(1, Asks::ScanStartsWipe)), [wipe(DIGEST, Some(LABEL))]);
    assert_eq!(scanned(ready(1, Asks::AskEachDisk)), []);
    assert_eq!(scanned(ready(1, Asks::Unattended)), []);
    // More drives than the screen shows beside the label's field.
    assert_eq!(scanned(ready(7, Asks::ScanStartsWipe)), []);
    let mut hand = danish();
    hand.resize(80, 14);
    hand.hear(ready(1, Asks::ScanStartsWipe));
    hand.scan(LABEL);
    assert_eq!(hand.orders(), []);
    assert_eq!(scanned(with(Obstacle::NoDrive)), []);
    let locked = Situation { signing: Signing::Locked, ..ready(1, Asks::ScanStartsWipe) };
    assert!(scanned(locked).iter().all(|order| matches!(order, Order::SignIn { .. })));

    // What is typed, and labels of others, are compared by a person first.
    for act in [|hand: &mut Hand| hand.typed(LABEL), |hand: &mut Hand| hand.scan("K4711")] {
        let mut hand = danish();
        hand.hear(ready(1, Asks::ScanStartsWipe));
        act(&mut hand);
        assert_eq!(hand.orders(), []);
        assert!(hand.screen(80, 25).contains("Er nummeret rigtigt?"));
    }
    // A plan that came a moment before the scan was not read by whoever scans.
    let mut hand = danish();
    hand.hear(ready(1, Asks::ScanStartsWipe));
    let other = Work::Ready { plan: Box::new(plan(OTHER, 1)) };
    let other =
        Situation { work: other, language: Language::Danish, ..ready(1, Asks::ScanStartsWipe) };
    hand.tell(Message::Report(Report::Situation(Box::new(other))));
    hand.scan(LABEL);
    assert_eq!(hand.orders(), []);
    assert!(hand.screen(80, 25).contains("Ja, slet 1 disk"));
}

#[test]
fn a_scan_after_an_obstacle_was_answered_is_no_yes() {
    let mut hand = danish();
    hand.hear(with(Obstacle::Frozen { drives: vec![seen(0).path] }));
    hand.answer('2');
    hand.scan(LABEL);
    assert_eq!(hand.orders(), []);
    hand.enter();
    assert_eq!(hand.orders(), [wipe(DIGEST, Some(LABEL))]);
}

#[test]
fn more_drives_than_expected_are_each_asked_about() {
    let mut hand = danish();
    let obstacles = vec![Obstacle::MoreDrives { expected: 1, seen: 2 }];
    hand.hear(Situation { obstacles, ..ready(2, Asks::ScanStartsWipe) });
    hand.enter();
    hand.scan(LABEL);
    assert!(hand.screen(80, 25).contains("Skal denne disk slettes?"));
    hand.answer('1');
    hand.answer('1');
    assert_eq!(hand.orders(), []);
    hand.enter();
    assert_eq!(hand.orders(), [wipe(DIGEST, Some(LABEL))]);
}

#[test]
fn no_single_key_starts_a_wipe_from_a_screen_that_a_person_has_not_come_to_on_purpose() {
    let keys: Vec<Key> = (0..=u8::MAX)
        .map(|b| Key::Char(char::from(b)))
        .chain([Key::Enter, Key::Backspace, Key::Esc, Key::PageUp, Key::PageDown, Key::Other])
        .chain((1..=12).map(Key::F))
        .collect();
    let obstacles = [
        Obstacle::NoDrive,
        Obstacle::Frozen { drives: Vec::new() },
        Obstacle::MoreDrives { expected: 1, seen: 2 },
        Obstacle::Unfinished { drives: Vec::new() },
    ];
    let mut situations: Vec<Situation> =
        [Asks::AskEachDisk, Asks::ScanStartsWipe, Asks::Unattended]
            .map(|asks| ready(2, asks))
            .into();
    situations.extend(obstacles.map(with));
    let begins = |order: &Order| matches!(order, Order::Wipe { .. } | Order::Resume { .. });
    for situation in &situations {
        for key in &keys {
            let mut hand = danish();
            hand.hear(situation.clone());
            // Pressed once, and held.
            hand.key(*key);
            for _ in 0..50 {
                hand.at += 33;
                hand.tell(Message::Key { key: *key, at: hand.at });
            }
            hand.wait(1000);
            assert!(!hand.orders().iter().any(begins), "{key:?}");
        }
    }
    // The plan itself is answered with one key, and with no other.
    for key in &keys {
        let mut hand = danish();
        hand.hear(ready(1, Asks::ScanStartsWipe));
        hand.key(Key::F(4));
        hand.key(*key);
        assert_eq!(hand.orders().iter().any(begins), *key == Key::Enter, "{key:?}");
    }
}

#[test]
fn a_scan_in_the_wrong_place_changes_nothing() {
    let mut hand = danish();
    hand.hear(ready(1, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    for text in [LABEL, "1", "11", "123", "4711"] {
        hand.scan(text);
        assert_eq!(hand.orders(), [], "{text}");
    }
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Scanningen blev ikke brugt.") && screen.contains("Ja, slet 1 disk"));
}

#[test]
fn a_plan_is_not_answered_before_all_of_it_was_seen() {
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    hand.enter();
    assert_eq!(hand.orders(), []);
    assert!(hand.screen(80, 25).contains("Planen har flere sider."));
    hand.key(Key::PageDown);
    hand.key(Key::PageUp);
    hand.enter();
    assert_eq!(hand.orders(), [], "there is a third page");
    for _ in 0..5 {
        hand.key(Key::PageDown);
    }
    hand.enter();
    assert_eq!(hand.orders(), [wipe(DIGEST, None)]);
    // Another size has other pages.
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    for _ in 0..5 {
        hand.key(Key::PageDown);
    }
    hand.resize(80, 20);
    hand.enter();
    assert_eq!(hand.orders(), []);
}

#[test]
fn what_was_cut_off_is_gone_on_with_as_it_was_shown() {
    let cut_off = |serial: &str| vec![(serial.to_owned(), time("2026-11-23T08:00:00Z"))];
    let unfinished = |serial: &str| with(Obstacle::Unfinished { drives: cut_off(serial) });
    let mut hand = danish();
    hand.hear(unfinished("S1"));
    hand.answer('1');
    hand.enter();
    assert_eq!(hand.orders(), [Order::Resume { drives: cut_off("S1") }]);
    // What is cut off is another thing now: the question is asked again.
    let mut hand = danish();
    hand.hear(unfinished("S1"));
    hand.answer('1');
    hand.hear(unfinished("S2"));
    hand.enter();
    assert_eq!(hand.orders(), []);
    assert!(hand.screen(80, 25).contains("Disk S2"));
}

#[test]
fn why_an_order_was_declined_is_said_in_the_language_of_the_screen() {
    let mut said = std::collections::BTreeSet::new();
    let whys = [
        Declined::Working,
        Declined::Looking,
        Declined::Idle,
        Declined::Changed,
        Declined::Secret,
        Declined::Unkept,
    ];
    for why in whys.clone() {
        let mut hand = danish();
        hand.hear(ready(1, Asks::AskEachDisk));
        hand.tell(Message::Report(Report::Declined(why)));
        let screen = hand.screen(80, 25);
        assert!(!screen.contains("teknisk:"), "{screen}");
        said.insert(screen);
    }
    assert_eq!(said.len(), whys.len(), "each says something of its own");
}

#[test]
fn another_plan_is_shown_and_takes_the_answers_away() {
    let mut hand = danish();
    hand.hear(ready(1, Asks::AskEachDisk));
    hand.scan(LABEL);
    hand.answer('1');
    hand.hear(Situation {
        work: Work::Ready { plan: Box::new(plan(OTHER, 1)) },
        ..ready(1, Asks::AskEachDisk)
    });
    assert!(hand.screen(80, 25).contains("Planen er ændret"));
    hand.enter();
    assert_eq!(hand.orders(), [], "the yes was to the other plan");
    hand.answer('1');
    assert!(hand.screen(80, 25).contains("Skal denne disk slettes?"));
    hand.answer('1');
    hand.enter();
    assert_eq!(hand.orders(), [wipe(OTHER, Some(LABEL))]);
}

#[test]
fn a_key_that_was_meant_for_the_screen_before_does_nothing() {
    let mut hand = danish();
    hand.hear(Situation { work: Work::Looking, ..ready(1, Asks::ScanStartsWipe) });
    let at = hand.at;
    let situation = over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[]);
    hand.tell(Message::Report(Report::Situation(Box::new(situation))));
    hand.tell(Message::Key { key: Key::Enter, at: at + 200 });
    assert_eq!(hand.orders(), []);
    hand.at = at + 3000;
    hand.enter();
    assert_eq!(hand.orders(), [Order::Next]);
}

#[test]
fn stopping_takes_two_keys_and_esc_stops_nothing() {
    let mut hand = danish();
    hand.hear(running(1, false));
    for key in [Key::Esc, Key::Enter, Key::Esc, Key::Esc, Key::Backspace, Key::Enter] {
        hand.key(key);
    }
    hand.key(Key::F(10));
    hand.key(Key::Esc);
    hand.key(Key::F(10));
    hand.key(Key::Backspace);
    hand.key(Key::F(10));
    hand.scan("1234");
    assert_eq!(hand.orders(), []);
    hand.enter();
    assert_eq!(hand.orders(), [Order::Stop]);
    // Where it is being stopped already there is nothing to stop.
    hand.hear(running(1, true));
    hand.key(Key::F(10));
    hand.enter();
    assert_eq!(hand.orders(), []);
    // What was asked about is gone when the question is answered.
    hand.hear(running(1, false));
    hand.key(Key::F(10));
    hand.hear(over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[]));
    assert!(hand.screen(80, 25).contains("Disken er slettet."));
}

#[test]
fn results_in_memory_are_not_passed_over() {
    let mut hand = danish();
    let situation = Situation {
        keeping: Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 2 },
        ..over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[])
    };
    hand.hear(situation.clone());
    assert!(hand.screen(80, 25).contains("Sæt nulstil-nøglen i"), "that comes first");
    hand.key(Key::Backspace);
    assert!(hand.screen(80, 25).contains("Disken er slettet."));
    // The two keys that switch a computer off do not give anything up.
    hand.key(Key::F(10));
    assert!(hand.screen(80, 25).contains("Sæt nulstil-nøglen i"));
    hand.enter();
    assert_eq!(hand.orders(), [Order::Look], "the computer is not switched off");
    hand.key(Key::F(10));
    hand.enter();
    assert_eq!(hand.orders(), [Order::GiveUp]);
    hand.hear(Situation { keeping: Keeping::Stick { trouble: None, in_memory: 0 }, ..situation });
    hand.enter();
    assert_eq!(hand.orders(), [Order::Next]);
}

#[test]
fn erased_is_said_of_a_signed_document_and_of_nothing_else() {
    for outcome in [
        Outcome::Sanitized,
        Outcome::NotSanitized,
        Outcome::Indeterminate,
        Outcome::Aborted,
        Outcome::Refused,
        Outcome::FoundBlank,
        Outcome::NotBlank,
        Outcome::ToBeDestroyed,
    ] {
        for document in [None, Some(document())] {
            let erased = outcome == Outcome::Sanitized && document.is_some();
            let drive = ended(0, outcome, document, &[]);
            let mut hand = Hand::new(Language::English);
            hand.hear(over(vec![drive.clone()], &[]));
            // Without room for large letters the word is text.
            let word = |hand: &Hand| hand.screen(20, 25).lines().nth(2).unwrap().trim().to_owned();
            assert_eq!(word(&hand) == "ERASED", erased, "{drive:?}: {}", word(&hand));
            // And of a computer only if all of its drives are, and it is complete.
            let good = ended(1, Outcome::Sanitized, Some(common::document()), &[]);
            hand.hear(over(vec![good.clone(), drive.clone()], &[]));
            assert_eq!(word(&hand) == "ERASED", erased, "{drive:?}");
            hand.hear(over(vec![good, drive], &["One is missing."]));
            assert_ne!(word(&hand), "ERASED");
        }
    }
    let mut hand = Hand::new(Language::English);
    hand.hear(over(Vec::new(), &[]));
    assert!(!hand.screen(20, 25).contains("ERASED"));
    // During the work nothing is said to be erased, whatever an event says.
    hand.hear(running(5, false));
    assert!(!hand.screen(132, 60).contains(" ERASED"), "{}", hand.screen(132, 60));
}

#[test]
fn a_secret_is_not_shown_and_not_even_its_length() {
    let mut hand = danish();
    hand.hear(Situation { signing: Signing::Locked, ..ready(1, Asks::AskEachDisk) });
    let before = hand.screen(80, 25);
    for c in "hemmelig".chars() {
        hand.answer(c);
        assert_eq!(hand.screen(80, 25), before);
        assert!(!plain::lines(&mut hand.state.clone()).join("\n").contains("hem"));
    }
    hand.enter();
    let orders = hand.orders();
    assert!(matches!(&orders[..], [Order::SignIn { secret }] if secret.0.as_str() == "hemmelig"));
    assert!(!format!("{orders:?}").contains("hemmelig"));
}

#[test]
fn numbers_change_once_a_second_however_many_events_come() {
    let mut hand = danish();
    hand.hear(running(1, false));
    let mut screens = vec![hand.screen(80, 25)];
    let from = hand.at;
    for n in 0..10_000_u64 {
        let event = Event::Progress(progress(0, Phase::Write, 430 + n / 20));
        hand.tell(Message::Report(Report::Event(event)));
        // Three seconds in all.
        if n % 333 == 332 {
            hand.wait(100);
            let screen = hand.screen(80, 25);
            if screens.last() != Some(&screen) {
                screens.push(screen);
            }
        }
    }
    assert_eq!(hand.at - from, 3000);
    assert_eq!(screens.len(), 4, "{screens:?}");
    hand.wait(1000);
    assert!(hand.screen(80, 25).contains("92 %"));
}

#[test]
fn the_screen_finds_the_work_again() {
    let mut hand = danish();
    hand.hear(running(1, false));
    hand.tell(Message::Lost);
    assert!(hand.screen(80, 25).contains("Hvis en sletning er i gang, fortsætter den."));
    hand.key(Key::F(10));
    hand.enter();
    assert_eq!(hand.orders(), []);
    hand.hear(running(1, false));
    assert!(hand.screen(80, 25).contains("SLETTER 42 %"));
}

/// A wipe of two disk images by the program itself, `nulstil wipe --json --verify full`.
#[test]
fn a_recorded_wipe() {
    let lines = include_str!("fixtures/console/wipe.jsonl");
    let events: Vec<Event> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let Some(Event::Plan(plan)) = events.first() else { panic!("a run begins with its plan") };
    let Some(Event::Summary { drives: results, .. }) = events.last() else {
        panic!("a run ends with its summary")
    };
    let mut situation = ready(0, Asks::ScanStartsWipe);
    situation.work = Work::Ready { plan: Box::new(plan.clone()) };
    let mut hand = danish();
    hand.hear(situation.clone());
    hand.scan(LABEL);
    assert_eq!(hand.orders(), [wipe(plan.digest.as_deref().unwrap(), Some(LABEL))]);
    let drives = plan.drives.iter().map(|drive| Running {
        path: drive.path.clone(),
        model: drive.model.clone(),
        serial: drive.serial.clone(),
        capacity_bytes: drive.capacity_bytes.unwrap(),
        progress: None,
        troubles: 0,
        outcome: None,
    });
    let asset_tag = Some(LABEL.to_owned());
    let running =
        Work::Running { asset_tag: asset_tag.clone(), drives: drives.collect(), stopping: false };
    hand.hear(Situation { work: running, ..situation.clone() });
    assert_eq!(hand.screen(80, 25).matches("VENTER").count(), 2);
    let (mut wrote, mut read) = (false, false);
    for event in &events {
        hand.tell(Message::Report(Report::Event(event.clone())));
        hand.wait(1000);
        let screen = hand.screen(80, 25);
        wrote |= screen.contains("Skriver, gang 1 af 1");
        read |= screen.contains("Læser efter, om alt er slettet");
        assert!(screen.contains("disk.img"), "{screen}");
    }
    assert!(wrote && read);
    assert_eq!(hand.screen(80, 25).matches("FÆRDIG. Resultatet kommer").count(), 2);
    let ended = results.iter().map(|result| {
        let file = result.certificate.clone().unwrap();
        nulstil::engine::Ended {
            document: Some(nulstil::engine::Document { file, ..document() }),
            path: result.path.clone(),
            ..common::ended(0, result.outcome, None, &[])
        }
    });
    let over = Work::Over { asset_tag, drives: ended.collect(), lacks: Vec::new() };
    hand.hear(Situation { work: over, ..situation });
    assert!(hand.screen(80, 25).contains("2 af 2 diske er slettet."));
    hand.enter();
    assert_eq!(hand.orders(), [Order::Next]);
}

#[test]
fn lines_say_what_is_new_and_nothing_twice() {
    let mut hand = danish();
    hand.hear(ready(1, Asks::AskEachDisk));
    let said = plain::lines(&mut hand.state);
    assert_eq!(said[0], "1: Trin 1 af 5. Scan mærkaten på computeren");
    let type_line = |hand: &mut Hand, line: &str| {
        hand.wait(1000);
        for message in plain::typed(&hand.state, line, hand.at) {
            hand.tell(message);
        }
        hand.at += 2000;
        hand.wait(1000);
        plain::lines(&mut hand.state)
    };
    assert!(type_line(&mut hand, "k4711\n").contains(&"2: K4711".to_owned()));
    assert!(type_line(&mut hand, "1")[0].contains("Skal denne disk slettes?"));
    assert!(type_line(&mut hand, "1")[0].contains("Læs planen"));
    // Anything but Enter is no yes to a plan.
    assert!(type_line(&mut hand, "yes")[0].contains("Scanningen blev ikke brugt"));
    assert_eq!(hand.orders(), []);
    type_line(&mut hand, "");
    assert_eq!(hand.orders(), [wipe(DIGEST, Some("K4711"))]);
    hand.hear(running(1, false));
    plain::lines(&mut hand.state);
    for (done, new) in [(429, 0), (490, 0), (510, 1), (519, 0)] {
        let event = Event::Progress(progress(0, Phase::Write, done));
        hand.tell(Message::Report(Report::Event(event)));
        hand.wait(1000);
        assert_eq!(plain::lines(&mut hand.state).len(), new, "{done}");
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        4 => any::<char>().prop_map(Key::Char),
        4 => "[0-9A-Z]".prop_map(|text| Key::Char(text.chars().next().unwrap())),
        3 => Just(Key::Enter),
        1 => Just(Key::Backspace),
        1 => Just(Key::Esc),
        2 => (0..=13_u8).prop_map(Key::F),
        1 => Just(Key::PageDown),
        1 => Just(Key::PageUp),
        1 => Just(Key::Other),
    ]
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let asks =
        prop_oneof![Just(Asks::AskEachDisk), Just(Asks::ScanStartsWipe), Just(Asks::Unattended)];
    let frozen = Obstacle::Frozen { drives: vec!["/dev/sda".to_owned()] };
    prop_oneof![
        (0..30_usize, asks).prop_map(|(drives, asks)| ready(drives, asks)),
        (0..30_usize, any::<bool>()).prop_map(|(drives, stopping)| running(drives, stopping)),
        (0..30_usize).prop_map(|n| {
            let drive =
                |n| ended(n, Outcome::Indeterminate, Some(document()), &["\u{1b}[2J\u{202e}"]);
            over((0..n).map(drive).collect(), &["lacks"])
        }),
        Just(with(frozen)),
        Just(with(Obstacle::Unfinished { drives: Vec::new() })),
        Just(Situation { signing: Signing::Locked, ..ready(1, Asks::AskEachDisk) }),
        "\\PC*".prop_map(|message| Situation {
            work: Work::Failed { message },
            ..ready(1, Asks::AskEachDisk)
        }),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let at = 0..5000_u64;
    prop_oneof![
        6 => (any_key(), at.clone()).prop_map(|(key, at)| Message::Key { key, at }),
        2 => any_situation().prop_map(|s| Message::Report(Report::Situation(Box::new(s)))),
        1 => (0..30_usize, any::<u64>()).prop_map(|(n, done)| {
            Message::Report(Report::Event(Event::Progress(progress(n, Phase::Write, done))))
        }),
        1 => "\\PC*".prop_map(|why| Message::Report(Report::Declined(why.into()))),
        1 => (0..300_u16, 0..120_u16).prop_map(|(columns, rows)| Message::Resize { columns, rows }),
        2 => (any::<i64>(), at).prop_map(|(now, at)| Message::Tick { now: Timestamp::from_unix(now), at }),
        1 => Just(Message::Lost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 200 }))]

    /// Whatever comes in whatever order: it is drawn at every size, and a wipe is only ever ordered with
    /// the digest of the plan that the last situation had.
    #[test]
    fn nothing_breaks_it(
        messages in prop::collection::vec(any_message(), 0..60),
        columns in 1..140_u16,
        rows in 1..60_u16,
    ) {
        let mut state = State::new(Options { may_leave: columns % 2 == 0, ..Options::default() });
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut shown = None;
        for message in messages {
            if let Message::Report(Report::Situation(situation)) = &message {
                shown = match &situation.work {
                    Work::Ready { plan } => plan.digest.clone(),
                    _ => None,
                };
            }
            let ordered = update(&mut state, message);
            let consents = ordered.into_iter().filter_map(|effect| match effect {
                Effect::Order(Order::Wipe { digest, .. }) => Some(digest),
                _ => None,
            });
            for digest in consents {
                prop_assert_eq!(Some(digest), shown.clone());
            }
            terminal.draw(|frame| draw(&state, frame)).unwrap();
            plain::lines(&mut state);
        }
    }
}
