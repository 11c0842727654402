//! The SECURITY commands (F1h to F6h): a password, and an erase that asks for it.
//!
//! All are 28-bit commands. Those with a password move one block of 512 bytes to the drive.

use std::fmt;

use super::{Command, Width};
use crate::proto::Data;

const SET_PASSWORD: u8 = 0xf1;
const UNLOCK: u8 = 0xf2;
const ERASE_PREPARE: u8 = 0xf3;
const ERASE_UNIT: u8 = 0xf4;
const FREEZE_LOCK: u8 = 0xf5;
const DISABLE_PASSWORD: u8 = 0xf6;

/// Bits of the block's first byte.
const MASTER: u8 = 1 << 0;
const ENHANCED: u8 = 1 << 1;

/// What can be asked of the feature set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Sets the user password at level High, which turns security on. The drive is locked from the
    /// next power cycle on. This tool never sets a master password, nor level Maximum: the
    /// factory's master password is a way back.
    SetUserPassword(Password),
    /// Unlocks a locked drive until the next power cycle. Five wrong passwords, and it takes none
    /// until then.
    Unlock(Identifier, Password),
    /// Arms [`Request::EraseUnit`], which must be the very next command to the drive.
    ErasePrepare,
    /// Erases, and turns security off. Works on a locked drive too.
    EraseUnit(Identifier, Password, EraseMode),
    /// No command of this feature set works until the next power cycle. This is what firmware does
    /// to drives when it starts a computer.
    FreezeLock,
    /// Turns security off on an unlocked drive, and keeps its data.
    DisablePassword(Identifier, Password),
}

/// Which of a drive's two passwords is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identifier {
    /// The user's, the one that turns security on.
    User,
    /// The master's, which every drive has from its factory.
    Master,
}

/// What SECURITY ERASE UNIT does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseMode {
    /// Overwrites every block up to the native maximum address.
    Normal,
    /// Puts the vendor's patterns where user data ever was, in reallocated blocks too.
    Enhanced,
}

/// A password: up to 32 bytes, with zeros behind them. All 32 count.
///
/// The empty password is not one: some firmware locks a drive with it for good.
#[derive(Clone, PartialEq, Eq)]
pub struct Password([u8; 32]);

impl Password {
    /// `None` if there is nothing but zeros, or more than 32 bytes.
    #[must_use]
    pub fn new(password: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..password.len())?.copy_from_slice(password);
        (bytes != [0; 32]).then_some(Self(bytes))
    }
}

/// An owner's password is not for logs.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Request {
    /// The command.
    #[must_use]
    pub fn command(&self) -> Command {
        let (code, control, password) = match self {
            Self::SetUserPassword(password) => (SET_PASSWORD, 0, password),
            Self::Unlock(who, password) => (UNLOCK, control(*who), password),
            Self::EraseUnit(who, password, mode) => {
                let mode = match mode {
                    EraseMode::Normal => 0,
                    EraseMode::Enhanced => ENHANCED,
                };
                (ERASE_UNIT, control(*who) | mode, password)
            }
            Self::DisablePassword(who, password) => (DISABLE_PASSWORD, control(*who), password),
            Self::ErasePrepare => return Command::new(ERASE_PREPARE, Width::Lba28),
            Self::FreezeLock => return Command::new(FREEZE_LOCK, Width::Lba28),
        };
        // The second byte would be the level, Maximum if its lowest bit is set. Bytes 34 and 35
        // would be the identifier of a new master password.
        let mut block = [&[control, 0], &password.0[..]].concat();
        block.resize(512, 0);
        Command { count: 1, data: Data::Out(block), ..Command::new(code, Width::Lba28) }
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let password = || {
            let Data::Out(block) = &command.data else { return None };
            let control = *block.first()?;
            let who = if control & MASTER == 0 { Identifier::User } else { Identifier::Master };
            let mode =
                if control & ENHANCED == 0 { EraseMode::Normal } else { EraseMode::Enhanced };
            Some((who, mode, Password::new(block.get(2..34)?)?))
        };
        let request = match command.code {
            SET_PASSWORD => Self::SetUserPassword(password()?.2),
            UNLOCK => password().map(|(who, _, password)| Self::Unlock(who, password))?,
            ERASE_PREPARE => Self::ErasePrepare,
            ERASE_UNIT => {
                password().map(|(who, mode, password)| Self::EraseUnit(who, password, mode))?
            }
            FREEZE_LOCK => Self::FreezeLock,
            DISABLE_PASSWORD => {
                password().map(|(who, _, password)| Self::DisablePassword(who, password))?
            }
            _ => return None,
        };
        (request.command() == *command).then_some(request)
    }
}

