//! What is a yes to a plan, and what is none.

use super::*;

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
