//! Sleep from which the computer wakes by itself, because a drive that loses its power forgets that
//! it was frozen.
//!
//! | file below `/sys` | what is done with it |
//! | --- | --- |
//! | `power/state` | lists `mem` where the computer can suspend; writing it does, and returns when it is awake again |
//! | `power/mem_sleep` | what `mem` means: `deep` is suspend-to-RAM, in which drives lose their power; with `s2idle` they may keep it. The one in brackets is chosen; writing chooses |
//! | `class/rtc/rtcN/wakealarm` | `0` takes an alarm away, `+N` sets one in N seconds, and reads give its time in seconds since 1970; empty without one |
//! | `class/rtc/rtcN/since_epoch` | that clock's time, in the same count |
//!
//! From the kernel's `Documentation/admin-guide/pm/sleep-states.rst` and
//! `Documentation/ABI/testing/sysfs-class-rtc`; checked against `drivers/rtc/sysfs.c` and
//! `kernel/power/main.c`.

use std::fs;
use std::io;
use std::time::Duration;

use super::system::System;

/// Says that the computer slept since it was started; on a tmpfs, so that it is gone afterwards.
const MARKER: &str = "run/nulstil-slept";

/// What sleep there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleep {
    /// Suspend-to-RAM: drives lose their power.
    Deep,
    /// Suspend-to-idle: drives may keep their power.
    Idle,
}

/// What sleep this computer has that it wakes from by itself.
///
/// # Errors
/// There is none: why, as a part of a sentence.
pub fn sleep_kind(system: &System) -> Result<Sleep, &'static str> {
    if clock(system).is_none() {
        return Err("has no clock that can wake it up");
    }
    let lists = |file: &str, word: &str| {
        let text = system.text(file).unwrap_or_default();
        text.split_whitespace().any(|found| found.trim_matches(['[', ']']) == word)
    };
    if !lists("sys/power/state", "mem") {
        return Err("cannot suspend to RAM");
    }
    // Kernels without the file have nothing else that `mem` could mean.
    let deep = lists("sys/power/mem_sleep", "deep") || !system.exists("sys/power/mem_sleep");
    Ok(if deep { Sleep::Deep } else { Sleep::Idle })
}

/// Whether the computer was put to sleep by [`sleep`] since it was started.
#[must_use]
pub fn slept(system: &System) -> bool {
    system.exists(MARKER)
}

/// Puts the computer to sleep for this long. Returns when it is awake again.
///
/// # Errors
/// It did not sleep: why, as a part of a sentence.
pub fn sleep(system: &System, kind: Sleep, time: Duration) -> Result<(), String> {
    nix::unistd::sync();
    let write = |path: &str, text: &str| fs::write(system.at(path), text);
    fall_asleep(system, kind, time, &write)
}

/// The first clock that has an alarm.
fn clock(system: &System) -> Option<String> {
    let clocks = system.list("sys/class/rtc").unwrap_or_default();
    let clocks = clocks.into_iter().map(|name| format!("sys/class/rtc/{name}"));
    clocks.into_iter().find(|clock| system.exists(format!("{clock}/wakealarm")))
}

