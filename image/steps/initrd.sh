# The kernel, and the initrd: this program, the kernel's modules, fonts and keyboards.
# shellcheck shell=bash

# The kernel: its place differs between Debian's releases.
linux() {
    local found
    for found in "$work/root/boot/vmlinuz-$version" "$work/root/lib/modules/$version/vmlinuz"; do
        [ ! -e "$found" ] || cp "$found" "$work/vmlinuz"
    done
    [ -e "$work/vmlinuz" ] || stop "the packages of $lock hold no kernel $version"
}

initrd() {
    mkdir -p "$work"/system/{dev,proc,run,sys,tmp}
    modules
    console
    program
    # Packed last. A kernel without room for all of it unpacks what fits and starts the program all
    # the same, which looks for this file.
    : >"$work/system/whole"
    (
        cd "$work/system"
        find . -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
        { find . -mindepth 1 ! -path ./whole -print0 | sort -z && printf './whole\0'; } |
            locked bin/cpio --quiet --null -o -H newc --reproducible --owner=0:0
    ) | locked bin/zstd --quiet -T1 -19 -o "$work/initrd"
}

# The modules of modules.list and what they need, as they are: another compression, and the
# kernel's signature would be lost.
modules() {
    local all=$work/root/lib/modules/$version into=$work/system/lib/modules/$version file
    locked sbin/depmod -b "$work/root" "$version"
    awk -f "$here/modules.awk" "$here/modules.list" "$all/modules.softdep" "$all/modules.dep" |
        sort >"$work/modules"
    while read -r file; do
        install -D -m 644 "$all/$file" "$into/$file"
    done <"$work/modules"
    cp "$all"/modules.{order,builtin,builtin.modinfo} "$into/"
    locked sbin/depmod -b "$work/system" "$version"
    # What the program reads of depmod's many files.
    find "$into" -maxdepth 1 -type f ! -name modules.alias ! -name modules.dep \
        ! -name modules.softdep -delete
}

# The fonts for screens of three sizes, and the keyboards.
console() {
    local into=$work/system/console size layout
    mkdir -p "$into"
    for size in 16 24x12 32x16; do
        gzip -dc "$work/root/usr/share/consolefonts/Uni2-TerminusBold$size.psf.gz" >"$into/$size.psf"
    done
    for layout in dk us; do
        perl "$work/root/usr/bin/ckbcomp" -I"$work/root/usr/share/X11/xkb" -model pc105 \
            -layout "$layout" >"$work/$layout.map"
        locked bin/loadkeys --unicode --bkeymap "$work/$layout.map" >"$into/$layout.bmap"
    done
}

# The one program, with nothing to load at run time and no path of this computer in it. Random
# bytes come from the kernel's call: a static program does not find it by name, and /dev/random,
# which would be asked instead, gathers nothing by itself on an idle processor without RDRAND.
program() {
    local target=${CARGO_TARGET_DIR:-$checkout/target}/image triple=x86_64-unknown-linux-gnu
    local compiled=${NULSTIL_PROGRAM:-$target/$triple/release/nulstil}
    [ -n "${NULSTIL_PROGRAM-}" ] || (cd "$checkout" && CARGO_TARGET_DIR=$target \
        RUSTFLAGS="-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\" \
        --remap-path-prefix=$checkout=/nulstil --remap-path-prefix=$target=/target \
        --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
        cargo build --locked --release --bin nulstil --target "$triple")
    install -D -m 755 "$compiled" "$work/system/init"
}
