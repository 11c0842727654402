//! Which computer this is, and what its clocks say.

use super::system::System;
use crate::model::{Clock, Computer};

/// What board makers leave in place of a name or number.
const FILLERS: [&str; 14] = [
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "system serial number",
    "system product name",
    "system manufacturer",
    "system version",
    "not specified",
    "not applicable",
    "not available",
    "o.e.m.",
    "none",
    "invalid",
    "unknown",
];

/// The computer, from DMI and, when live, the running system. What is absent is `None`.
#[must_use]
pub fn computer(system: &System) -> Computer {
    let dmi = |file: &str| {
        let value = system.firmware_text(format!("sys/class/dmi/id/{file}"))?;
        (!is_filler(&value)).then_some(value)
    };
    let (cpu, memory_bytes) = if system.is_live() { running() } else { (None, None) };
    Computer {
        manufacturer: dmi("sys_vendor"),
        model: dmi("product_name"),
        serial_number: dmi("product_serial"),
        system_uuid: dmi("product_uuid"),
        cpu,
        memory_bytes,
    }
}

fn is_filler(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let mut symbols = lower.chars().filter(char::is_ascii_alphanumeric);
    let first = symbols.next();
    FILLERS.contains(&lower.as_str()) || symbols.all(|c| Some(c) == first)
}

/// Processor and memory of the running system.
fn running() -> (Option<String>, Option<u64>) {
    use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind};
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let Ok(running) = sysinfo::System::new_with_specifics(wanted) else { return (None, None) };
    let brand = running.cpus().first().and_then(|cpu| crate::model::clean(cpu.brand().as_bytes()));
    (brand, Some(running.total_memory()).filter(|bytes| *bytes > 0))
}

/// The kernel's name for this boot.
#[must_use]
pub fn boot_id(system: &System) -> Option<String> {
    system.text("proc/sys/kernel/random/boot_id")
}

/// What the clocks say, when the system clock says `now_unix`.
#[must_use]
pub fn clock_facts(system: &System, now_unix: i64) -> Clock {
    let rtc: Option<i64> = system.number("sys/class/rtc/rtc0/since_epoch");
    Clock {
        source: "system clock".to_owned(),
        rtc_minus_system_seconds: rtc.map(|rtc| rtc.saturating_sub(now_unix)),
        confirmed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_are_not_names() {
        for filler in ["To be filled by O.E.M.", "Default string", "00000000", "....", "xxxxxxxx"] {
            assert!(is_filler(filler), "{filler}");
        }
        assert!(is_filler("00000000-0000-0000-0000-000000000000"));
        assert!(!is_filler("PF1ABCDE") && !is_filler("LENOVO"));
    }
}
