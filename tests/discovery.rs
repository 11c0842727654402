//! Recorded machines: what `look` lists, what `examine` makes of a path, and why.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "what tests use may fail as tests do")]

mod machines;

use std::path::Path;

use machines::Machine;
use nulstil::model::{DriveFacts, Medium, Refusal, RefusalCode};
use nulstil::os;

/// One drive on one line: path, bus, medium, bytes, block sizes, serial, unit, refusal.
fn line(drive: &DriveFacts) -> String {
    let id = &drive.identity;
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {:?} {:?} {} {}/{} serial {} unit {}: {}",
        drive.path,
        id.bus,
        id.medium,
        id.capacity_bytes,
        id.logical_block_bytes,
        id.physical_block_bytes,
        or(&id.serial_number),
        or(&id.unit),
        drive.refusal.as_ref().map_or("free".to_owned(), |refusal| format!("{:?}", refusal.code)),
    )
}

fn lists(machine: &Machine, expected: &[&str]) {
    let found: Vec<_> = os::look(&machine.system).drives.iter().map(line).collect();
    assert_eq!(found, expected, "found:\n{}", found.join("\n"));
}

fn drive(machine: &Machine, path: &str) -> DriveFacts {
    let drives = os::look(&machine.system).drives;
    drives.into_iter().find(|drive| drive.path == path).unwrap()
}

/// The sentence that refuses a listed drive.
fn sentence(machine: &Machine, path: &str) -> String {
    drive(machine, path).refusal.unwrap().message
}

fn examine(machine: &Machine, path: &str) -> Result<DriveFacts, Refusal> {
    os::examine(&machine.system, Path::new(path))
}

fn code(machine: &Machine, path: &str) -> Option<RefusalCode> {
    drive(machine, path).refusal.map(|refusal| refusal.code)
}

#[test]
fn laptop_nvme() {
    let machine = Machine::unpack("laptop-nvme");
    lists(
        &machine,
        &[
            "/dev/nvme0n1 Nvme Ssd 512110190592 512/512 serial S4ENNX0N123456 unit nsid 1: BootMedium",
        ],
    );
    let sentence = sentence(&machine, "/dev/nvme0n1");
    assert_eq!(
        sentence,
        "/dev/nvme0n1 is what this system runs from: mounted at / (through nvme0n1p2); start \
         this computer from another medium to erase it."
    );
    let found = drive(&machine, "/dev/nvme0n1");
    assert_eq!(found.identity.wwn.as_deref(), Some("eui.0025388b91b2c3d4"));
    assert_eq!(found.identity.sources["serialNumber"], "nvme controller");
    assert_eq!(found.identity.diskseq, Some(1));
    assert!(found.capabilities.discard && found.capabilities.volatile_write_cache);
    assert!(!os::look(&machine.system).hidden_drives.possible);

    let refusal = examine(&machine, "/dev/nvme0n1p2").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Partition);
    assert_eq!(
        refusal.message,
        "/dev/nvme0n1p2 is a partition; name the whole drive /dev/nvme0n1."
    );
    assert_eq!(examine(&machine, "/dev/sda").unwrap_err().code, RefusalCode::NotFound);
    // Without its root, ESP and swap, nothing speaks against it.
    let idle = machine
        .with("proc/self/mountinfo = 25 1 0:22 / / rw - tmpfs tmpfs rw")
        .with("proc/swaps = Filename Type Size Used Priority");
    assert_eq!(code(&idle, "/dev/nvme0n1"), None);
    let swap = idle.with("proc/swaps =\n  Filename Type\n  /dev/nvme0n1p3 partition 1 0 -2");
    assert_eq!(code(&swap, "/dev/nvme0n1"), Some(RefusalCode::Swap));
}

