//! Whether a signed job is for this computer, and the consent that it is then. Pure.

use ed25519_dalek::VerifyingKey;
use serde_json::Value;

use super::contents::File;
use crate::cert::job::Job;
use crate::cert::{Rejection, Unauthorized, profile};
use crate::model::{Bus, DriveFacts, Inventory, Medium, RefusalCode, Timestamp};
use crate::plan::{Consent, Plan, Policy};

/// The one job on the stick, if it is valid: signed by this root key, and not expired.
///
/// # Errors
/// One sentence: there is none, more than one, or what is wrong with it.
pub fn only_job(files: &[File], root: &VerifyingKey, now: Timestamp) -> Result<Job, String> {
    let file = match files {
        [] => return Err("There is no job (*.job.json) in the folder \"jobs\"; make one with \"nulstil job sign\".".to_owned()),
        [one] => one,
        _ => {
            return Err(format!(
                "There are {} jobs in the folder \"jobs\"; leave the one that is meant.",
                files.len()
            ));
        }
    };
    profile::parse(&file.bytes)
        .map_err(Rejection::from)
        .and_then(|document| Job::verify(&document, root, now))
        .map_err(|error| format!("The job {} does not count: {}.", file.name, why_not(&error)))
}

fn why_not(error: &Rejection) -> String {
    match error {
        Rejection::NotAuthorized(Unauthorized::OtherRoot { .. }) => {
            "it is signed by another root key than the one that authorized this station".to_owned()
        }
        Rejection::NotAuthorized(Unauthorized::Expired) => {
            "it has expired; sign a new one with \"nulstil job sign\"".to_owned()
        }
        Rejection::NotAuthorized(Unauthorized::NotYetValid) => {
            "it is not yet valid; look whether the computer's clock is right".to_owned()
        }
        other => other.to_string(),
    }
}

/// Rules as a job has them: the names of a signed document's members have no `_`, so that
/// `after_purge` is `afterPurge` there.
#[must_use]
pub fn written(policy: &Policy) -> Value {
    let policy = serde_json::to_value(policy).unwrap_or_default();
    renamed(&policy, |name| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |all, word| {
            let (head, tail) = word.split_at_checked(1).unwrap_or_default();
            all + &head.to_uppercase() + tail
        })
    })
}

/// The rules in a job.
///
/// # Errors
/// One sentence: they are of a newer version.
fn policy(job: &Job) -> Result<Policy, String> {
    let policy = renamed(&job.policy, |name| {
        let lower = |c: char| match c.is_ascii_uppercase() {
            true => format!("_{}", c.to_ascii_lowercase()),
            false => c.to_string(),
        };
        name.chars().map(lower).collect()
    });
    serde_json::from_value(policy)
        .map_err(|error| format!("The job's policy is not understood: {error}."))
}

