//! Loads the drivers of what is plugged in, until nothing new turns up, and of what comes later.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};

use super::log;
use super::modules::{BY_NAME, Modules, parameters};
use super::uevents::Uevents;

/// MODULE_INIT_COMPRESSED_FILE of <linux/module.h>: the kernel unpacks the file itself, whose
/// signature is over what is in it.
const COMPRESSED: u32 = 4;

/// The most rounds until a system counts as quiet: a device that comes and goes all the time is no
/// reason never to begin. What comes later is loaded then.
const ROUNDS: usize = 30;

/// Drivers for devices.
#[derive(Debug)]
pub(super) struct Coldplug {
    /// Where the modules of the running kernel lie.
    folder: PathBuf,
    modules: Modules,
    command_line: String,
    /// Nothing if the kernel does not say when something is plugged in.
    uevents: Option<Uevents>,
    /// Names of devices that were looked up.
    seen: BTreeSet<String>,
    /// Modules that were loaded, or that nothing can load.
    tried: BTreeSet<String>,
}

impl Coldplug {
    /// For the running kernel.
    pub(super) fn new() -> Self {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let folder = Path::new("/lib/modules").join(release.trim());
        let text = |name: &str| {
            fs::read_to_string(folder.join(name)).unwrap_or_else(|error| {
                log(&format!("{name} of this kernel cannot be read: {error}"));
                String::new()
            })
        };
        let modules =
            Modules::parse(&text("modules.dep"), &text("modules.softdep"), &text("modules.alias"));
        let uevents = Uevents::open()
            .inspect_err(|error| log(&format!("what is plugged in later is not noticed: {error}")))
            .ok();
        let command_line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
        let (seen, tried) = (BTreeSet::new(), BTreeSet::new());
        Self { folder, modules, command_line, uevents, seen, tried }
    }

    /// Loads what is needed until no message came for as long as `quiet`.
    pub(super) fn settle(&mut self, quiet: Duration) {
        BY_NAME.iter().for_each(|module| self.load(module));
        for _ in 0..ROUNDS {
            self.plug();
            if !self.heard(quiet) {
                return;
            }
        }
    }

    /// Waits for something to be plugged in, at most `time`, and loads its drivers.
    pub(super) fn wait(&mut self, time: Duration) {
        if self.heard(time) {
            self.plug();
        }
    }

    fn heard(&self, time: Duration) -> bool {
        match &self.uevents {
            Some(uevents) => uevents.wait(time),
            None => {
                std::thread::sleep(time);
                false
            }
        }
    }

    fn plug(&mut self) {
        for name in collect(Path::new("/sys/bus")) {
            if !self.seen.contains(&name) {
                let wanted: Vec<_> = self.modules.of(&name).map(str::to_owned).collect();
                wanted.iter().for_each(|module| self.load(module));
                self.seen.insert(name);
            }
        }
    }

    /// Loads a module with all that it needs.
    fn load(&mut self, module: &str) {
        for module in self.modules.order(module) {
            if self.tried.insert(module.to_owned())
                && let Some(file) = self.modules.file(module)
                && let Err(error) =
                    insert(&self.folder.join(file), &parameters(module, &self.command_line))
            {
                log(&format!("{module} was not loaded: {error}"));
            }
        }
    }
}

/// Hands a module to the kernel. One that is there, or whose device is not, is no error.
fn insert(file: &Path, parameters: &str) -> io::Result<()> {
    let flags = match file.extension() {
        Some(ending) if ending == "ko" => ModuleInitFlags::empty(),
        _ => ModuleInitFlags::from_bits_retain(COMPRESSED),
    };
    match finit_module(File::open(file)?, &CString::new(parameters)?, flags) {
        Ok(()) | Err(Errno::EEXIST | Errno::ENODEV) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The names that devices give themselves, below a folder like /sys/bus: BUS/devices/DEVICE/modalias.
/// All of /sys/devices has the same names, between a hundred times as many files.
fn collect(buses: &Path) -> BTreeSet<String> {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let devices = below(buses.to_owned()).flat_map(|bus| below(bus.path().join("devices")));
    let names =
        devices.filter_map(|device| fs::read_to_string(device.path().join("modalias")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_of_each_bus_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let device = |bus: &str, name: &str, modalias: &str| {
            let real = dir.path().join("devices").join(name);
            fs::create_dir_all(&real).unwrap();
            fs::write(real.join("modalias"), modalias).unwrap();
            let devices = dir.path().join("bus").join(bus).join("devices");
            fs::create_dir_all(&devices).unwrap();
            std::os::unix::fs::symlink(real, devices.join(name)).unwrap();
        };
        device("pci", "0000:00:01.0", "pci:a\n");
        device("usb", "1-1:1.0", "usb:b\n");
        device("usb", "1-2:1.0", "usb:b\n");
        // A bus without devices, and a device without a name.
        fs::create_dir_all(dir.path().join("bus/none/devices")).unwrap();
        fs::create_dir_all(dir.path().join("bus/pci/devices/pcie001")).unwrap();
        let names = collect(&dir.path().join("bus"));
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["pci:a", "usb:b"]);
    }
}
