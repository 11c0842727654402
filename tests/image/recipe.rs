//! What `image/build` takes from the computer that it runs on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// An apt with repositories of these labels, in this order.
const APT: &str = r#"#!/bin/sh
repository() { printf '%s\n' "$format" | sed "s|\$(LABEL)|$1|; s|\$(REPO_URI)|$2|"; }
format=$3
repository 'Debian Backports' http://backports/
repository Ubuntu http://ubuntu/
repository Debian http://debian/
repository Debian http://another/
repository Debian-Security http://security/
"#;

#[test]
fn the_mirror_is_the_one_with_the_label_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let apt = folder.path().join("apt-get");
    fs::write(&apt, APT).unwrap();
    fs::set_permissions(&apt, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let run = "set -euo pipefail; here=image work=/nowhere; . image/steps/packages.sh; \
               mirror Debian; mirror Debian-Security; mirror Debian-Ports";
    let ran = Command::new("bash")
        .args(["-c", run])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(said, "http://debian/\nhttp://security/\n", "{ran:?}");
}
