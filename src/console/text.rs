//! The texts that people read, in each language: `da.ftl` and `en.ftl`, in the Fluent format. Each has a
//! name here, so that no screen can ask for one that is not there.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::model::Language;

macro_rules! texts {
    ($($name:ident = $key:literal,)*) => {
        /// A text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the files with the texts say each")]
        pub(super) enum T { $($name),* }

        impl T {
            /// All texts.
            #[cfg(test)]
            const ALL: &[(Self, &str)] = &[$((Self::$name, stringify!($name))),*];

            /// Its key in the files.
            const fn key(self) -> &'static str {
                match self { $(Self::$name => $key),* }
            }
        }
    };
}

texts! {
    Step = "step",
    Technical = "technical",
    Page = "page",
    PlainKeys = "plain-keys",
    ActNext = "act-next",
    ActNextPage = "act-next-page",
    ActYes = "act-yes",
    ActBack = "act-back",
    ActHelp = "act-help",
    ActLanguage = "act-language",
    ActPause = "act-pause",
    ActPage = "act-page",
    ActResult = "act-result",
    ActNoLabel = "act-no-label",
    ActCode = "act-code",
    ActClose = "act-close",
    ActStop = "act-stop",
    ActOff = "act-off",
    ActRestart = "act-restart",
    ActLeave = "act-leave",
    ActLook = "act-look",
    ActAnswer = "act-answer",
    WayLook = "way-look",
    WayThaw = "way-thaw",
    WayEach = "way-each",
    WayResume = "way-resume",
    WayStartOver = "way-start-over",
    WayPassFrozen = "way-pass-frozen",
    WayPassHidden = "way-pass-hidden",
    WayPassDrive = "way-pass-drive",
    WayPassFailing = "way-pass-failing",
    WayUnsaved = "way-unsaved",
    AnswerColleague = "answer-colleague",
    StateWaiting = "state-waiting",
    StateWorking = "state-working",
    StateStopping = "state-stopping",
    StateNeedsYou = "state-needs-you",
    StatePassed = "state-passed",
    StateFailed = "state-failed",
    StateUnproven = "state-unproven",
    StateUnsigned = "state-unsigned",
    StateStopped = "state-stopped",
    StateIncomplete = "state-incomplete",
    Machine = "machine",
    MachineSerial = "machine-serial",
    Station = "station",
    Unknown = "unknown",
    Drive = "drive",
    DrivePlace = "drive-place",
    KeepingFolder = "keeping-folder",
    KeepingStick = "keeping-stick",
    SigningOpen = "signing-open",
    SigningLater = "signing-later",
    ClockToday = "clock-today",
    ClockDay = "clock-day",
    Date = "date",
    Percent = "percent",
    SizeB = "size-b",
    SizeKb = "size-kb",
    SizeMb = "size-mb",
    SizeGb = "size-gb",
    SizeTb = "size-tb",
    SizePb = "size-pb",
    ConnectingTitle = "connecting-title",
    ConnectingBody = "connecting-body",
    LostTitle = "lost-title",
    LostBody = "lost-body",
    LostNext = "lost-next",
    WaitLong = "wait-long",
    LookingTitle = "looking-title",
    LookingBody = "looking-body",
    PlanningTitle = "planning-title",
    PlanningBody = "planning-body",
    BeginningTitle = "beginning-title",
    BeginningBody = "beginning-body",
    JobTitle = "job-title",
    JobBody = "job-body",
    JobNext = "job-next",
    OffTitle = "off-title",
    OffAgainTitle = "off-again-title",
    OffBody = "off-body",
    StartTitle = "start-title",
    StartErased = "start-erased",
    StartMay = "start-may",
    StartKept = "start-kept",
    StartField = "start-field",
    StartScanIsYes = "start-scan-is-yes",
    StartLater = "start-later",
    KeptBecause = "kept-because",
    KeptNotChosen = "kept-not-chosen",
    KeptDone = "kept-done",
    RemarkClock = "remark-clock",
    DoubtBuild = "doubt-build",
    DoubtNewest = "doubt-newest",
    DoubtLate = "doubt-late",
    DoubtNone = "doubt-none",
    RemarkNoConfiguration = "remark-no-configuration",
    RemarkTooManyJournals = "remark-too-many-journals",
    RemarkBegunAnew = "remark-begun-anew",
    ConfirmTitle = "confirm-title",
    ConfirmBody = "confirm-body",
    ConfirmYes = "confirm-yes",
    ConfirmNo = "confirm-no",
    AskTitle = "ask-title",
    AskEach = "ask-each",
    AskYes = "ask-yes",
    AskNo = "ask-no",
    AskAfter = "ask-after",
    ColleagueTitle = "colleague-title",
    ColleagueBody = "colleague-body",
    ColleagueNext = "colleague-next",
    NothingTitle = "nothing-title",
    NothingBody = "nothing-body",
    AllDoneTitle = "all-done-title",
    AllDoneBody = "all-done-body",
    NoneTitle = "none-title",
    NoneBody = "none-body",
    NoneNext = "none-next",
    ChangedTitle = "changed-title",
    ChangedBody = "changed-body",
    ChangedNext = "changed-next",
    PlanTitle = "plan-title",
    PlanLabel = "plan-label",
    PlanNoLabel = "plan-no-label",
    PlanHow = "plan-how",
    HowOverwrite = "how-overwrite",
    HowErase = "how-erase",
    HowKey = "how-key",
    PlanMethod = "plan-method",
    PlanWhy = "plan-why",
    PlanYes = "plan-yes",
    WorkingTitle = "working-title",
    WorkingStopping = "working-stopping",
    WorkingBody = "working-body",
    WorkingMemory = "working-memory",
    WorkingStoppingBody = "working-stopping-body",
    WorkingDrive = "working-drive",
    WorkingDriveOpen = "working-drive-open",
    WorkingNumber = "working-number",
    WorkingClock = "working-clock",
    WorkingDone = "working-done",
    PhaseFirmware = "phase-firmware",
    PhaseWrite = "phase-write",
    PhaseVerify = "phase-verify",
    PhaseInspect = "phase-inspect",
    PhaseNone = "phase-none",
    WorkingTroubles = "working-troubles",
    ResultErased = "result-erased",
    ResultUnsigned = "result-unsigned",
    ResultFailed = "result-failed",
    ResultUnproven = "result-unproven",
    ResultStopped = "result-stopped",
    ResultRefused = "result-refused",
    ResultBlank = "result-blank",
    ResultDestroy = "result-destroy",
    ResultCertificate = "result-certificate",
    ResultFile = "result-file",
    ResultFileLater = "result-file-later",
    ResultWaits = "result-waits",
    ResultNext = "result-next",
    ResultOff = "result-off",
    ResultRestart = "result-restart",
    MachineTitle = "machine-title",
    MachineCount = "machine-count",
    MachineLacks = "machine-lacks",
    LackDrive = "lack-drive",
    LackSerial = "lack-serial",
    LackHidden = "lack-hidden",
    LackNone = "lack-none",
    LackCertificate = "lack-certificate",
    LackNotErased = "lack-not-erased",
    LackUnproven = "lack-unproven",
    LackStopped = "lack-stopped",
    LackBlank = "lack-blank",
    LackNotBlank = "lack-not-blank",
    LackDestroy = "lack-destroy",
    VerdictTitle = "verdict-title",
    VerdictOf = "verdict-of",
    ResultLabel = "result-label",
    CodeTitle = "code-title",
    CodeFull = "code-full",
    CodeSmall = "code-small",
    CodeNoRoom = "code-no-room",
    CodeNone = "code-none",
    KeepTitle = "keep-title",
    ReasonGivenUp = "reason-given-up",
    KeepBody = "keep-body",
    KeepNext = "keep-next",
    KeepSaving = "keep-saving",
    FailedTitle = "failed-title",
    FailedBody = "failed-body",
    FailedNext = "failed-next",
    SignInTitle = "sign-in-title",
    SignInBody = "sign-in-body",
    SignInHidden = "sign-in-hidden",
    SigningInBody = "signing-in-body",
    ConfigurationTitle = "configuration-title",
    ConfigurationBody = "configuration-body",
    ConfigurationAct = "configuration-act",
    StickTitle = "stick-title",
    StickAct = "stick-act",
    KeyTitle = "key-title",
    KeyBody = "key-body",
    KeyAct = "key-act",
    NoDriveTitle = "no-drive-title",
    NoDriveBody = "no-drive-body",
    NoDriveAct = "no-drive-act",
    HiddenTitle = "hidden-title",
    HiddenBody = "hidden-body",
    HiddenAct = "hidden-act",
    MoreTitle = "more-title",
    MoreBody = "more-body",
    MoreAct = "more-act",
    FrozenTitle = "frozen-title",
    FrozenBody = "frozen-body",
    FrozenAct = "frozen-act",
    FailingTitle = "failing-title",
    FailingBody = "failing-body",
    FailingAct = "failing-act",
    LockedTitle = "locked-title",
    LockedBody = "locked-body",
    LockedAct = "locked-act",
    RefusedTitle = "refused-title",
    RefusedStartAgain = "refused-start-again",
    RefusedFasten = "refused-fasten",
    RefusedSwitch = "refused-switch",
    RefusedSata = "refused-sata",
    RefusedElsewhere = "refused-elsewhere",
    RefusedTooSmall = "refused-too-small",
    RefusedColleague = "refused-colleague",
    UnfinishedTitle = "unfinished-title",
    UnfinishedBody = "unfinished-body",
    UnfinishedDrive = "unfinished-drive",
    UnfinishedAct = "unfinished-act",
    RefusalNotFound = "refusal-not-found",
    RefusalNotADrive = "refusal-not-a-drive",
    RefusalPartition = "refusal-partition",
    RefusalBootMedium = "refusal-boot-medium",
    RefusalMounted = "refusal-mounted",
    RefusalSwap = "refusal-swap",
    RefusalHeld = "refusal-held",
    RefusalBusy = "refusal-busy",
    RefusalReadOnly = "refusal-read-only",
    RefusalNoMedium = "refusal-no-medium",
    RefusalEmptySlot = "refusal-empty-slot",
    RefusalTooSmall = "refusal-too-small",
    RefusalZoned = "refusal-zoned",
    RefusalVirtual = "refusal-virtual",
    RefusalDuplicate = "refusal-duplicate",
    RefusalPermission = "refusal-permission",
    RefusalReplaced = "refusal-replaced",
    RefusalHoldsOutput = "refusal-holds-output",
    RefusalMethodUnavailable = "refusal-method-unavailable",
    RefusalHiddenArea = "refusal-hidden-area",
    RefusalLocked = "refusal-locked",
    RefusalPolicy = "refusal-policy",
    RefusalUnreadable = "refusal-unreadable",
    SureStopTitle = "sure-stop-title",
    SureStopBody = "sure-stop-body",
    SureStopYes = "sure-stop-yes",
    SureResumeTitle = "sure-resume-title",
    SureResumeBody = "sure-resume-body",
    SureResumeYes = "sure-resume-yes",
    SureStartOverTitle = "sure-start-over-title",
    SureStartOverBody = "sure-start-over-body",
    SureStartOverYes = "sure-start-over-yes",
    SureGiveUpTitle = "sure-give-up-title",
    SureGiveUpBody = "sure-give-up-body",
    SureGiveUpNo = "sure-give-up-no",
    SureGiveUpYes = "sure-give-up-yes",
    SureOffTitle = "sure-off-title",
    SureOffBody = "sure-off-body",
    SureOffYes = "sure-off-yes",
    SureLeaveTitle = "sure-leave-title",
    SureLeaveBody = "sure-leave-body",
    SureLeaveYes = "sure-leave-yes",
    SureNo = "sure-no",
    PauseTitle = "pause-title",
    PauseBody = "pause-body",
    PauseNext = "pause-next",
    HelpTitle = "help-title",
    HelpKeys = "help-keys",
    HelpEnter = "help-enter",
    HelpAnswers = "help-answers",
    HelpBack = "help-back",
    HelpHelp = "help-help",
    HelpCode = "help-code",
    HelpNoLabel = "help-no-label",
    HelpLanguage = "help-language",
    HelpPause = "help-pause",
    HelpF10 = "help-f10",
    HelpPages = "help-pages",
    HelpThis = "help-this",
    HelpPerson = "help-person",
    NoticeStray = "notice-stray",
    NoticeEarly = "notice-early",
    NoticeBadge = "notice-badge",
    NoticeLength = "notice-length",
    NoticeCharacter = "notice-character",
    NoticeCheck = "notice-check",
    NoticeDeclined = "notice-declined",
    NoticeWorking = "notice-working",
    NoticeLooking = "notice-looking",
    NoticeIdle = "notice-idle",
    NoticeChanged = "notice-changed",
    NoticeSecret = "notice-secret",
    NoticeUnkept = "notice-unkept",
}

