# Debian's packages: which ones, from where, and that they are the ones of the lock.
# shellcheck shell=bash

suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debs=${NULSTIL_DEBS:-${XDG_CACHE_HOME:-$HOME/.cache}/nulstil/debs}

# What comes into the image, besides the kernel.
contents=(shim-signed shim-helpers-amd64-signed grub-efi-amd64-signed grub-efi-ia32-bin grub-pc-bin
    console-setup-linux xkb-data)
# What makes it, so that the computer on which this runs does not matter; with the libraries that
# these programs load.
makers=(grub-common mtools dosfstools xorriso console-setup kbd kmod cpio zstd jq
    libc6 libacl1 libburn4t64 libbz2-1.0 libcap2 libdevmapper1.02.1 libgcc-s1 libisoburn1t64
    libisofs6t64 libjq1 libjte2 libkmod2 liblz4-1 liblzma5 libonig5 libpcre2-8-0 libreadline8t64
    libselinux1 libssl3t64 libstdc++6 libtinfo6 libudev1 libxxhash0 libzstd1 zlib1g)
programs=(bin/{cpio,grub-mkimage,jq,kmod,loadkeys,mtools,xorriso,zstd} sbin/{depmod,mkfs.fat})

# Backports have one package for each part of the kernel.
choose_packages() {
    case $1 in
    stable)
        kernels='^linux-image-[0-9]' suites=("$suite")
        lock=${NULSTIL_LOCK:-$here/lock}
        ;;
    backports)
        kernels='^linux-(base|binary|modules)-[0-9]' suites=("$suite" "$suite-backports")
        lock=${NULSTIL_LOCK:-$here/lock.backports}
        ;;
    *) usage ;;
    esac
}

# Installs the programs that this one calls, if they are missing and it may.
tools() {
    local need=() pair
    for pair in dpkg-deb:dpkg gzip:gzip perl:perl-base awk:mawk sfdisk:fdisk cargo:cargo cc:gcc; do
        command -v "${pair%%:*}" >/dev/null || need+=("${pair##*:}")
    done
    [ -e "$keyring" ] || need+=(debian-archive-keyring)
    # Of gcc's own packages none has the C library that a static program is made of.
    [ -e /usr/lib/x86_64-linux-gnu/libc.a ] || need+=(libc6-dev)
    [ "${#need[@]}" -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || stop "these packages are missing, install them: ${need[*]}"
    say "installing ${need[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${need[@]}"
}

# The address of the host's own repository with this label, which may have spaces ("Debian Backports").
mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
        awk -v label="$1" '{ address = $1; sub(/^[^ ]* /, "") }
            $0 == label && !found { found = 1; print address }'
}

# An apt program with our own configuration. What this computer prefers (apt reads its settings after
# ours) may be a release that Debian does not have.
own() { APT_CONFIG=$work/apt/conf "$1" -o APT::Default-Release= "${@:2}"; }

# An apt of our own in $work, which knows Debian's suite and nothing of this computer's.
private_apt() {
    [ ! -e "$work/apt" ] || return 0
    local main security
    main=${NULSTIL_MIRROR:-$(mirror Debian)}
    security=${NULSTIL_SECURITY_MIRROR:-$(mirror Debian-Security)}
    [ -n "$main" ] && [ -n "$security" ] || stop "this computer's apt knows no Debian mirror: run" \
        "apt-get update, or name the addresses in NULSTIL_MIRROR and NULSTIL_SECURITY_MIRROR"
    mkdir -p "$work"/apt/{lists/partial,cache/archives/partial}
    {
        printf "deb [signed-by=$keyring] $main %s main\n" "${suites[@]}"
        printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$security" "$suite-security"
    } >"$work/apt/sources.list"
    : >"$work/apt/status"
    cat >"$work/apt/conf" <<CONF
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$work/apt";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
CONF
    say "reading the list of packages of ${suites[*]} from $main and $security"
    own apt-get update -qq
}

# What apt knows of the version of a package that it would take.
known() { own apt-cache show --no-all-versions "$1"; }

# The packages of the newest kernel: the one that linux-image-amd64 depends on, or what that one
# depends on where it is empty itself.
newest_kernel() {
    local image packages
    image=$(own apt-cache show linux-image-amd64 | needed | head -n 1)
    packages=$({ echo "$image" && known "$image" | needed; } | grep -E "$kernels")
    [ -n "$packages" ] || stop "the mirror has no such kernel"
    printf '%s\n' "$packages"
}

# The packages of a kernel's version among what packages depend on.
needed() { sed -n 's/^Depends: //p' | grep -oE 'linux-[a-z]+-[0-9][^ ,]*'; }

update_lock() {
    private_apt
    local package kernel
    kernel=$(newest_kernel)
    for package in $kernel "${contents[@]}" "${makers[@]}"; do
        known "$package" | awk -v package="$package" '
            /^Version: / && !version { version = $2 }
            /^SHA256: / && !digest { digest = $2 }
            END { if (!digest) exit 1; printf "%s=%s %s\n", package, version, digest }' ||
            stop "the mirror does not know the package $package"
    done >"$work/lock"
    cp "$work/lock" "$lock"
    say "$lock is now:"
    cat "$lock"
}

gone() {
    ! known "$1" 2>/dev/null | grep '^Package:' >/dev/null ||
        stop "$1 could not be downloaded, see what apt says: build again when the mirror answers"
    printf 'image/build: %s\n' "the mirror has $1 no more, and it is not in $debs: take the version \
that it has now with image/build --update-lock" >&2
    exit 4
}

# Every package of the lock into $work/root, from the cache or the mirror, and only if it is the
# one that the lock means.
unpack() {
    mkdir -p "$debs" "$work/root"
    local name digest deb
    while read -r name digest; do
        deb=$debs/$name.deb
        if [ ! -e "$deb" ]; then
            private_apt
            say "downloading $name"
            mkdir "$work/download"
            (cd "$work/download" && own apt-get download -qq "$name") || gone "$name"
            # In the same folder first, under a name that no other build has: then it is there whole.
            mv "$work"/download/*.deb "$deb.$$"
            rmdir "$work/download"
            mv "$deb.$$" "$deb"
        fi
        echo "$digest  $deb" | sha256sum --quiet --check - ||
            stop "$deb is not the file that $lock means: delete it and build again"
        dpkg-deb -x "$deb" "$work/root"
    done <"$lock"
    # depmod looks below lib.
    [ -e "$work/root/lib" ] || ln -s usr/lib "$work/root/lib"
    version=$(ls "$work/root/lib/modules")
    local program strange
    for program in "${programs[@]}"; do
        strange=$("${loader[@]}" --list "$work/root/usr/$program" | grep '=> /' | grep -v "$work/root" ||
            true)
        [ -z "$strange" ] || stop "$program would use what is not of the lock: $strange"
    done
}

# Runs a program of the lock's packages, by its own loader and with its own libraries: it is newer
# than the computer's, and needs neither root nor a second system around it.
loader=("$work/root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$work/root/usr/lib/x86_64-linux-gnu")
locked() { "${loader[@]}" "$work/root/usr/$1" "${@:2}"; }