fn renamed(object: &Value, name: impl Fn(&str) -> String) -> Value {
    let members = object.as_object().into_iter().flatten();
    members.map(|(key, value)| (name(key), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Whether a drive belongs to somebody else than this computer: a stick of ours, a slot for cards with
/// nothing in it, or a loop device.
/// A drive inside of it that pretends to be a stick is one of its drives.
#[must_use]
pub fn is_guest(drive: &DriveFacts) -> bool {
    let code = drive.refusal.as_ref().map(|refusal| refusal.code);
    let ours = matches!(code, Some(RefusalCode::BootMedium | RefusalCode::HoldsOutput));
    let slot = code == Some(RefusalCode::EmptySlot);
    (drive.identity.is_pluggable() && (ours || slot)) || drive.identity.bus == Bus::Loop
}

/// The paths of the drives of this computer that a job is about, and its rules. One that must not be
/// erased counts as well: the plan then says why not, and nothing is erased.
///
/// # Errors
/// One sentence: there are more or fewer of them, or the rules are not understood.
pub fn wanted(job: &Job, inventory: &Inventory) -> Result<(Vec<String>, Policy), String> {
    let policy = policy(job)?;
    let found: Vec<String> = (inventory.drives.iter())
        .filter(|drive| !is_guest(drive) && is_about(job, drive))
        .map(|drive| drive.path.clone())
        .collect();
    if found.len() as u64 != job.count {
        return Err(format!(
            "The job is for a computer with {} such drives, and this one has {}: nothing was erased.",
            job.count,
            found.len()
        ));
    }
    Ok((found, policy))
}

/// What is plugged in may be anybody's, so that a job is about it only if it says so.
fn is_about(job: &Job, drive: &DriveFacts) -> bool {
    let identity = &drive.identity;
    let is_named = identity.serial_number.as_ref().is_some_and(|s| job.serial_numbers.contains(s));
    let by_bus = match job.buses.is_empty() {
        true => !identity.is_pluggable() || is_named,
        // A bus of cards is that of soldered ones.
        false => {
            let is_card = identity.medium == Medium::SdCard;
            job.buses.contains(&identity.bus) && (!is_card || is_named)
        }
    };
    by_bus && (job.serial_numbers.is_empty() || is_named)
}

/// The consent that a job is to a plan: of as many drives, each of which it is about, by its rules.
///
/// # Errors
/// One sentence: the plan is another one than the job is for.
pub fn consent(job: &Job, plan: &Plan) -> Result<Consent, String> {
    let drives = plan.drives();
    let fits = drives.len() as u64 == job.count
        && drives.iter().all(|drive| !is_guest(&drive.facts) && is_about(job, &drive.facts))
        && *plan.policy() == policy(job)?;
    match plan.digest() {
        Some(digest) if fits => Ok(Consent::ahead(&digest)),
        _ => {
            Err("The plan for this computer is not what the job is for: nothing was erased."
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use serde_json::json;

    use super::*;
    use crate::model::{Capabilities, HiddenDrives, Method, Refusal, test_identity};
    use crate::plan::{ArmedPlan, Found, Request};
    use crate::technique::{Firmware, Health};

    const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

    fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32])
    }

    fn job() -> Job {
        Job {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000009".into(),
            issuer_name: "Recycler".into(),
            valid_from: NOW,
            valid_until: NOW.plus(86_400),
            policy: written(&Policy::default()),
            count: 2,
            buses: Vec::new(),
            serial_numbers: Vec::new(),
        }
    }

    fn drive(path: &str, bus: Bus, refusal: Option<RefusalCode>) -> DriveFacts {
        let mut identity = test_identity();
        identity.serial_number = Some(format!("NR{path}"));
        identity.bus = bus;
        DriveFacts {
            path: path.into(),
            identity,
            capabilities: Capabilities::default(),
            refusal: refusal.map(|code| Refusal::new(code, "no")),
        }
    }

    fn machine() -> Inventory {
        let drives = vec![
            drive("/dev/loop0", Bus::Loop, Some(RefusalCode::Virtual)),
            drive("/dev/nvme0n1", Bus::Nvme, None),
            drive("/dev/sda", Bus::Sata, None),
            drive("/dev/sdb", Bus::Usb, Some(RefusalCode::BootMedium)),
            drive("/dev/sdc", Bus::Usb, Some(RefusalCode::HoldsOutput)),
        ];
        Inventory { drives, hidden_drives: HiddenDrives { possible: false, reasons: Vec::new() } }
    }

    fn plan(inventory: &Inventory, paths: &[String], policy: Policy) -> Plan {
        let named = (inventory.drives.iter())
            .filter(|facts| paths.contains(&facts.path))
            .map(|facts| {
                let firmware = Firmware::Silent(String::new());
                (
                    facts.path.clone(),
                    Ok(Found { facts: facts.clone(), firmware, health: Health::Unknown }),
                )
            })
            .collect();
        Plan::new(&Request::default(), policy, named)
    }

    fn file(job: &Job, root: u8) -> File {
        let bytes = profile::pretty(&job.sign(&key(root), NOW).unwrap()).unwrap();
        File { name: "a.job.json".into(), bytes }
    }

    #[test]
    fn only_one_valid_job_of_the_root_counts() {
        let root = key(1).verifying_key();
        let good = file(&job(), 1);
        assert_eq!(only_job(std::slice::from_ref(&good), &root, NOW), Ok(job()));
        let mut forged = good.clone();
        let at = forged.bytes.windows(9).position(|w| w == b"\"count\": ").unwrap() + 9;
        forged.bytes[at] = b'3';
        let cut = File { bytes: good.bytes[..40].to_vec(), ..good.clone() };
        let cases = [
            (vec![], NOW, "There is no job"),
            (vec![good.clone(), good.clone()], NOW, "2 jobs"),
            (vec![good.clone()], NOW.plus(86_400), "expired"),
            (vec![good], NOW.plus(-1), "not yet"),
            (vec![file(&job(), 2)], NOW, "another root"),
            (vec![forged], NOW, "signature"),
            (vec![cut], NOW, "does not count"),
        ];
        for (files, now, word) in cases {
            let error = only_job(&files, &root, now).unwrap_err();
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn the_rules_are_those_that_were_written() {
        let rules = Policy {
            method: Some(Method::Purge),
            passes: "random".parse().ok(),
            after_purge: crate::plan::AfterPurge::Nothing,
            trouble_minutes: 3,
            ..Policy::default()
        };
        assert_eq!(policy(&Job { policy: written(&rules), ..job() }), Ok(rules.clone()));
        assert_eq!(written(&rules)["afterPurge"], "nothing");
    }

    #[test]
    fn the_count_is_exact_and_the_filter_is_narrow() {
        let found = |job: Job| wanted(&job, &machine()).map(|(paths, _)| paths.join(" "));
        assert_eq!(found(job()).unwrap(), "/dev/nvme0n1 /dev/sda");
        for count in [1, 3, 4] {
            let error = found(Job { count, ..job() }).unwrap_err();
            assert!(error.contains("has 2: nothing was erased"), "{error}");
        }
        let nvme = Job { buses: vec![Bus::Nvme], count: 1, ..job() };
        assert_eq!(found(nvme).unwrap(), "/dev/nvme0n1");
        let serial = Job { serial_numbers: vec!["NR/dev/sda".into()], count: 1, ..job() };
        assert_eq!(found(serial).unwrap(), "/dev/sda");
        // One that is plugged in from outside has to be meant.
        let mut plugged = machine();
        plugged.drives.push(drive("/dev/sdu", Bus::Usb, None));
        let found = |job: Job| wanted(&job, &plugged).map(|(paths, _)| paths.join(" "));
        assert_eq!(found(job()).unwrap(), "/dev/nvme0n1 /dev/sda");
        let usb = Job { buses: vec![Bus::Usb], count: 1, ..job() };
        let named = Job { serial_numbers: vec!["NR/dev/sdu".into()], count: 1, ..job() };
        for job in [usb, named] {
            assert_eq!(found(job).unwrap(), "/dev/sdu");
        }
        let unknown = Job { policy: json!({ "mehtod": "purge" }), ..job() };
        assert!(wanted(&unknown, &machine()).unwrap_err().contains("not understood"));
        // A drive that must not be erased is one of the computer's.
        let mut machine = machine();
        machine.drives.push(drive("/dev/sdy", Bus::Usb, Some(RefusalCode::EmptySlot)));
        machine.drives.push(drive("/dev/sdz", Bus::Sata, Some(RefusalCode::ReadOnly)));
        assert!(wanted(&job(), &machine).unwrap_err().contains("has 3"));
        // As one that pretends to be a stick.
        machine.drives.push(drive("/dev/sdx", Bus::Sata, Some(RefusalCode::HoldsOutput)));
        assert!(wanted(&job(), &machine).unwrap_err().contains("has 4"));
        // And one that is broken and shows no size.
        machine.drives.push(drive("/dev/sdw", Bus::Sata, Some(RefusalCode::NoMedium)));
        assert!(wanted(&job(), &machine).unwrap_err().contains("has 5"));
    }

    #[test]
    fn it_is_consent_to_the_plan_that_it_says_and_to_no_other() {
        let machine = machine();
        let (paths, policy) = wanted(&job(), &machine).unwrap();
        let good = plan(&machine, &paths, policy.clone());
        assert!(ArmedPlan::new(&good, consent(&job(), &good).unwrap()).is_ok());
        let purge = Policy { method: Some(Method::Purge), ..policy.clone() };
        let minutes = Policy { trouble_minutes: 3, ..policy.clone() };
        let others = [
            plan(&machine, &paths[..1], policy.clone()),
            plan(&machine, &paths, purge),
            plan(&machine, &paths, minutes),
            plan(&machine, &["/dev/nvme0n1".into(), "/dev/sdb".into()], policy),
        ];
        for other in &others {
            assert!(consent(&job(), other).is_err(), "{other:?}");
        }
        let narrow = Job { buses: vec![Bus::Nvme], ..job() };
        assert!(consent(&narrow, &good).is_err());
    }
}
