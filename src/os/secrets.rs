//! Keeps what is in memory out of files.

use nix::sys::resource::{Resource, setrlimit};

/// Makes the kernel write no core dump of this process, in which private keys could be read.
///
/// One byte and not none: a limit of 0 is ignored where dumps go to a program through a pipe, and
/// 1 is not (Linux, fs/coredump.c); to a file a dump of one byte is not written either.
pub fn no_core_dumps() {
    // Where a hard limit of 0 forbids it, there are no dumps into files, and nothing better to do.
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1);
}

#[cfg(test)]
mod tests {
    use nix::sys::resource::getrlimit;

    use super::*;

    #[test]
    fn the_limit_is_set() {
        no_core_dumps();
        assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((1, 1)));
    }
}
