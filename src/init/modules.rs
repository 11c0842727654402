//! Which kernel modules this computer needs, and in which order: from the files that depmod wrote
//! (modules.dep(5), modules.alias, modules.softdep) and the names that devices give themselves.

use std::collections::{BTreeMap, BTreeSet};

/// Modules that no device asks for by its name, and that are needed all the same.
pub(super) const BY_NAME: [&str; 7] =
    ["sd_mod", "sg", "mmc_block", "vfat", "nls_cp437", "nls_ascii", "efivarfs"];

/// Parameters that are always given: libata passes on the commands of TCG storage only with the
/// first, and with the second it does not send drives what the firmware's ACPI tables ask it to,
/// which locks and freezes them.
const ALWAYS: [(&str, &str); 1] = [("libata", "allow_tpm=1 noacpi=1")];

/// What depmod wrote, read.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// Each module's file, below the folder of modules.dep, and those that it needs.
    files: BTreeMap<String, (String, Vec<String>)>,
    /// What should be loaded before and after a module, where it is there.
    soft: BTreeMap<String, (Vec<String>, Vec<String>)>,
    /// Patterns of device names with their modules, by what stands before the first colon.
    aliases: BTreeMap<String, Vec<(String, String)>>,
}

impl Modules {
    /// From the texts of modules.dep, modules.softdep and modules.alias. Lines of another form are
    /// passed over.
    pub(super) fn parse(dep: &str, softdep: &str, alias: &str) -> Self {
        let mut modules = Self::default();
        for (file, needs) in dep.lines().filter_map(|line| line.split_once(':')) {
            let needs = needs.split_whitespace().map(name).collect();
            modules.files.insert(name(file), (file.to_owned(), needs));
        }
        for line in softdep.lines() {
            let mut words = line.split_whitespace();
            let (Some("softdep"), Some(module)) = (words.next(), words.next()) else { continue };
            let (before, after) = modules.soft.entry(name(module)).or_default();
            let mut list = None;
            for word in words {
                match word {
                    "pre:" => list = Some(&mut *before),
                    "post:" => list = Some(&mut *after),
                    module => list.iter_mut().for_each(|list| list.push(name(module))),
                }
            }
        }
        for line in alias.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let ["alias", pattern, module] = *words.as_slice() {
                let entry = modules.aliases.entry(kind(pattern)).or_default();
                entry.push((pattern.to_owned(), name(module)));
            }
        }
        modules
    }

    /// The modules that drive a device of this name (its `modalias`).
    pub(super) fn of<'a>(&'a self, modalias: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.aliases.get(&kind(modalias)).map(Vec::as_slice).unwrap_or_default();
        let fits =
            |(pattern, _): &&(String, String)| matches(pattern.as_bytes(), modalias.as_bytes());
        all.iter().filter(fits).map(|(_, module)| module.as_str())
    }

    /// A module and what has to be loaded with it, in the order in which to load; nothing if there
    /// is no such module, as when it is part of the kernel.
    pub(super) fn order(&self, module: &str) -> Vec<&str> {
        let (mut met, mut order) = (BTreeSet::new(), Vec::new());
        self.visit(module, &mut met, &mut order);
        order
    }

    fn visit<'a>(&'a self, module: &str, met: &mut BTreeSet<&'a str>, order: &mut Vec<&'a str>) {
        let Some((module, (_, needs))) = self.files.get_key_value(module) else { return };
        if !met.insert(module) {
            return;
        }
        let (before, after) = self.soft.get(module).map_or((&[][..], &[][..]), |(b, a)| (b, a));
        needs.iter().chain(before).for_each(|needed| self.visit(needed, met, order));
        order.push(module);
        after.iter().for_each(|needed| self.visit(needed, met, order));
    }

    /// A module's file, below the folder of modules.dep.
    pub(super) fn file(&self, module: &str) -> Option<&str> {
        self.files.get(module).map(|(file, _)| file.as_str())
    }
}

/// The parameters of a module: ours, then those of the kernel's command line, of which the last
/// counts. The kernel itself gives them to what is compiled into it, and to no module.
pub(super) fn parameters(module: &str, command_line: &str) -> String {
    let ours = ALWAYS.iter().filter(|(of, _)| *of == module).map(|(_, text)| (*text).to_owned());
    let theirs = words(command_line).into_iter().filter_map(|word| {
        let (of, parameter) = word.split_once('.')?;
        (!of.contains('=') && name(of) == module).then(|| parameter.to_owned())
    });
    ours.chain(theirs).collect::<Vec<_>>().join(" ")
}

/// The words of a command line; between quotation marks a space is no end of one.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(word) if quoted || !c.is_whitespace() => word.push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A module's name, of its file or as somebody wrote it: `-` and `_` are the same in it.
fn name(file: &str) -> String {
    let last = file.rsplit('/').next().unwrap_or(file);
    last.split(".ko").next().unwrap_or(last).replace('-', "_")
}

fn kind(alias: &str) -> String {
    alias.split(':').next().unwrap_or(alias).to_owned()
}

