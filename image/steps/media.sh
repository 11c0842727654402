# What computers boot from: the stick's one partition, the stick, the ISO, and the PXE set.
# shellcheck shell=bash

# Sizes in MiB. A stick of this size has room for some hundred machines; the ISO has a limit.
stick_mib=256
iso_data_mib=76

media() {
    grub=$work/root/usr/lib/grub
    made=$work/made
    mkdir -p "$made"
    id=$(cd "$work" && sha256sum vmlinuz initrd | sha256sum | cut -c 1-64)
    serial=${id:0:8}
    loaders
    stick_tree
    img
    iso
    pxe
    ln "$made/pxe/boot/vmlinuz" "$made/pxe/boot/initrd" "$made/"
}

# All files and folders of a tree, with one time and for everybody to read.
settle() {
    chmod -R u=rwX,go=rX "$1"
    find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# GRUB's words: grub_cfg HOW-TO-FIND-THE-FILES. A menu would be one more thing to understand, and
# what comes after a kernel that was refused has to be told in words.
grub_cfg() {
    cat <<CFG
$1
echo "nulstil starter / nulstil is starting ..."
insmod all_video
if [ "\$grub_platform" = pc ]; then
    set gfxpayload=1024x768x32,1024x768,800x600x32,800x600,auto
else
    set gfxpayload=keep
fi
if linux /boot/vmlinuz console=ttyS0,115200 console=tty0 quiet loglevel=3 nulstil.id=$id; then
    if initrd /boot/initrd; then
        boot
    fi
fi
echo
echo "Dette medie kan ikke starte nulstil: det er beskadiget eller aendret. Lav det igen."
echo "This medium cannot start nulstil: it is damaged or was changed. Make it again."
sleep --interruptible 3600
CFG
}

# The files come from the disk that GRUB itself came from, and from no other: GRUB starts on it. A
# search over all disks would take a kernel and an initrd of the disks that are to be erased, if
# somebody had put them there under the same names. As a stick, the ISO has GRUB in a partition of
# its own.
own_disk() {
    cat <<CFG
if [ ! -f /.nulstil/$id ]; then
    regexp --set=1:disk '^([^,]+)' "\$root"
    for place in "\$disk" "\$disk,msdos1" "\$disk,msdos3"; do
        if [ -f (\$place)/.nulstil/$id ]; then
            set root=\$place
        fi
    done
fi
CFG
}

# The parts of GRUB that nobody has signed are put together here, all with the same modules.
mkimage() {
    local format=$1 file=$2 prefix=$3 parts=$grub/i386-pc
    shift 3
    [ "$format" != i386-efi ] || parts=$grub/i386-efi
    locked bin/grub-mkimage -d "$parts" -O "$format" -p "$prefix" -o "$file" "$@" \
        normal linux all_video regexp part_msdos fat iso9660 test echo sleep
}

loaders() {
    local efi=$work/esp/EFI/BOOT
    mkdir -p "$efi"
    cp "$work/root/usr/lib/shim/shimx64.efi.signed" "$efi/BOOTX64.EFI"
    cp "$work/root/usr/lib/shim/mmx64.efi.signed" "$efi/mmx64.efi"
    cp "$grub/x86_64-efi-signed/gcdx64.efi.signed" "$efi/grubx64.efi"
    mkimage i386-efi "$efi/BOOTIA32.EFI" /boot/grub
    mkimage i386-pc "$work/core.img" '(,msdos1)/boot/grub' biosdisk
    mkimage i386-pc-eltorito "$work/core.cd" /boot/grub biosdisk
    mkimage i386-pc-pxe "$work/core.pxe" /grub pxe tftp
    mkdir -p "$work/esp/boot/grub"
    grub_cfg "$(own_disk)" >"$work/esp/boot/grub/grub.cfg"
}

# What is on the stick, and by the build's own file whether it is what was made here.
stick_tree() {
    local stick=$work/stick
    cp -r "$here/stick" "$stick"
    cp -r "$work/esp/." "$stick/"
    cp "$work/vmlinuz" "$stick/boot/vmlinuz"
    cp "$work/initrd" "$stick/boot/initrd"
    mkdir "$stick/.nulstil"
    (cd "$stick" && find EFI boot -type f -print0 | sort -z | xargs -0 sha256sum) \
        >"$stick/.nulstil/$id"
    settle "$stick"
    settle "$work/esp"
}

# A FAT file system in a file: fat FILE OFFSET-MIB SIZE-MIB TREE OPTIONS. Files are copied one by
# one, in the order of their names.
fat() {
    local file=$1 offset=$2 size=$3 tree=$4 at entry
    shift 4
    at=$file@@${offset}M
    export MTOOLSRC=/dev/null
    locked sbin/mkfs.fat --invariant -i "$serial" --offset $((offset * 2048)) -h $((offset * 2048)) \
        "$@" "$file" $((size * 1024)) >/dev/null
    (cd "$tree" && find . -mindepth 1 -printf '%P\0' | sort -z) | while IFS= read -rd '' entry; do
        if [ -d "$tree/$entry" ]; then
            locked bin/mmd -i "$at" "::/$entry"
        else
            locked bin/mcopy -m -i "$at" "$tree/$entry" "::/$entry"
        fi
    done
}

# The partition of the stick and of the ISO. The folders that nobody needs to open do not show in
# Windows.
data() {
    fat "$1" "$2" "$3" "$work/stick" -F 32 -n NULSTILDATA
    locked bin/mattrib -i "$1@@${2}M" +h ::/.nulstil ::/boot
}

img() {
    local file=$made/nulstil-$nulstil.img
    truncate -s "${stick_mib}M" "$file"
    printf 'label: dos\nlabel-id: 0x%s\nstart=2048, type=c, bootable\n' "$serial" |
        sfdisk --quiet --no-tell-kernel "$file"
    dd if="$grub/i386-pc/boot.img" of="$file" bs=440 count=1 conv=notrunc status=none
    dd if="$work/core.img" of="$file" bs=512 seek=1 conv=notrunc status=none
    data "$file" 1 $((stick_mib - 1))
}

# For CD drives, for sticks all the same, for virtual media and HTTP boot. As a stick it has the
# partition of the stick too, after its own.
iso() {
    local tree=$work/iso mib time
    mkdir -p "$tree"
    cp -r "$work"/stick/{.nulstil,EFI,boot,README.txt} "$tree/"
    cp "$work/core.cd" "$tree/boot/grub/bios.img"
    settle "$tree"
    mib=$(($(bytes "$work/esp") / 1048576 + 2))
    truncate -s "${mib}M" "$work/esp.img"
    fat "$work/esp.img" 0 "$mib" "$work/esp" -n NULSTILBOOT
    truncate -s "${iso_data_mib}M" "$work/data.img"
    data "$work/data.img" 0 "$iso_data_mib"
    time=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)
    locked bin/xorriso -report_about WARNING -as mkisofs -R -J -joliet-long -V NULSTIL \
        -o "$made/nulstil-$nulstil.iso" --modification-date="$time" \
        --set_all_file_dates set_to_mtime \
        -b boot/grub/bios.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
        --grub2-mbr "$grub/i386-pc/boot_hybrid.img" -partition_cyl_align off -partition_offset 0 \
        -iso_mbr_part_type 0x83 -append_partition 2 0xef "$work/esp.img" \
        -append_partition 3 0x0c "$work/data.img" \
        -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot "$tree"
}

# The root of a TFTP or HTTP server.
pxe() {
    local to=$made/pxe
    mkdir -p "$to/boot" "$to/grub"
    cp "$work/core.pxe" "$to/bios.0"
    cp "$work/esp/EFI/BOOT/BOOTX64.EFI" "$to/bootx64.efi"
    cp "$work/esp/EFI/BOOT/mmx64.efi" "$to/mmx64.efi"
    cp "$grub/x86_64-efi-signed/grubnetx64.efi.signed" "$to/grubx64.efi"
    cp "$work/vmlinuz" "$to/boot/vmlinuz"
    cp "$work/initrd" "$to/boot/initrd"
    grub_cfg "# The files come from where this one came from." >"$to/grub/grub.cfg"
    settle "$to"
}
