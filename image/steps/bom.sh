# What the image is made of, for whoever has to know (CycloneDX 1.6): Debian's packages with the
# digests of the lock, the crates of Cargo.lock, and what the compiler adds.
# shellcheck shell=bash

bill_of_materials() {
    say "writing the bill of materials"
    (
        cd "$checkout"
        cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu \
            >"$work/crates.json"
        # Name, version and digest of each crate that comes from the registry.
        awk -F '"' '/^name = / { name = $2 } /^version = / { version = $2 }
            /^checksum = / { print name, version, $2 }' Cargo.lock >"$work/checksums"
    )
    sed 's/=/ /' "$lock" >"$work/packages"
    printf '%s\n' "${makers[@]}" >"$work/makers"
    toolchain >"$work/toolchain"
    sha256sum "$work/vmlinuz" "$work/initrd" "$work/system/init" | sed 's/ .*//' >"$work/files"
    locked bin/jq --null-input --from-file "$here/bom.jq" \
        --arg version "$nulstil" --arg build "$id" --arg suite "$suite" \
        --arg time "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
        --slurpfile crates "$work/crates.json" --rawfile checksums "$work/checksums" \
        --rawfile packages "$work/packages" --rawfile makers "$work/makers" \
        --rawfile toolchain "$work/toolchain" --rawfile files "$work/files" \
        >"$made/nulstil-$nulstil.cdx.json"
}

# What is linked into the program and comes from no lock: the compiler's own library, and those of the
# computer that compiles.
toolchain() {
    (cd "$checkout" && rustc --version) | awk '{ print "rust-std", $2 }'
    dpkg-query --show --showformat '${Package} ${Version}\n' libc6-dev "libgcc-$(cc -dumpversion)-dev"
}
