//! The console as a person, a scanner, an engine and bad luck use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "screens/common.rs"]
mod common;

use common::*;
use nulstil::cert::{self, MachineDrive};
use nulstil::console::{Effect, Key, Message, Options, State, draw, plain, update};
use nulstil::engine::{
    Asks, Declined, End, Ended, GIVEN_UP, Keeping, Obstacle, Order, Report, Running, Signing,
    Situation, Work,
};
use nulstil::live::Trouble;
use nulstil::model::{HiddenDrives, Language, Outcome, Refusal, RefusalCode, Timestamp};
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
    for drives in 1..7 {
        let mut hand = danish();
        hand.hear(ready(drives, Asks::ScanStartsWipe));
        let starts = hand.screen(80, 25).contains("Når du scanner");
        assert!(!starts || !hand.screen(80, 25).contains("Side 1 af"), "{drives}");
        hand.scan(LABEL);
        assert_eq!(hand.orders().len(), usize::from(starts), "{drives}");
    }
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

/// Characters with so many milliseconds between them, and the Enter that ends a scan.
fn slowly(hand: &mut Hand, text: &str, apart: u64) {
    hand.wait(2000);
    for key in text.chars().map(Key::Char).chain([Key::Enter]) {
        hand.tell(Message::Key { key, at: hand.at });
        hand.wait(apart);
    }
    hand.wait(2000);
}

#[test]
fn a_scan_in_the_wrong_place_changes_nothing() {
    let unfinished = || with(Obstacle::Unfinished { drives: Vec::new() });
    let result = || over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[]);
    let kept = || in_memory(result());
    type Come = Box<dyn Fn(&mut Hand)>;
    let heard = |situation: Situation, keys: &'static [Key]| -> Come {
        Box::new(move |hand| {
            hand.hear(situation.clone());
            keys.iter().for_each(|key| hand.key(*key));
        })
    };
    let questions: Vec<(&str, Come)> = vec![
        ("Ja, slet 1 disk", heard(ready(1, Asks::ScanStartsWipe), &[Key::F(4)])),
        ("Skal denne disk slettes?", heard(ready(2, Asks::AskEachDisk), &[Key::F(4)])),
        (
            "Er nummeret rigtigt?",
            Box::new(|hand| {
                hand.hear(ready(2, Asks::AskEachDisk));
                hand.scan("k4711");
            }),
        ),
        ("Vil du stoppe sletningen?", heard(running(1, false), &[Key::F(10)])),
        ("Vil du gå videre med sletningen?", heard(unfinished(), &[Key::Char('1')])),
        ("Vil du begynde forfra?", heard(unfinished(), &[Key::Char('2')])),
        ("Vil du fortsætte uden at gemme?", heard(kept(), &[Key::Char('2')])),
        ("Vil du slukke computeren?", heard(ready(1, Asks::AskEachDisk), &[Key::F(10)])),
        ("Resultatet er ikke gemt", heard(kept(), &[])),
        ("Disken er slettet.", heard(result(), &[])),
    ];
    for (question, come) in &questions {
        for apart in [4, 35, 60, 100] {
            let mut hand = danish();
            come(&mut hand);
            for text in [LABEL, "11", "12", "21", "123", "4711", "2", "1"] {
                slowly(&mut hand, text, apart);
                assert_eq!(hand.orders(), [], "{question} {text} {apart}");
                let screen = hand.screen(80, 25);
                assert!(screen.contains(question), "{question} {text} {apart}: {screen}");
                assert!(screen.contains("blev ikke brugt"), "{question} {text} {apart}: {screen}");
            }
        }
    }
}

