//! Sanitize: the card erases physically what it no longer maps to an address.
//!
//! It does not touch what is mapped: everything has to be [erased or trimmed](super::erase) first.
//! What was only discarded it need not remove. It does not outlive a power cycle or a reset:
//! interrupted, it has to be started again (JESD84-B51, 6.6.11 and 6.6.12, read second-hand).
//!
//! Linux runs this command itself, for 240 seconds if the request sets no timeout, and fills in no
//! response (`drivers/mmc/core/block.c`, `mmc_ops.c`): the state after it has to be asked for with
//! [CMD13](super::status::command).

use super::{Command, switch};

/// EXT_CSD byte SANITIZE_START.
pub const INDEX: u8 = 165;

/// As sent.
#[must_use]
pub fn command() -> Command {
    switch::write_byte("SWITCH (sanitize)", INDEX, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let command = command();
        assert_eq!((command.opcode(), command.argument()), (6, 0x03a5_0101));
        assert_eq!((command.flags(), command.blocks()), (0x1d, 0));
    }
}