#[test]
fn sata_ssd_luks_lvm() {
    let machine = Machine::unpack("sata-ssd-luks-lvm");
    lists(
        &machine,
        &[
            "/dev/sda Sata Ssd 512110190592 512/512 serial S3Z9NB0K123456W unit -: Mounted",
            "/dev/sdb Sata Hdd 1000204886016 512/4096 serial WD-WCC6Y4KJ1234 unit -: free",
            "/dev/sdc Sata Unknown 32017047552 512/512 serial 20091224 unit -: free",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/sda"),
        "/dev/sda is mounted at /home (through dm-2); unmount it first."
    );
    // The drive's own words are longer than the adapter's.
    let found = drive(&machine, "/dev/sda").identity;
    assert_eq!(found.model.as_deref(), Some("Samsung SSD 860 EVO 500GB"));
    assert_eq!(found.sources["model"], "vpd_pg89");
    for path in ["/dev/dm-1", "/dev/mapper/vg-root"] {
        let refusal = examine(&machine, path).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotADrive);
        let what = "is a device-mapper volume on /dev/sda, not a drive; name a whole drive.";
        assert_eq!(refusal.message, format!("{path} {what}"));
    }
    let unmounted = machine.with("proc/self/mountinfo = 25 1 0:22 / / rw - tmpfs tmpfs rw");
    assert_eq!(
        sentence(&unmounted, "/dev/sda"),
        "/dev/sda is part of the LUKS volume sda3_crypt (dm-0) (through sda3); deactivate or \
         detach that first."
    );
    let root = unmounted.with("proc/cmdline = root=/dev/mapper/vg-root ro");
    assert_eq!(code(&root, "/dev/sda"), Some(RefusalCode::BootMedium));
    let computer = os::computer(&root.system);
    assert_eq!(computer.model.as_deref(), Some("OptiPlex 7050"));
    assert_eq!((computer.serial_number, computer.system_uuid), (None, None));
}

#[test]
fn md_raid() {
    let machine = Machine::unpack("md-raid");
    lists(
        &machine,
        &[
            "/dev/sda Sas Hdd 600127266816 512/4096 serial S4D000000000K7211ABC unit -: Mounted",
            "/dev/sdb Sas Hdd 600127266816 512/4096 serial S4D000010000K7211ABC unit -: Mounted",
            "/dev/sdc Sas Hdd 600127266816 512/4096 serial S4D000020000K7211ABC unit -: Held",
            "/dev/sdd Sas Hdd 600127266816 4096/4096 serial S4D000030000K7211ABC unit -: free",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/sdc"),
        "/dev/sdc is part of the software RAID md1; deactivate or detach that first."
    );
    let refusal = examine(&machine, "/dev/md0").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotADrive);
    assert_eq!(
        refusal.message,
        "/dev/md0 is a software RAID on /dev/sda and /dev/sdb, not a drive; name a whole drive."
    );
}

#[test]
fn usb_stick_boot() {
    let machine = Machine::unpack("usb-stick-boot");
    lists(
        &machine,
        &[
            "/dev/sda Sata Hdd 500107862016 512/4096 serial Z3T1ABCD unit -: free",
            "/dev/sdb Usb Unknown 15376318464 512/512 serial 4C530001230721113571 unit lun 0: BootMedium",
        ],
    );
    let stick = drive(&machine, "/dev/sdb").identity;
    assert_eq!(stick.sources["serialNumber"], "usb device");
    // Each of the three things that can point at the stick is enough.
    let variable = "sys/firmware/efi/efivars/\
                    LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    let machine = machine.without(variable);
    assert_eq!(code(&machine, "/dev/sdb"), None);
    let uuid = "7D2F4A10-9b3c-4e5d-8f60-112233445566";
    let machine = machine.with(&format!("proc/cmdline = quiet root=PARTUUID={uuid} ro"));
    assert_eq!(code(&machine, "/dev/sdb"), Some(RefusalCode::BootMedium));
    assert_eq!(code(&machine, "/dev/sda"), None);
    let machine = machine.with("proc/cmdline = root=/dev/sdb1");
    assert_eq!(code(&machine, "/dev/sdb"), Some(RefusalCode::BootMedium));
    let mount = "25 1 8:17 / /run/live/medium ro - vfat /dev/disk/by-label/X ro";
    let machine =
        machine.with("proc/cmdline = quiet").with(&format!("proc/self/mountinfo = {mount}"));
    assert_eq!(code(&machine, "/dev/sdb"), Some(RefusalCode::BootMedium));
}