#[test]
fn a_plan_is_not_answered_before_all_of_it_was_seen() {
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    // Enter turns the page, and says so, until the yes is on it.
    let mut pages = 1;
    while !hand.screen(80, 25).contains("Ja, slet 12 diske") {
        assert!(hand.screen(80, 25).contains("Enter Næste side"), "{}", hand.screen(80, 25));
        hand.enter();
        assert_eq!(hand.orders(), []);
        pages += 1;
    }
    assert_eq!(pages, 3);
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Enter Ja") && screen.contains("kan ikke fortrydes"), "{screen}");
    hand.key(Key::PageUp);
    hand.enter();
    assert_eq!(hand.orders(), [], "this page was turned back to");
    hand.enter();
    assert_eq!(hand.orders(), [wipe(DIGEST, None)]);
    // The yes right after a page was turned was meant for the page before.
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    hand.wait(1000);
    for key in [Key::PageDown, Key::PageDown, Key::Enter] {
        hand.tell(Message::Key { key, at: hand.at });
        hand.wait(100);
    }
    assert_eq!(hand.orders(), []);
    // Another size has other pages, and other drives do.
    for change in [(|hand: &mut Hand| hand.resize(80, 20)) as fn(&mut Hand), |hand| {
        let mut situation = ready(12, Asks::ScanStartsWipe);
        situation.drives.pop();
        hand.hear(situation);
    }] {
        let mut hand = danish();
        hand.hear(ready(12, Asks::ScanStartsWipe));
        hand.key(Key::F(4));
        for _ in 0..5 {
            hand.key(Key::PageDown);
        }
        change(&mut hand);
        hand.enter();
        assert_eq!(hand.orders(), []);
    }
    // What is said above the pages makes them shorter: nothing is skipped for it.
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    hand.scan("4711");
    let mut all = hand.screen(80, 25);
    while !hand.screen(80, 25).contains("Ja, slet 12 diske") {
        hand.enter();
        all += &hand.screen(80, 25);
    }
    assert!((0..12).all(|n| all.contains(&seen(n).serial.unwrap())), "{all}");
}