fn control(who: Identifier) -> u8 {
    match who {
        Identifier::User => 0,
        Identifier::Master => MASTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb12, cdb16, decode};
    use crate::proto::ata::tests::noise;

    fn password() -> Password {
        Password::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345").unwrap()
    }

    #[test]
    fn blocks_byte_by_byte() {
        use EraseMode::{Enhanced, Normal};
        use Identifier::{Master, User};
        let cases = [
            (Request::SetUserPassword(password()), 0xf1, 0x00, "SECURITY SET PASSWORD"),
            (Request::Unlock(User, password()), 0xf2, 0x00, "SECURITY UNLOCK"),
            (Request::Unlock(Master, password()), 0xf2, 0x01, "SECURITY UNLOCK"),
            (Request::EraseUnit(User, password(), Normal), 0xf4, 0x00, "SECURITY ERASE UNIT"),
            (Request::EraseUnit(User, password(), Enhanced), 0xf4, 0x02, "SECURITY ERASE UNIT"),
            (Request::EraseUnit(Master, password(), Enhanced), 0xf4, 0x03, "SECURITY ERASE UNIT"),
            (Request::DisablePassword(User, password()), 0xf6, 0x00, "SECURITY DISABLE PASSWORD"),
            (Request::DisablePassword(Master, password()), 0xf6, 0x01, "SECURITY DISABLE PASSWORD"),
        ];
        for (request, code, control, name) in cases {
            let command = request.command();
            assert_eq!(command.name(), name);
            let cdb = [0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, code, 0];
            assert_eq!(cdb16(&command), cdb);
            let Data::Out(block) = command.data() else { panic!() };
            assert_eq!(block.len(), 512);
            assert_eq!(block[..2], [control, 0]);
            assert_eq!(&block[2..34], b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345");
            assert_eq!(block[34..], [0; 478]);
            assert_eq!(Request::decode(&decode(&cdb, block).unwrap()), Some(request));
        }
    }

    #[test]
    fn two_have_no_block() {
        for (request, code) in [(Request::ErasePrepare, 0xf3), (Request::FreezeLock, 0xf5)] {
            let cdb = cdb12(&request.command()).unwrap();
            assert_eq!(cdb, [0xa1, 0x06, 0x20, 0, 0, 0, 0, 0, 0x40, code, 0, 0]);
            assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(request));
        }
        assert_eq!(Request::ErasePrepare.command().name(), "SECURITY ERASE PREPARE");
        assert_eq!(Request::FreezeLock.command().name(), "SECURITY FREEZE LOCK");
    }

    #[test]
    fn passwords() {
        assert_eq!(Password::new(b""), None);
        assert_eq!(Password::new(&[0; 32]), None);
        assert_eq!(Password::new(&[b'x'; 33]), None);
        assert_eq!(Password::new(b"p"), Password::new(b"p\0\0"), "padded with zeros");
        assert_ne!(Password::new(b"p"), Password::new(b"p "));
        assert_eq!(format!("{:?}", password()), "Password");
    }

    #[test]
    fn what_this_tool_does_not_set_is_not_a_request() {
        let cdb = cdb16(&Request::SetUserPassword(password()).command());
        let block = |changes: &[(usize, u8)]| {
            let mut block = [0; 512];
            block[2] = b'p';
            changes.iter().for_each(|(at, byte)| block[*at] = *byte);
            Request::decode(&decode(&cdb, &block).unwrap())
        };
        assert_eq!(block(&[]), Some(Request::SetUserPassword(Password::new(b"p").unwrap())));
        assert_eq!(block(&[(0, 1)]), None, "a master password");
        assert_eq!(block(&[(1, 1)]), None, "level Maximum");
        assert_eq!(block(&[(34, 1)]), None, "a master password's identifier");
        assert_eq!(block(&[(2, 0)]), None, "no password");
        let mut zones = cdb;
        zones[14] = ERASE_UNIT;
        let mut full = [0; 512];
        full[..3].copy_from_slice(&[4, 0, b'p']);
        assert_eq!(Request::decode(&decode(&zones, &full).unwrap()), None, "full zones");
        assert_eq!(Request::decode(&Command::new(ERASE_UNIT, Width::Lba28)), None, "no block");
        assert_eq!(Request::decode(&Command::new(0xf0, Width::Lba28)), None);
        for noise in noise(512).take(200) {
            for code in 0xf1..=0xf6 {
                let data = Data::Out(noise.clone());
                let command = Command { count: 1, data, ..Command::new(code, Width::Lba28) };
                assert_eq!(Request::decode(&command), None);
            }
        }
    }
}