/// The stick is no drive of the computer: one with nothing else may hide what it has.
#[test]
fn nothing_but_the_stick() {
    let reasons = |machine: &Machine| os::look(&machine.system).hidden_drives.reasons;
    let machine = Machine::unpack("usb-stick-boot");
    assert!(!reasons(&machine).iter().any(|reason| reason.contains("No drive is seen")));
    let machine = machine.without("sys/block/sda");
    assert_eq!(os::look(&machine.system).drives.len(), 1);
    assert!(reasons(&machine).iter().any(|reason| reason.contains("No drive is seen")));
    assert!(os::look(&machine.system).hidden_drives.possible);
}

#[test]
fn emmc_tablet() {
    let machine = Machine::unpack("emmc-tablet");
    lists(
        &machine,
        &[
            "/dev/mmcblk0 Mmc Emmc 31272730624 512/512 serial 0x4a1b2c3d unit -: free",
            "/dev/mmcblk1 Mmc SdCard 15931539456 512/512 serial 0x9e8d7c6b unit -: ReadOnly",
        ],
    );
    for area in ["/dev/mmcblk0boot0", "/dev/mmcblk0gp1"] {
        assert_eq!(examine(&machine, area).unwrap_err().code, RefusalCode::NotADrive, "{area}");
    }
    let refusal = examine(&machine, "/dev/mmcblk0p1").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Partition);
}

#[test]
fn nvme_two_namespaces_multipath() {
    let machine = Machine::unpack("nvme-two-namespaces-multipath");
    lists(
        &machine,
        &[
            "/dev/nvme0n1 Nvme Ssd 3840755982336 512/512 serial S64HNE0R100001 unit nsid 1: free",
            "/dev/nvme0n2 Nvme Ssd 1073741824 4096/4096 serial S64HNE0R100001 unit nsid 2: free",
            "/dev/nvme3n1 Nvme Ssd 256060514304 512/512 serial 20301F800001 unit nsid 1: free",
        ],
    );
    // nvme3n1 is not on a controller nvme3, and nvme0n1 not on nvme0.
    assert_eq!(drive(&machine, "/dev/nvme3n1").identity.firmware.as_deref(), Some("11170101"));
    let (one, two) = (drive(&machine, "/dev/nvme0n1"), drive(&machine, "/dev/nvme0n2"));
    assert!(!one.identity.same_drive(&two.identity));
    assert_eq!(two.identity.wwn.as_deref(), Some("eui.3634483052100001002538450000000b"));
    // By number, as for an opened descriptor.
    assert_eq!(os::identify(&machine.system, 259, 3), Ok(two.identity));
    let gone = os::identify(&machine.system, 259, 99).unwrap_err();
    assert_eq!(gone.code, RefusalCode::NoMedium);
    // A drive of another machine.
    let transport = "sys/devices/pci0000:00/0000:02:00.0/nvme/nvme2/transport = tcp";
    let machine = machine.with(transport);
    assert_eq!(code(&machine, "/dev/nvme0n1"), Some(RefusalCode::Virtual));
    assert_eq!(examine(&machine, "/dev/nvme0n1").unwrap().refusal, None);
}

#[test]
fn usb_sata_bridge_silly_serial() {
    let machine = Machine::unpack("usb-sata-bridge-silly-serial");
    lists(
        &machine,
        &[
            "/dev/sda Usb Unknown 320072933376 512/512 serial - unit sda: free",
            "/dev/sdb Usb Unknown 320072933376 512/512 serial - unit sdb: free",
            "/dev/sdc Usb Unknown 240057409536 512/512 serial BTYS8123456789 unit -: free",
        ],
    );
    let (one, two) = (drive(&machine, "/dev/sda").identity, drive(&machine, "/dev/sdb").identity);
    assert!(!one.is_distinct() && !one.same_drive(&two));
    assert_eq!(
        one.sources["serialNumber"],
        "usb device says 0123456789ABCDEF, which names no drive"
    );
    let passed_on = drive(&machine, "/dev/sdc").identity;
    assert_eq!(passed_on.model.as_deref(), Some("INTEL SSDSC2KB240G8"));
    assert_eq!(passed_on.sources["serialNumber"], "vpd_pg89");
}