#[test]
fn pages_are_broken_between_drives_and_say_of_what_they_are() {
    let mut hand = danish();
    hand.hear(ready(12, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    loop {
        let screen = hand.screen(80, 25);
        let count = |text: &str| screen.matches(text).count();
        assert_eq!(count("SAMSUNG"), count("Serienummer S20"), "{screen}");
        assert_eq!(count("SAMSUNG"), count("Sådan:"), "{screen}");
        assert_eq!(count("SAMSUNG") > 0, screen.contains("Disse 12 diske bliver"), "{screen}");
        if screen.contains("Ja, slet 12 diske") {
            break;
        }
        hand.enter();
    }
}

#[test]
fn a_plan_that_was_behind_another_screen_was_not_read() {
    // Each leads to the label's field with a plan that has been there for long.
    let acts: [fn(&mut Hand); 4] = [
        |hand| {
            hand.hear(Situation { signing: Signing::Locked, ..ready(1, Asks::ScanStartsWipe) });
            hand.wait(60_000);
            hand.scan("et-langt-kort-1");
            hand.hear_now(ready(1, Asks::ScanStartsWipe));
        },
        |hand| {
            hand.hear(with(Obstacle::NoDrive));
            hand.wait(60_000);
            hand.hear_now(ready(1, Asks::ScanStartsWipe));
        },
        |hand| {
            hand.hear(ready(1, Asks::ScanStartsWipe));
            hand.key(Key::F(1));
            hand.wait(60_000);
            hand.key(Key::F(1));
        },
        |hand| {
            hand.hear(ready(1, Asks::ScanStartsWipe));
            hand.tell(Message::Lost);
            hand.wait(60_000);
            hand.hear_now(ready(1, Asks::ScanStartsWipe));
        },
    ];
    for (n, act) in acts.iter().enumerate() {
        for (wait, begins) in [(800, false), (3000, true)] {
            let mut hand = danish();
            act(&mut hand);
            hand.orders();
            hand.tell(Message::Tick {
                now: time("2026-11-23T12:00:00Z"),
                at: hand.at + wait - 200,
            });
            hand.at += wait - 200;
            for key in LABEL.chars().map(Key::Char).chain([Key::Enter]) {
                hand.tell(Message::Key { key, at: hand.at });
                hand.at += 4;
            }
            let expected = if begins { vec![wipe(DIGEST, Some(LABEL))] } else { vec![] };
            assert_eq!(hand.orders(), expected, "{n}, {wait}");
        }
    }
}

#[test]
fn a_yes_that_the_engine_did_not_live_to_hear_is_none() {
    let mut hand = danish();
    hand.hear(ready(1, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    hand.enter();
    assert!(hand.screen(80, 25).contains("Sletningen begynder"));
    hand.tell(Message::Lost);
    hand.hear(ready(1, Asks::ScanStartsWipe));
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Scan mærkaten"), "{screen}");
    // What was half typed is not the beginning of the next text.
    hand.answer('4');
    hand.tell(Message::Lost);
    hand.hear(ready(1, Asks::ScanStartsWipe));
    assert!(hand.screen(80, 25).contains("Mærkat: _"));
    // A computer that switches off is not lost.
    hand.hear(Situation { work: Work::Off { again: false }, ..ready(1, Asks::AskEachDisk) });
    hand.tell(Message::Lost);
    assert!(hand.screen(80, 25).contains("Computeren slukker"));
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
    // Nor one while the engine could not be reached, or before it said that it did not do it.
    let result = over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[]);
    let mut hand = danish();
    hand.hear(result.clone());
    hand.tell(Message::Lost);
    hand.hear_now(result);
    hand.tell(Message::Key { key: Key::Enter, at: hand.at + 200 });
    assert_eq!(hand.orders(), []);
    let mut hand = danish();
    hand.hear(ready(1, Asks::ScanStartsWipe));
    hand.key(Key::F(4));
    hand.enter();
    hand.orders();
    hand.wait(2000);
    hand.tell(Message::Report(Report::Declined(Declined::Changed)));
    hand.tell(Message::Key { key: Key::Enter, at: hand.at + 200 });
    assert_eq!(hand.orders(), []);
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

/// Results that are in memory only, as there is no stick.
fn in_memory(situation: Situation) -> Situation {
    Situation {
        keeping: Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 2 },
        ..situation
    }
}

#[test]
fn results_in_memory_are_not_passed_over() {
    let mut hand = danish();
    let result = over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[]);
    let situation = in_memory(result.clone());
    hand.hear(situation.clone());
    let title = "Resultatet er ikke gemt på nulstil-stikket";
    let screen = hand.screen(80, 25);
    assert!(screen.contains(title) && !screen.contains("F10"), "that comes first: {screen}");
    hand.key(Key::Backspace);
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Disken er slettet.") && screen.contains("Skal gemmes som:"));
    // The two keys that switch a computer off do not give anything up, nor does an Enter.
    hand.key(Key::F(10));
    assert!(hand.screen(80, 25).contains(title));
    hand.key(Key::F(10));
    hand.enter();
    assert_eq!(hand.orders(), []);
    hand.answer('1');
    assert_eq!(hand.orders(), [Order::Look], "the computer is not switched off");
    hand.answer('2');
    assert!(hand.screen(80, 25).contains("Vil du fortsætte uden at gemme?"));
    hand.enter();
    hand.answer('1');
    assert!(hand.screen(80, 25).contains(title));
    hand.answer('2');
    hand.key(Key::Backspace);
    hand.answer('2');
    assert_eq!(hand.orders(), []);
    hand.answer('2');
    assert_eq!(hand.orders(), [Order::GiveUp]);
    let kept = Situation { keeping: Keeping::Stick { trouble: None, in_memory: 0 }, ..situation };
    hand.hear(kept.clone());
    // What was given up is not said to be erased.
    let lost = ended(0, Outcome::Indeterminate, None, &[GIVEN_UP]);
    hand.hear(over(vec![lost], &[]));
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Resultatet blev opgivet og er ikke gemt."), "{screen}");
    assert!(!screen.contains("emt som:") && !screen.contains("Disken er slettet."), "{screen}");
    hand.enter();
    assert_eq!(hand.orders(), [Order::Next]);
    // Nothing is asked any more once the stick is back.
    let mut hand = danish();
    hand.hear(in_memory(result));
    hand.answer('2');
    hand.hear(kept);
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Disken er slettet.") && screen.contains("Gemt som:"), "{screen}");
}

#[test]
fn an_enter_that_switches_the_computer_off_says_so() {
    let erased = || ended(0, Outcome::Sanitized, Some(document()), &[]);
    let recorded = || Ended { recorded: true, ..ended(0, Outcome::Sanitized, None, &[]) };
    let failed = || ended(0, Outcome::NotSanitized, Some(document()), &[]);
    let off = (End::Off, "Enter Sluk", "Tryk Enter for at slukke computeren.");
    let again = (End::Restart, "Enter Genstart", "Tryk Enter for at genstarte computeren.");
    for (end, legend, sentence) in [off, again] {
        for (drives, lacks, complete) in [
            (vec![erased()], &[][..], true),
            (vec![recorded()], &[], true),
            (vec![erased(), recorded()], &[], true),
            (vec![failed()], &[], false),
            (vec![erased(), failed()], &[], false),
            (vec![erased()], &["One is missing."], false),
        ] {
            let mut hand = danish();
            hand.hear(Situation { end, ..over(drives.clone(), lacks) });
            let (keys, text) =
                if complete { (legend, sentence) } else { ("Enter Videre", "teknisk") };
            let screen = hand.screen(132, 43);
            assert!(screen.contains(keys), "{drives:?}: {screen}");
            assert_eq!(screen.contains(sentence), complete, "{drives:?} {text}: {screen}");
            let next = "Når du har set resultatet, tryk Enter.";
            assert_eq!(screen.contains(next), !complete, "{screen}");
            // What only this computer knows comes first.
            hand.hear(Situation { end, ..in_memory(over(drives, lacks)) });
            hand.key(Key::Backspace);
            assert!(!hand.screen(132, 43).contains(sentence));
        }
    }
}

#[test]
fn the_code_of_a_badge_is_no_label() {
    const BADGE: &str = "q7rtk2mmxw94hc";
    let locked = || Situation { signing: Signing::Locked, ..ready(1, Asks::ScanStartsWipe) };
    let mut hand = danish();
    hand.hear(locked());
    hand.scan(BADGE);
    assert!(matches!(hand.orders()[..], [Order::SignIn { .. }]));
    assert!(hand.screen(80, 25).contains("Koden bliver prøvet."));
    assert!(hand.state.is_secret());
    // Scanned again meanwhile, and when the label's field is there.
    hand.scan(BADGE);
    hand.enter();
    hand.key(Key::F(10));
    assert_eq!(hand.orders(), []);
    hand.hear(ready(1, Asks::ScanStartsWipe));
    for c in BADGE.chars() {
        hand.answer(c);
        assert!(!hand.screen(80, 25).contains("q7"), "{}", hand.screen(80, 25));
    }
    hand.enter();
    for badge in [BADGE.to_owned(), BADGE.to_uppercase()] {
        hand.scan(&badge);
        let screen = hand.screen(80, 25);
        assert!(screen.contains("ikke en mærkat") && !screen.contains("Q7"), "{screen}");
    }
    assert_eq!(hand.orders(), []);
    assert!(!format!("{:?}", hand.state).contains("m2mmxw"));
    hand.scan(LABEL);
    assert_eq!(hand.orders(), [wipe(DIGEST, Some(LABEL))]);
    // What was not the secret may be a label.
    let mut hand = danish();
    hand.hear(locked());
    hand.scan(LABEL);
    hand.tell(Message::Report(Report::Declined(Declined::Secret)));
    assert!(hand.screen(80, 25).contains("Koden passer ikke."));
    hand.hear(ready(1, Asks::AskEachDisk));
    hand.scan(LABEL);
    assert!(hand.screen(80, 25).contains("Skal denne disk slettes?"));
    // What lies over the screen does not show it either.
    let mut hand = danish();
    hand.hear(locked());
    hand.key(Key::Esc);
    assert!(hand.state.is_secret());
}

#[test]
fn a_large_word_stays_as_it_is_whatever_is_said_below_it() {
    let mut hand = danish();
    hand.hear(over(vec![ended(0, Outcome::NotSanitized, Some(document()), &[])], &[]));
    let word =
        |hand: &Hand| hand.screen(80, 25).lines().skip(2).take(15).collect::<Vec<_>>().join("\n");
    let before = word(&hand);
    assert!(before.contains("██████"));
    hand.scan("4711");
    assert_eq!(word(&hand), before);
    assert!(hand.screen(80, 25).lines().nth(18).unwrap().contains("Det blev ikke brugt."));
}

#[test]
fn a_key_right_after_another_was_meant_for_the_question_before() {
    let quick = |hand: &mut Hand, keys: &[Key]| {
        for key in keys {
            hand.tell(Message::Key { key: *key, at: hand.at });
            hand.wait(160);
        }
        hand.wait(1000);
    };
    // A second drive is not answered by a key that is meant for the first.
    let mut hand = danish();
    hand.hear(ready(2, Asks::AskEachDisk));
    hand.key(Key::F(4));
    hand.answer('1');
    // Whether it is one is known later; what counts is when the key was pressed.
    hand.wait(350);
    quick(&mut hand, &[Key::Char('2')]);
    assert!(hand.screen(80, 25).contains("Disk 2 af 2"));
    quick(&mut hand, &[Key::Char('2')]);
    assert!(matches!(hand.orders()[..], [Order::Plan { .. }]));
    // Nor the second question by the Enter of the first.
    let mut hand = danish();
    hand.hear(ready(1, Asks::AskEachDisk));
    hand.wait(1000);
    quick(&mut hand, &[Key::F(10), Key::Enter]);
    assert_eq!(hand.orders(), []);
    assert!(hand.screen(80, 25).contains("Vil du slukke computeren?"));
    hand.enter();
    assert_eq!(hand.orders(), [Order::Off]);
    // A text that was ended too early is said to be, and not the beginning of the next.
    let mut hand = danish();
    hand.hear(Situation { work: Work::Looking, ..ready(1, Asks::AskEachDisk) });
    hand.hear_now(ready(1, Asks::AskEachDisk));
    for key in "4711".chars().map(Key::Char).chain([Key::Enter]) {
        hand.tell(Message::Key { key, at: hand.at });
        hand.at += 4;
    }
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Scanningen kom for tidligt. Scan igen."), "{screen}");
    assert!(screen.contains("Mærkat: _"), "{screen}");
}

#[test]
fn what_stood_in_the_way_can_be_come_back_to() {
    let frozen = Obstacle::Frozen { drives: vec![seen(0).path] };
    let refused = Obstacle::Refused {
        drive: seen(1).path,
        refusal: Refusal::new(RefusalCode::Busy, "/dev/sdb is in use."),
    };
    let obstacles = vec![frozen, refused];
    let mut hand = danish();
    hand.hear(Situation { obstacles, ..ready(2, Asks::ScanStartsWipe) });
    let first = "Disken kan ikke slette sig selv endnu";
    assert!(hand.screen(80, 25).contains(first) && !hand.screen(80, 25).contains("Backspace"));
    hand.answer('2');
    let screen = hand.screen(80, 25);
    assert!(
        screen.contains("En disk kan ikke slettes her") && screen.contains("Backspace Tilbage")
    );
    hand.key(Key::Backspace);
    assert!(hand.screen(80, 25).contains(first));
    hand.answer('2');
    hand.answer('2');
    assert!(hand.screen(80, 25).contains("Scan mærkaten"));
    // A character is deleted first.
    hand.answer('4');
    hand.key(Key::Backspace);
    assert!(hand.screen(80, 25).contains("Scan mærkaten"));
    hand.key(Key::Backspace);
    assert!(hand.screen(80, 25).contains("En disk kan ikke slettes her"));
    // Each is not asked about any more if it was not answered so.
    let more = Obstacle::MoreDrives { expected: 1, seen: 2 };
    let mut hand = danish();
    hand.hear(Situation { obstacles: vec![more], ..ready(2, Asks::ScanStartsWipe) });
    hand.enter();
    assert!(hand.screen(80, 25).contains("Disse 2 diske kan slettes:"));
    hand.key(Key::Backspace);
    assert!(hand.screen(80, 25).contains("Der er flere diske end ventet"));
}

#[test]
fn each_refusal_and_each_lack_is_told_in_danish() {
    let acts = |code| {
        let refusal = Refusal::new(code, "why");
        let mut hand = danish();
        hand.hear(with(Obstacle::Refused { drive: seen(0).path, refusal }));
        hand.screen(132, 43)
    };
    for (code, act) in [
        (RefusalCode::Mounted, "start den igen fra nulstil-stikket"),
        (RefusalCode::NoMedium, "om disken sidder fast"),
        (RefusalCode::ReadOnly, "en lille knap mod skrivning"),
        (RefusalCode::HiddenArea, "direkte i et SATA-stik"),
        (RefusalCode::Zoned, "slettes på en anden måde"),
        (RefusalCode::TooSmall, "Er det ikke en disk, så vælg 2."),
        (RefusalCode::Policy, "Hent en kollega."),
    ] {
        assert!(acts(code).contains(act), "{code:?}: {}", acts(code));
    }
    let hidden = HiddenDrives { possible: true, reasons: Vec::new() };
    let drives: Vec<MachineDrive> = [
        Outcome::Sanitized,
        Outcome::NotSanitized,
        Outcome::Indeterminate,
        Outcome::Aborted,
        Outcome::FoundBlank,
        Outcome::NotBlank,
        Outcome::ToBeDestroyed,
        Outcome::Refused,
    ]
    .map(|outcome| MachineDrive {
        path: Some("/dev/sdq".to_owned()),
        drive: None,
        outcome: Some(outcome),
        refusal: None,
        certificate_digest: None,
    })
    .into();
    let mut all = cert::lacks(&hidden, &drives);
    all.extend(cert::lacks(&hidden, &[]));
    all.push("A drive was not erased.".to_owned());
    all.push("/dev/sdq (serial S1) was not erased.".to_owned());
    assert_eq!(all.len(), 13);
    for lack in all {
        let mut hand = danish();
        hand.hear(over(vec![ended(0, Outcome::Sanitized, Some(document()), &[])], &[&lack]));
        let screen = hand.screen(132, 43);
        assert!(!screen.contains("teknisk:"), "{lack}: {screen}");
        assert!(!screen.contains("serial S1") && !screen.contains("A drive"), "{screen}");
    }
    // What is not known is said as it is.
    let mut hand = danish();
    hand.hear(over(vec![], &["Something else."]));
    assert!(hand.screen(132, 43).contains("teknisk: Something else."));
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

/// An engine that hangs is not waited for in good faith for ever.
#[test]
fn a_long_wait_is_no_reason_to_wait_longer() {
    let mut hand = danish();
    let asks = |hand: &Hand| hand.screen(80, 25).contains("Hent en kollega");
    let looking = || Situation { work: Work::Looking, ..ready(1, Asks::AskEachDisk) };
    hand.hear_now(looking());
    hand.wait(0);
    // News that are none do not begin the time again.
    hand.wait(100_000);
    hand.hear_now(looking());
    hand.wait(79_000);
    assert!(!asks(&hand), "{}", hand.screen(80, 25));
    hand.wait(1_000);
    assert!(asks(&hand), "{}", hand.screen(80, 25));
    hand.hear(ready(1, Asks::AskEachDisk));
    assert!(!asks(&hand));
    hand.hear(looking());
    assert!(!asks(&hand), "it is another wait");
    hand.wait(200_000);
    assert!(asks(&hand));
    // A job takes as long as its drives do.
    hand.hear(ready(1, Asks::Unattended));
    hand.wait(200_000);
    assert!(!asks(&hand));
}

#[test]
fn the_screen_finds_the_work_again() {
    let mut hand = danish();
    hand.hear(running(1, false));
    hand.tell(Message::Lost);
    assert!(hand.screen(80, 25).contains("Skærmen ved ikke, om en sletning er i gang."));
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
        read |= screen.contains("Læser disken for at se, om alt er slettet");
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
    assert!(hand.screen(80, 25).contains("2 af 2 diske i planen er slettet."));
    hand.enter();
    assert_eq!(hand.orders(), [Order::Next]);
}

#[test]
fn lines_say_what_is_new_and_nothing_twice() {
    let mut hand = Hand::with(Options {
        language: Language::Danish,
        plain: true,
        utc_offset_seconds: 3600,
        ..Options::default()
    });
    hand.hear(ready(1, Asks::AskEachDisk));
    let said = plain::lines(&mut hand.state);
    assert!(said[0].contains("for eksempel f1 eller backspace"), "{said:?}");
    assert_eq!(said[1], "1: Trin 1 af 5. Scan mærkaten på computeren");
    let type_line = |hand: &mut Hand, line: &str| {
        hand.wait(1000);
        for message in plain::typed(&mut hand.state, line, hand.at) {
            hand.tell(message);
        }
        hand.at += 2000;
        hand.wait(1000);
        plain::lines(&mut hand.state)
    };
    assert!(type_line(&mut hand, "k4711\n").contains(&"2: K4711".to_owned()));
    assert!(type_line(&mut hand, "1")[0].contains("Skal denne disk slettes?"));
    // A line is taken in at once: the question is not said once more before the next.
    hand.wait(1000);
    for message in plain::typed(&mut hand.state, "1", hand.at) {
        hand.tell(message);
    }
    assert!(plain::lines(&mut hand.state)[0].contains("Læs planen"));
    // Anything but Enter is no yes to a plan.
    for _ in 0..2 {
        let said = type_line(&mut hand, "yes");
        assert!(said[1].contains("Det blev ikke brugt."), "and again: {said:?}");
    }
    assert!(type_line(&mut hand, "backspace")[0].contains("Skal denne disk slettes?"));
    assert!(type_line(&mut hand, "1")[0].contains("Læs planen"));
    assert_eq!(hand.orders(), []);
    type_line(&mut hand, "");
    assert_eq!(hand.orders(), [wipe(DIGEST, Some("K4711"))]);
    hand.hear(running(1, false));
    plain::lines(&mut hand.state);
    for (done, new) in [(429, 0), (490, 0), (510, 1), (519, 0)] {
        let event = Event::Progress(progress(0, Phase::Write, done));
        hand.tell(Message::Report(Report::Event(event)));
        hand.wait(1000);
        let said = plain::lines(&mut hand.state);
        assert_eq!(said.len(), new, "{done}");
        assert!(said.iter().all(|line| line.contains("Disk 1: SLETTER 5")), "{said:?}");
    }
}

#[test]
fn a_line_is_never_said_to_be_a_scan() {
    let options = Options { language: Language::Danish, plain: true, ..Options::default() };
    let mut hand = Hand::with(options);
    hand.hear(ready(1, Asks::ScanStartsWipe));
    let said = plain::lines(&mut hand.state).join("\n");
    assert!(said.contains("Der bliver ikke slettet noget endnu."), "{said}");
    hand.scan(LABEL);
    assert_eq!(hand.orders(), []);
}

#[test]
fn the_work_is_shown_beside_the_clock_it_is_told_by() {
    let mut hand = danish();
    hand.hear(running(1, false));
    let screen = hand.screen(80, 25);
    assert!(screen.contains("Færdig ca. kl. 14:20"), "{screen}");
    assert!(screen.contains("Computerens ur viser kl. 13:00."), "{screen}");
    // What is being stopped has no end that could be waited for.
    hand.hear(running(1, true));
    let screen = hand.screen(80, 25);
    assert!(screen.contains("STOPPER 42 %") && !screen.contains("Færdig ca."), "{screen}");
    assert!(!screen.contains("SLETTER"), "{screen}");
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
