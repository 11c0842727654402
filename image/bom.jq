# jq -n: the bill of materials; the variables are set by steps/bom.sh.

def words: split("\n") | map(select(. != "") | split(" "));
def sha256: [{ alg: "SHA-256", content: . }];

# The package itself and all that it is built of, without what only tests use.
def used($resolve):
    ($resolve.nodes | map({ key: .id, value: . }) | from_entries) as $nodes
    | def grow:
        . as $known
        | ([.[] | $nodes[.].deps[] | select(any(.dep_kinds[]; .kind != "dev")) | .pkg] + $known
            | unique) as $more
        | if $more == $known then $known else $more | grow end;
    [$resolve.root] | grow;

# Old manifests have a slash where SPDX has OR.
def licenses: if . == null then [] else [{ expression: gsub(" ?/ ?"; " OR ") }] end;

($makers | words | map({ key: .[0], value: true }) | from_entries) as $maker
| ($checksums | words | map({ key: "\(.[0]) \(.[1])", value: .[2] }) | from_entries) as $checksum
| ($files | words | map(.[0])) as [$kernel, $initrd, $program]
| $crates[0] as $crates
| used($crates.resolve) as $used
| ($build | "\(.[0:8])-\(.[8:12])-8\(.[13:16])-8\(.[17:20])-\(.[20:32])") as $uuid
| {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: "urn:uuid:\($uuid)",
    version: 1,
    metadata: {
        timestamp: $time,
        component: {
            type: "operating-system",
            "bom-ref": "image",
            name: "nulstil live image",
            version: $version,
            properties: [{ name: "nulstil:build", value: $build }]
        }
    },
    components: (
        [
            { type: "file", "bom-ref": "vmlinuz", name: "vmlinuz", hashes: ($kernel | sha256) },
            { type: "file", "bom-ref": "initrd", name: "initrd", hashes: ($initrd | sha256) },
            { type: "application", "bom-ref": "nulstil", name: "nulstil", version: $version,
              hashes: ($program | sha256) }
        ]
        + ($packages | words | map(
            "pkg:deb/debian/\(.[0])@\(.[1] | @uri)?distro=\($suite)" as $purl
            | { type: "application", "bom-ref": $purl, name: .[0], version: .[1],
                # What only makes the image is not in it.
                scope: (if $maker[.[0]] then "excluded" else "required" end),
                hashes: (.[2] | sha256), purl: $purl }))
        + ($crates.packages | map(
            select(.source and (.id | IN($used[])))
            | "pkg:cargo/\(.name)@\(.version | @uri)" as $purl
            | { type: "library", "bom-ref": $purl, name, version, scope: "required",
                hashes: ($checksum["\(.name) \(.version)"] | sha256),
                licenses: (.license | licenses), purl: $purl }) | sort_by(.name, .version))
        + ($toolchain | words | map(
            { type: "library", "bom-ref": .[0], name: .[0], version: .[1], scope: "required" }))
    )
}
