//! Whatever comes, in whatever order.

use super::*;

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