#[test]
fn empty_card_reader() {
    let machine = Machine::unpack("empty-card-reader");
    lists(
        &machine,
        &[
            "/dev/sda Usb Unknown 0 512/512 serial 058F63666471 unit lun 0: EmptySlot",
            "/dev/sdb Usb Unknown 31914983424 512/512 serial 058F63666471 unit lun 1: Mounted",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/sdb"),
        "/dev/sdb is mounted at /media/My Pictures (through sdb1); unmount it first."
    );
    assert!(drive(&machine, "/dev/sda").capabilities.removable);
}

#[test]
fn btrfs_two_disks() {
    let machine = Machine::unpack("btrfs-two-disks");
    lists(
        &machine,
        &[
            "/dev/sda Sata Hdd 3000592982016 512/4096 serial 70ABCDEFS unit -: Mounted",
            "/dev/sdb Sata Hdd 3000592982016 512/4096 serial 71ABCDEFS unit -: Mounted",
            "/dev/sdc Sata Hdd 3000592982016 512/4096 serial 72ABCDEFS unit -: Held",
            "/dev/sdd Sata Hdd 3000592982016 512/4096 serial 73ABCDEFS unit -: free",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/sdc"),
        "/dev/sdc is part of a btrfs file system in use; deactivate or detach that first."
    );
}

#[test]
fn rst_remapped() {
    let machine = Machine::unpack("rst-remapped");
    lists(&machine, &["/dev/sda Sata Hdd 1000204886016 512/4096 serial WL1ABCDE unit -: free"]);
    let hidden = os::look(&machine.system).hidden_drives;
    let about: Vec<_> = hidden.reasons.iter().map(|reason| &reason[..43]).collect();
    assert!(hidden.possible);
    assert_eq!(
        about,
        [
            "The Intel VMD controller 0000:00:0e.0 shows",
            "The SATA controller 0000:00:17.0 hides 1 NV",
            "The controller 0000:04:00.0 is in RAID mode",
            "The storage controller 0000:05:00.0 has no ",
        ]
    );
    // A host for SD cards counts, another PCI device without a driver does not.
    let pci = |address: &str, class: &str| format!("sys/bus/pci/devices/{address}/class = {class}");
    let machine = machine.with(&pci("0000:06:00.0", "0x080501"));
    let machine = machine.with(&pci("0000:07:00.0", "0x028000"));
    assert_eq!(os::look(&machine.system).hidden_drives.reasons.len(), 5);
    let machine =
        machine.with("sys/bus/pci/devices/0000:06:00.0/driver -> ../../drivers/sdhci-pci");
    assert_eq!(os::look(&machine.system).hidden_drives.reasons.len(), 4);
    // With an NVMe drive beneath it, VMD hides nothing.
    let beneath = "devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme0";
    let machine = machine
        .with(&format!("sys/{beneath}/"))
        .with(&format!("sys/class/nvme/nvme0 -> ../../{beneath}"));
    assert_eq!(os::look(&machine.system).hidden_drives.reasons.len(), 3);
}

/// Whatever a hypervisor's drive says of its medium, nobody knows what it is.
#[test]
fn drives_of_hypervisors_are_virtual() {
    let medium = |machine: &Machine, path: &str| drive(machine, path).identity.medium;
    for (name, path, place) in [
        ("sata-ssd-luks-lvm", "/dev/sdb", "sys/block/sdb/device"),
        ("md-raid", "/dev/sdd", "sys/block/sdd/device"),
        ("usb-stick-boot", "/dev/sdb", "sys/block/sdb/device"),
        ("laptop-nvme", "/dev/nvme0n1", "sys/block/nvme0n1/device"),
        (
            "nvme-two-namespaces-multipath",
            "/dev/nvme0n1",
            "sys/devices/pci0000:00/0000:02:00.0/nvme/nvme2",
        ),
    ] {
        let machine = Machine::unpack(name);
        let real = medium(&machine, path);
        assert_ne!(real, Medium::Virtual, "{path}");
        for said in [
            "model = QEMU HARDDISK",
            "model = VBOX HARDDISK",
            "vendor = VMware  ",
            "model = VMware Virtual NVMe Disk",
            "vendor = Msft    ",
            "model = ORCL-VBOX-NVME-VER12",
            "model = BHYVE SATA DISK",
            "model = bhyve-NVMe",
            "model = MSFT NVMe Accelerator v1.0",
        ] {
            let machine = Machine::unpack(name).with(&format!("{place}/{said}"));
            assert_eq!(medium(&machine, path), Medium::Virtual, "{path} {said}");
        }
        let other = machine.with(&format!("{place}/model = SUPER QEMU"));
        assert_eq!(medium(&other, path), real, "{path}");
    }
    // A whole drive that is passed on: what stands between is the hypervisor's.
    let beneath = "devices/pci0000:00/0000:00:05.0/virtio3/host9/target9:0:0/9:0:0:0";
    let machine = Machine::unpack("laptop-nvme")
        .with(&format!("sys/{beneath}/vendor = SEAGATE"))
        .with(&format!("sys/{beneath}/block/sdx/dev = 65:112"))
        .with(&format!("sys/{beneath}/block/sdx/size = 2048"))
        .with(&format!("sys/{beneath}/block/sdx/device -> ../../../9:0:0:0"))
        .with(&format!("sys/block/sdx -> ../{beneath}/block/sdx"));
    assert_eq!(medium(&machine, "/dev/sdx"), Medium::Virtual);
    assert_eq!(code(&machine, "/dev/sdx"), Some(RefusalCode::Virtual));
}

/// A drive that a RAID controller passes on hides nothing; a volume hides the drives it is made of.
#[test]
fn raid_volumes() {
    let hidden = |machine: &Machine| os::look(&machine.system).hidden_drives;
    let disk = "sys/block/sdd/device";
    let machine = Machine::unpack("md-raid").with(&format!("{disk}/raid_level = N/A"));
    assert_eq!(hidden(&machine).reasons, [""; 0]);
    let machine = machine.with(&format!("{disk}/raid_level = RAID 1(1+0)"));
    let reasons = hidden(&machine).reasons;
    assert!(hidden(&machine).possible && reasons.len() == 1, "{reasons:?}");
    assert!(reasons[0].starts_with("/dev/sdd is a volume that a RAID controller"), "{reasons:?}");

    let machine = machine.with(&format!("{disk}/raid_level = N/A"));
    assert!(!hidden(&machine).possible);
    let address = machine.system_link("sys/block/sdd/device");
    let machine = machine.with(&format!("sys/class/raid_devices/{address}/"));
    assert!(hidden(&machine).possible);
}

#[test]
fn live_image_on_disk() {
    let machine = Machine::unpack("live-image-on-disk");
    lists(
        &machine,
        &[
            "/dev/loop0 Loop Virtual 2560000000 512/512 serial - unit file at /isodevice/images/live.iso offset 0: BootMedium",
            "/dev/loop1 Loop Virtual 2048000000 512/512 serial - unit file at /cdrom/casper/filesystem.squashfs offset 0: Mounted",
            "/dev/sda Sata Hdd 500107862016 512/512 serial TM8501C0K6ABCD unit -: BootMedium",
            "/dev/sdb Sata Hdd 500107862016 512/512 serial TM8511C0K6ABCD unit -: Held",
            "/dev/sdc Sata Hdd 500107862016 512/512 serial TM8521C0K6ABCD unit -: Swap",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/sdb"),
        "/dev/sdb is part of the LVM volume old-data (dm-0) (through sdb1); deactivate or \
         detach that first."
    );
}

#[test]
fn zoo() {
    let machine = Machine::unpack("zoo");
    lists(
        &machine,
        &[
            "/dev/loop0 Loop Virtual 67108864 512/512 serial - unit file at /data/iso images/a.img offset 0: Held",
            "/dev/loop1 Loop Virtual 67108864 512/512 serial - unit file at /data/iso images/a.img offset 1048576: Held",
            "/dev/loop2 Loop Virtual 21473787904 512/512 serial - unit file at /dev/vda1 offset 0: Mounted",
            "/dev/loop3 Loop Virtual 1048576 512/512 serial - unit file at /swap file offset 0: Swap",
            "/dev/loop4 Loop Virtual 1048576 512/512 serial - unit file at /data/free.img offset 0: Mounted",
            "/dev/loop5 Loop Virtual 1048576 512/512 serial - unit file at /dev/loop4 offset 0: Mounted",
            "/dev/loop7 Loop Virtual 1048576 512/512 serial - unit file at /dev/loop6 (deleted) offset 0: Busy",
            "/dev/nbd1 Other Unknown 1048576 512/512 serial - unit nbd1: Virtual",
            "/dev/sda Sata Hdd 14000519643136 4096/4096 serial VAAAAAAA unit -: Zoned",
            "/dev/sdb Sata Hdd 512 4096/4096 serial BROKEN1 unit -: TooSmall",
            "/dev/vda Virtio Virtual 21474836480 512/512 serial - unit vda: Mounted",
            "/dev/vdb Virtio Virtual 21474836480 512/512 serial vol-0123abcd unit -: Virtual",
            "/dev/xvda Other Virtual 10737418240 512/512 serial - unit xvda: Virtual",
        ],
    );
    assert_eq!(
        sentence(&machine, "/dev/loop2"),
        "/dev/loop2 lies on /dev/vda, which is mounted at /data (through vda1); unmount it first."
    );
    assert!(os::look(&machine.system).hidden_drives.possible, "no PCI to be seen");
    for path in
        ["ram0", "zram0", "zd0", "bcache0", "drbd0", "mtdblock0", "fd0", "sr0", "nbd0", "md_home"]
    {
        let refusal = examine(&machine, &format!("/dev/{path}")).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotADrive, "{path}");
    }
    // Named is meant.
    for path in ["/dev/vdb", "/dev/xvda", "/dev/nbd1"] {
        assert_eq!(examine(&machine, path).unwrap().refusal, None, "{path}");
    }
    let empty = examine(&machine, "/dev/loop6").unwrap();
    assert_eq!(empty.refusal.unwrap().code, RefusalCode::NoMedium);
    let linked = examine(&machine, "/dev/disk/by-id/ata-BROKEN_BROKEN1").unwrap();
    assert_eq!(linked.path, "/dev/sdb");
    assert_eq!(examine(&machine, "/dev/cdrw/a").unwrap_err().code, RefusalCode::NotFound);
}

/// What cannot be read counts as in use: every drive is refused, the idle ones too.
#[test]
fn what_cannot_be_read_is_in_use() {
    let all_busy = |machine: &Machine, why: &str| {
        for drive in os::look(&machine.system).drives {
            let refusal = drive.refusal.unwrap();
            assert_eq!(refusal.code, RefusalCode::Busy, "{}", drive.path);
            assert!(refusal.message.contains(why), "{}", refusal.message);
        }
    };
    let machine = || Machine::unpack("sata-ssd-luks-lvm");
    all_busy(&machine().without("proc/self/mountinfo"), "/proc/self/mountinfo cannot be read");
    all_busy(&machine().without("proc/swaps"), "/proc/swaps cannot be read");
    let odd = "proc/self/mountinfo =\n  25 1 0:22 / / rw - tmpfs tmpfs rw\n  nonsense";
    all_busy(&machine().with(odd), "/proc/self/mountinfo is not understood");
    let swap = "proc/swaps =\n  Filename Type\n  /dev/sdz9 partition 1 0 -2";
    all_busy(&machine().with(swap), "the swap space /dev/sdz9 is on no known drive");
    let examined = examine(&machine().without("proc/swaps"), "/dev/sdb").unwrap();
    assert_eq!(examined.refusal.unwrap().code, RefusalCode::Busy);
}

#[test]
fn the_host() {
    let machine = Machine::unpack("laptop-nvme");
    let computer = os::computer(&machine.system);
    assert_eq!(computer.manufacturer.as_deref(), Some("LENOVO"));
    assert_eq!(computer.serial_number.as_deref(), Some("PF1ABCDE"));
    assert_eq!(computer.cpu, None, "a recording has no processor");
    let boot = os::boot_id(&machine.system);
    assert_eq!(boot.as_deref(), Some("5d1e8a0a-8d0f-4c52-9f0e-3a7f6f0c1b2d"));
    let clock = os::clock_facts(&machine.system, 1_795_392_000);
    assert_eq!((clock.rtc_minus_system_seconds, clock.confirmed), (Some(3), false));
    let bare = Machine::unpack("zoo");
    assert_eq!(os::computer(&bare.system), nulstil::model::Computer::default());
    assert_eq!(os::clock_facts(&bare.system, 0).rtc_minus_system_seconds, None);
}

/// The beginning of a FAT32 file system's first sector, up to its label.
const FAT32: &str = "eb58906d6b66732e66617400020120000200000000f80000200008000000000000000200e103000000000000020000000100060000000000000000000000000080002900000000";

/// A machine with a FAT32 file system of this label, in hexadecimal digits, on a drive that could be
/// erased.
fn with_stick(label: &str) -> Machine {
    let sector = format!("{FAT32}{label}{}55aa", "0".repeat(1020 - FAT32.len() - label.len()));
    let machine = Machine::unpack("usb-stick-boot");
    let drives = os::look(&machine.system).drives;
    let free = drives.iter().find(|drive| drive.refusal.is_none()).unwrap();
    let line = format!("{} = hex:{sector}", free.path.trim_start_matches('/'));
    machine.with(&line)
}

/// Never offered, whoever's it is and whatever it is plugged into: it holds keys and certificates.
#[test]
fn a_stick_of_ours_is_never_offered() {
    let free = |machine: &Machine| {
        os::look(&machine.system).drives.iter().filter(|d| d.refusal.is_none()).count()
    };
    let ours = "4e554c5354494c44415441";
    let (stick, other) = (with_stick(ours), with_stick(&"41".repeat(11)));
    assert_eq!(free(&stick) + 1, free(&other));
    let refused = os::look(&stick.system)
        .drives
        .into_iter()
        .find_map(|d| d.refusal.filter(|refusal| refusal.code == RefusalCode::HoldsOutput));
    let message = refused.unwrap().message;
    assert!(message.contains("NULSTILDATA") && message.contains("unplug it"), "{message}");
    // The one that this computer was started with, as long as it is plugged in.
    let path = message.split(' ').next().unwrap().to_owned();
    let name = path.trim_start_matches("/dev/");
    let seq = |n| format!("sys/block/{name}/diskseq = {n}");
    let stick = stick.with(&format!("run/nulstil/stick = {name} {name} 7")).with(&seq(7));
    stick_path_check(&stick, name);
    assert_eq!(code(&stick, &path), Some(RefusalCode::BootMedium));
    assert_eq!(code(&stick.with(&seq(8)), &path), Some(RefusalCode::HoldsOutput));
}

/// A drive inside of the computer is not taken for the stick, whatever is on it: nothing on it is
/// believed.
#[test]
fn a_drive_of_the_computer_is_no_stick() {
    let labelled = |machine: &Machine| os::labelled(&machine.system, &mut Vec::new()).len();
    let inside = with_stick("4e554c5354494c44415441");
    assert_eq!(labelled(&inside), 0);
    let variable = "sys/firmware/efi/efivars/\
                    LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    let sector = std::fs::read(inside.path().join("dev/sda")).unwrap();
    let hex: String = sector.iter().map(|byte| format!("{byte:02x}")).collect();
    let stick = inside.without(variable).with(&format!("dev/sdb = hex:{hex}"));
    assert_eq!(labelled(&stick), 1);
}

/// The kernel lists every device by its class, too.
fn stick_path_check(machine: &Machine, name: &str) {
    let class = machine.path().join("sys/class/block");
    std::fs::create_dir_all(&class).unwrap();
    let link = class.join(name);
    if std::fs::symlink_metadata(&link).is_err() {
        std::os::unix::fs::symlink(format!("../../block/{name}"), link).unwrap();
    }
}