const DANISH: &str = include_str!("da.ftl");
const ENGLISH: &str = include_str!("en.ftl");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle("da", DANISH), bundle("en", ENGLISH)]);

/// What is wrong in a file is left out of it; a test sees that nothing is.
fn bundle(language: &str, text: &str) -> FluentBundle<FluentResource> {
    let resource =
        FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse().unwrap_or_default()]);
    // Marks around values are for languages that run both ways; a console shows them as boxes.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

fn bundle_of(language: Language) -> &'static FluentBundle<FluentResource> {
    let [danish, english] = &*BUNDLES;
    match language {
        Language::Danish => danish,
        Language::English => english,
    }
}

/// A value in a text.
pub(super) type Value<'a> = (&'static str, FluentValue<'a>);

/// The text with its values.
pub(super) fn say(language: Language, text: T, values: &[Value<'_>]) -> String {
    let bundle = bundle_of(language);
    let arguments: FluentArgs<'_> = values.iter().cloned().collect();
    let pattern = bundle.get_message(text.key()).and_then(|message| message.value());
    // The key is better than nothing; a test sees that it never comes to that.
    pattern.map_or_else(
        || text.key().to_owned(),
        |pattern| bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// The keys of a file, each with the variables in its text.
    fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::<String, BTreeSet<String>>::new();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if let Some((name, _)) = line.split_once(" = ")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                name.clone_into(&mut key);
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} twice");
            }
            let names = line.split('$').skip(1).map(|rest| {
                rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect::<String>()
            });
            found.get_mut(&key).unwrap().extend(names);
        }
        found
    }

    #[test]
    fn every_text_is_in_both_files_with_the_same_values() {
        let keys: BTreeSet<String> = T::ALL.iter().map(|(text, _)| text.key().to_owned()).collect();
        let (danish, english) = (messages(DANISH), messages(ENGLISH));
        assert_eq!(danish.keys().cloned().collect::<BTreeSet<_>>(), keys);
        assert_eq!(danish, english);
        for text in [DANISH, ENGLISH] {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
        for (text, _) in T::ALL {
            for language in Language::ALL {
                let bundle = bundle_of(language);
                assert!(bundle.get_message(text.key()).unwrap().value().is_some(), "{text:?}");
            }
        }
    }

    #[test]
    fn every_text_is_used() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
        let mut code = String::new();
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    code.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let used: BTreeSet<&str> = code
            .split("T::")
            .skip(1)
            .map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                &rest[..end]
            })
            .collect();
        let unused: Vec<_> =
            T::ALL.iter().filter(|(_, name)| !used.contains(name)).map(|(_, n)| n).collect();
        assert_eq!(unused, Vec::<&&str>::new());
    }

    #[test]
    fn the_texts_are_calm_and_plain() {
        for text in [DANISH, ENGLISH] {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                // The live image's font has all of Latin-1, and of the rest only some.
                assert!(line.chars().all(|c| c <= '\u{ff}'), "{line}");
                assert!(!line.contains(['!', '\u{2068}', '\u{2069}']), "{line}");
            }
        }
        let yes = |n: u32| say(Language::Danish, T::PlanYes, &[("n", n.into())]);
        assert_eq!((yes(1).as_str(), yes(2).as_str()), ("Ja, slet 1 disk", "Ja, slet 2 diske"));
        let yes = |n: u32| say(Language::English, T::PlanYes, &[("n", n.into())]);
        assert_eq!(
            (yes(1).as_str(), yes(2).as_str()),
            ("Yes, erase 1 drive", "Yes, erase 2 drives")
        );
    }
}
