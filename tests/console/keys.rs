//! What keys and scans do elsewhere.

use super::*;

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
