//! What is said, and when.

use super::*;

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
    let lines = include_str!("../fixtures/console/wipe.jsonl");
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