/// Whether a pattern of modules.alias (`*`, `?`, `[1-9a]`) fits a device's name.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len())
            .any(|skipped| text.get(skipped..).is_some_and(|text| matches(rest, text))),
        ([b'[', set @ ..], [c, text @ ..]) => {
            let mut halves = set.splitn(2, |byte| *byte == b']');
            let (set, rest) = (halves.next().unwrap_or_default(), halves.next());
            rest.is_some_and(|rest| within(set, *c) && matches(rest, text))
        }
        ([b'?', pattern @ ..], [_, text @ ..]) => matches(pattern, text),
        ([p, pattern @ ..], [c, text @ ..]) => same(*p, *c) && matches(pattern, text),
        _ => false,
    }
}

fn within(set: &[u8], c: u8) -> bool {
    match set {
        [first, b'-', last, rest @ ..] => (*first..=*last).contains(&c) || within(rest, c),
        [one, rest @ ..] => *one == c || within(rest, c),
        [] => false,
    }
}

/// `-` and `_` are the same in names of devices too.
fn same(a: u8, b: u8) -> bool {
    let plain = |c| if c == b'-' { b'_' } else { c };
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> Modules {
        Modules::parse(
            "kernel/drivers/ata/ahci.ko.xz: kernel/drivers/ata/libahci.ko.xz kernel/drivers/ata/libata.ko.xz\n\
             kernel/drivers/ata/libahci.ko.xz: kernel/drivers/ata/libata.ko.xz\n\
             kernel/drivers/ata/libata.ko.xz: kernel/drivers/scsi/scsi_mod.ko.xz\n\
             kernel/drivers/scsi/scsi_mod.ko.xz:\n\
             kernel/drivers/usb/uas.ko.xz: kernel/drivers/usb/usb-storage.ko.xz\n\
             kernel/drivers/usb/usb-storage.ko.xz: kernel/drivers/scsi/scsi_mod.ko.xz\n\
             kernel/lib/one.ko: \n\
             kernel/lib/two.ko: \n",
            "# Soft dependencies extracted from modules themselves.\n\
             softdep one pre: two crc32c post: usb-storage\n\
             softdep two pre: one\n",
            "alias pci:v*d*sv*sd*bc01sc06i01* ahci\n\
             alias pci:v00001B36d00000010sv* nvme\n\
             alias usb:v*p*d*dc*dsc*dp*ic08isc06ip50in* usb-storage\n\
             alias usb:v*p*d*dc*dsc*dp*ic08isc06ip62in* uas\n\
             alias usb:v0421p0019d059[2-9]dc* usb_storage\n\
             alias scsi:t-0x00* sd_mod\n\
             alias two one\n",
        )
    }

    #[test]
    fn what_a_module_needs_comes_first() {
        let modules = modules();
        assert_eq!(modules.order("ahci"), ["scsi_mod", "libata", "libahci", "ahci"]);
        assert_eq!(modules.order("uas"), ["scsi_mod", "usb_storage", "uas"]);
        assert_eq!(modules.file("usb_storage"), Some("kernel/drivers/usb/usb-storage.ko.xz"));
    }

    #[test]
    fn wishes_of_order_that_contradict_each_other_end() {
        // `crc32c` is no module here, which is no reason to leave out the others.
        assert_eq!(modules().order("one"), ["two", "one", "scsi_mod", "usb_storage"]);
        assert_eq!(modules().order("two"), ["one", "scsi_mod", "usb_storage", "two"]);
        assert!(modules().order("crc32c").is_empty());
    }

    #[test]
    fn a_device_finds_its_modules() {
        let modules = modules();
        let of = |alias| modules.of(alias).collect::<Vec<_>>();
        assert_eq!(of("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01"), ["ahci"]);
        assert_eq!(of("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i00"), [""; 0]);
        assert_eq!(of("usb:v46F4p0001d0000dc00dsc00dp00ic08isc06ip50in00"), ["usb_storage"]);
        assert_eq!(of("usb:v0421p0019d0593dc00dsc00dp00ic08isc06ip50in00").len(), 2);
        assert_eq!(of("usb:v0421p0019d0591dc00dsc00dp00ic09isc06ip50in00"), [""; 0]);
        assert_eq!(of("scsi:t-0x00"), ["sd_mod"]);
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "ac", false),
            ("a[0-9A-Fx]c", "aBc", true),
            ("a[0-9A-Fx]c", "axc", true),
            ("a[0-9A-Fx]c", "aGc", false),
            ("a[b", "ab", false),
            ("a-b", "a_b", true),
            ("acpi*:PNP0303:*", "acpi:PNP0303:PNP030B:", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_command_line_has_the_last_word() {
        let line =
            "quiet root=a.b=c usb-storage.quirks=\"1:2:u 3:4:u\" libata.force=1:noncq nvme.x\n";
        assert_eq!(parameters("libata", line), "allow_tpm=1 noacpi=1 force=1:noncq");
        assert_eq!(parameters("usb_storage", line), "quirks=\"1:2:u 3:4:u\"");
        assert_eq!(parameters("nvme", line), "x");
        assert_eq!(parameters("root=a", line), "");
        assert_eq!(parameters("ahci", line), "");
    }
}