fn fall_asleep(
    system: &System,
    kind: Sleep,
    time: Duration,
    write: &dyn Fn(&str, &str) -> io::Result<()>,
) -> Result<(), String> {
    let clock = clock(system).ok_or("has no clock that can wake it up")?;
    let alarm = format!("{clock}/wakealarm");
    let failed = |what: &'static str| move |error: io::Error| format!("{what} ({error})");
    // An alarm that is set already cannot be set.
    write(&alarm, "0").map_err(failed("does not let its alarm be changed"))?;
    let seconds = time.as_secs();
    write(&alarm, &format!("+{seconds}")).map_err(failed("does not let its alarm be set"))?;
    // Nobody sleeps without knowing that he is woken.
    let wakes: Option<u64> = system.number(&alarm);
    let now: Option<u64> = system.number(format!("{clock}/since_epoch"));
    let ahead = wakes.zip(now).and_then(|(wakes, now)| wakes.checked_sub(now));
    if !ahead.is_some_and(|ahead| (1..=seconds.saturating_add(1)).contains(&ahead)) {
        let _ = write(&alarm, "0");
        return Err("did not take the alarm that would wake it up".to_owned());
    }
    let asleep = || {
        if kind == Sleep::Deep && system.exists("sys/power/mem_sleep") {
            write("sys/power/mem_sleep", "deep").map_err(failed("cannot be set to deep sleep"))?;
        }
        write(MARKER, "").map_err(failed("has no place to note that it slept"))?;
        write("sys/power/state", "mem").map_err(failed("did not fall asleep"))
    };
    let result = asleep();
    let _ = write(&alarm, "0");
    result
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A tree with these files, and what was written in which order.
    struct Machine {
        dir: tempfile::TempDir,
        wrote: RefCell<Vec<(String, String)>>,
        /// What the clock makes of an alarm in 20 seconds.
        alarm: &'static str,
        fails: Option<&'static str>,
    }

    fn machine(files: &[(&str, &str)]) -> Machine {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir_all(dir.path().join("run")).unwrap();
        Machine { dir, wrote: RefCell::default(), alarm: "1020\n", fails: None }
    }

    const LAPTOP: [(&str, &str); 5] = [
        ("sys/power/state", "freeze mem disk\n"),
        ("sys/power/mem_sleep", "[s2idle] deep\n"),
        ("sys/class/rtc/rtc0/since_epoch", "1000\n"),
        ("sys/class/rtc/rtc0/name", "rtc_cmos\n"),
        ("sys/class/rtc/rtc0/wakealarm", "\n"),
    ];

    impl Machine {
        fn system(&self) -> System {
            System::recorded(self.dir.path())
        }

        fn sleeps(&self, kind: Sleep) -> Result<(), String> {
            let system = self.system();
            let write = |path: &str, text: &str| {
                self.wrote.borrow_mut().push((path.to_owned(), text.to_owned()));
                if self.fails == Some(path) {
                    return Err(io::Error::other("no"));
                }
                let text = match text {
                    "+20" => self.alarm,
                    "0" => "\n",
                    text => text,
                };
                fs::write(system.at(path), text)
            };
            fall_asleep(&system, kind, Duration::from_secs(20), &write)
        }

        fn wrote(&self) -> Vec<String> {
            let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            self.wrote
                .borrow()
                .iter()
                .map(|(path, text)| format!("{} {text}", last(path)))
                .collect()
        }
    }

    #[test]
    fn in_this_order_and_the_alarm_is_taken_away_again() {
        let laptop = machine(&LAPTOP);
        assert_eq!(sleep_kind(&laptop.system()), Ok(Sleep::Deep));
        assert!(!slept(&laptop.system()));
        assert_eq!(laptop.sleeps(Sleep::Deep), Ok(()));
        assert!(slept(&laptop.system()), "a second sleep is noticed");
        let expected = [
            "wakealarm 0",
            "wakealarm +20",
            "mem_sleep deep",
            "nulstil-slept ",
            "state mem",
            "wakealarm 0",
        ];
        assert_eq!(laptop.wrote(), expected);
    }

    #[test]
    fn nobody_sleeps_without_an_alarm() {
        // None, one in the past, one at once, one too late, and none at all.
        for alarm in ["\n", "900\n", "1000\n", "1300\n", "never\n"] {
            let laptop = Machine { alarm, ..machine(&LAPTOP) };
            assert!(laptop.sleeps(Sleep::Deep).unwrap_err().contains("alarm"), "{alarm:?}");
            assert!(!laptop.wrote().contains(&"state mem".to_owned()), "{alarm:?}");
            assert_eq!(laptop.wrote().last().unwrap(), "wakealarm 0");
        }
        let laptop = machine(&LAPTOP[..2]);
        assert!(sleep_kind(&laptop.system()).unwrap_err().contains("clock"));
        assert!(laptop.sleeps(Sleep::Deep).is_err() && laptop.wrote().is_empty());
    }

    #[test]
    fn what_cannot_be_written_stops_it() {
        for fails in [
            "sys/class/rtc/rtc0/wakealarm",
            "sys/power/mem_sleep",
            "run/nulstil-slept",
            "sys/power/state",
        ] {
            let laptop = Machine { fails: Some(fails), ..machine(&LAPTOP) };
            assert!(laptop.sleeps(Sleep::Deep).is_err(), "{fails}");
            let asleep = laptop.wrote().contains(&"state mem".to_owned());
            assert_eq!(asleep, fails == "sys/power/state", "{fails}");
        }
    }

    #[test]
    fn kinds_of_sleep() {
        let with = |state: &'static str, mem_sleep: Option<&'static str>| {
            let mut files = vec![("sys/power/state", state)];
            files.extend(mem_sleep.map(|text| ("sys/power/mem_sleep", text)));
            files.extend(&LAPTOP[2..]);
            sleep_kind(&machine(&files).system())
        };
        assert_eq!(with("freeze mem\n", Some("[s2idle]\n")), Ok(Sleep::Idle));
        assert_eq!(with("freeze mem\n", Some("s2idle [deep]\n")), Ok(Sleep::Deep));
        assert_eq!(with("freeze mem\n", None), Ok(Sleep::Deep));
        assert!(with("freeze standby\n", Some("[s2idle]\n")).is_err());
        assert!(with("freeze memory\n", None).is_err());
    }
}
