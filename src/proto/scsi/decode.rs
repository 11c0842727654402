//! From a command's bytes back to the request, as a simulated drive needs it.
//!
//! A request is accepted only if it encodes to the very same bytes. So a bit that no typed request
//! can set, such as a fast format's, is never overlooked.

use super::format_unit::{self, FormatUnit};
use super::inquiry::{self, Inquiry};
use super::log_sense::{self, LogSense};
use super::mode_sense::{self, ModeSense};
use super::read_capacity::{self, ReadCapacity};
use super::report_luns::{self, ReportLuns};
use super::report_supported_operation_codes::{self as supported, ReportSupportedOperationCodes};
use super::request_sense::{self, RequestSense};
use super::sanitize::{self, Sanitize};
use super::security_protocol::{self, SecurityProtocolIn, SecurityProtocolOut};
use super::sense::Sense;
use super::start_stop_unit::{self, StartStopUnit};
use super::test_unit_ready::{self, TestUnitReady};
use super::{Command, Data};

/// Every request that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as its type")]
pub enum Request {
    FormatUnit(FormatUnit),
    Inquiry(Inquiry),
    LogSense(LogSense),
    ModeSense(ModeSense),
    ReadCapacity(ReadCapacity),
    ReportLuns(ReportLuns),
    ReportSupportedOperationCodes(ReportSupportedOperationCodes),
    RequestSense(RequestSense),
    Sanitize(Sanitize),
    SecurityProtocolIn(SecurityProtocolIn),
    SecurityProtocolOut(SecurityProtocolOut),
    StartStopUnit(StartStopUnit),
    TestUnitReady(TestUnitReady),
}

/// Why a command is none of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// None of them starts like this.
    OperationCode,
    /// A field has a value that no request gives it.
    Field,
    /// The parameter list has.
    ParameterList,
}

impl Rejected {
    /// What a drive answers: 05/20/00, 05/24/00 or 05/26/00.
    #[must_use]
    pub fn sense(self) -> Sense {
        match self {
            Self::OperationCode => Sense::new(0x5, 0x20, 0x00),
            Self::Field => Sense::new(0x5, 0x24, 0x00),
            Self::ParameterList => Sense::new(0x5, 0x26, 0x00),
        }
    }
}

impl Request {
    /// `out` is what goes to the drive with the command.
    ///
    /// # Errors
    /// Bytes that no request encodes to.
    pub fn decode(cdb: &[u8], out: &[u8]) -> Result<Self, Rejected> {
        let code = *cdb.first().ok_or(Rejected::OperationCode)?;
        let found = match code {
            format_unit::OPERATION_CODE => Some(Self::FormatUnit(FormatUnit::decode(cdb, out)?)),
            inquiry::OPERATION_CODE => Inquiry::decode(cdb).map(Self::Inquiry),
            log_sense::OPERATION_CODE => LogSense::decode(cdb).map(Self::LogSense),
            mode_sense::OPERATION_CODE => Some(Self::ModeSense(ModeSense)),
            read_capacity::OPERATION_CODE => Some(Self::ReadCapacity(ReadCapacity)),
            report_luns::OPERATION_CODE => Some(Self::ReportLuns(ReportLuns)),
            supported::OPERATION_CODE => {
                ReportSupportedOperationCodes::decode(cdb).map(Self::ReportSupportedOperationCodes)
            }
            request_sense::OPERATION_CODE => RequestSense::decode(cdb).map(Self::RequestSense),
            sanitize::OPERATION_CODE => Some(Self::Sanitize(Sanitize::decode(cdb, out)?)),
            security_protocol::IN_OPERATION_CODE => {
                SecurityProtocolIn::decode(cdb).map(Self::SecurityProtocolIn)
            }
            security_protocol::OUT_OPERATION_CODE => {
                SecurityProtocolOut::decode(cdb, out).map(Self::SecurityProtocolOut)
            }
            start_stop_unit::OPERATION_CODE => StartStopUnit::decode(cdb).map(Self::StartStopUnit),
            test_unit_ready::OPERATION_CODE => Some(Self::TestUnitReady(TestUnitReady)),
            _ => return Err(Rejected::OperationCode),
        };
        let found = found.ok_or(Rejected::Field)?;
        let command = found.command();
        if command.cdb() != cdb {
            return Err(Rejected::Field);
        }
        let list = if let Data::Out(list) = command.data() { list.as_slice() } else { &[] };
        if list != out { Err(Rejected::ParameterList) } else { Ok(found) }
    }

    /// As sent.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            Self::FormatUnit(request) => request.command(),
            Self::Inquiry(request) => request.command(),
            Self::LogSense(request) => request.command(),
            Self::ModeSense(request) => request.command(),
            Self::ReadCapacity(request) => request.command(),
            Self::ReportLuns(request) => request.command(),
            Self::ReportSupportedOperationCodes(request) => request.command(),
            Self::RequestSense(request) => request.command(),
            Self::Sanitize(request) => request.command(),
            Self::SecurityProtocolIn(request) => request.command(),
            Self::SecurityProtocolOut(request) => request.command(),
            Self::StartStopUnit(request) => request.command(),
            Self::TestUnitReady(request) => request.command(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::super::protection::{Protection, ProtectionType};
    use super::super::sanitize::{Erase, Overwrite, Passes, Start};
    use super::super::security_protocol::Length;
    use super::super::sense::Meaning;
    use super::*;

    /// Every kind of request, with each of its fields at more than one value.
    fn all() -> Vec<Request> {
        let bools = [false, true];
        let mut all = vec![
            Request::TestUnitReady(TestUnitReady),
            Request::ModeSense(ModeSense),
            Request::ReadCapacity(ReadCapacity),
            Request::Inquiry(Inquiry::Standard),
            Request::Sanitize(Sanitize::ExitFailureMode),
        ];
        all.extend([0x00, 0x83, 0xb1].map(|page| Request::Inquiry(Inquiry::Page(page))));
        all.extend(
            [LogSense::Temperature, LogSense::SolidStateMedia, LogSense::InformationalExceptions]
                .map(Request::LogSense),
        );
        all.extend(bools.map(|descriptors| Request::RequestSense(RequestSense { descriptors })));
        all.extend(bools.map(|start| Request::StartStopUnit(StartStopUnit { start })));
        all.extend([None, Some(0), Some(0x1234)].map(|service_action| {
            Request::ReportSupportedOperationCodes(ReportSupportedOperationCodes {
                operation_code: 0x48,
                service_action,
            })
        }));
        all.extend([Length::Bytes(u32::MAX), Length::Blocks(u16::MAX)].map(|length| {
            let request = SecurityProtocolIn { protocol: 2, specific: 0x0304, length };
            Request::SecurityProtocolIn(request)
        }));
        all.extend(
            [
                SecurityProtocolOut::bytes(0xef, 3, Vec::new()),
                SecurityProtocolOut::bytes(0xef, 1, vec![1; 36]),
                SecurityProtocolOut::blocks(1, 0x07fe, vec![2; 1024]),
            ]
            .map(|request| Request::SecurityProtocolOut(request.unwrap())),
        );
        for immediate in bools {
            for other in bools {
                let protections = [
                    None,
                    Protection::new(ProtectionType::Type1, 0),
                    Protection::new(ProtectionType::Type2, 0),
                    Protection::new(ProtectionType::Type3, 0),
                    Protection::new(ProtectionType::Type2, 1),
                    Protection::new(ProtectionType::Type3, 15),
                ];
                all.extend(protections.map(|protection| {
                    let security_initialize = other;
                    Request::FormatUnit(FormatUnit { immediate, security_initialize, protection })
                }));
                let erases = [1, 31].map(|passes| {
                    let passes = Passes::new(passes).unwrap();
                    Erase::Overwrite(Overwrite { passes, invert: other, pattern: [1, 2, 3, 4] })
                });
                for erase in [erases[0], erases[1], Erase::BlockErase, Erase::CryptographicErase] {
                    for zone_no_reset in bools {
                        all.push(Request::Sanitize(Sanitize::Start(Start {
                            erase,
                            immediate,
                            unrestricted_exit: other,
                            zone_no_reset,
                        })));
                    }
                }
            }
        }
        all
    }

    fn sent(request: &Request) -> (Vec<u8>, Vec<u8>) {
        let command = request.command();
        let out = if let Data::Out(out) = command.data() { out.clone() } else { Vec::new() };
        (command.cdb().to_vec(), out)
    }

    #[test]
    fn what_is_sent_is_what_arrives() {
        for request in all() {
            let (cdb, out) = sent(&request);
            assert_eq!(Request::decode(&cdb, &out), Ok(request));
        }
    }

    /// Whatever is decoded was sent exactly so: no other bytes mean the same.
    #[test]
    fn no_bit_is_overlooked() {
        for request in all() {
            let (cdb, out) = sent(&request);
            for bit in 0..cdb.len() * 8 {
                let mut changed = cdb.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                if let Ok(other) = Request::decode(&changed, &out) {
                    assert_ne!(other, request);
                    assert_eq!(sent(&other), (changed, out.clone()));
                }
            }
            for bit in 0..out.len() * 8 {
                let mut changed = out.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                if let Ok(other) = Request::decode(&cdb, &changed) {
                    assert_ne!(other, request);
                    assert_eq!(sent(&other), (cdb.clone(), changed));
                }
            }
            let longer = [&out[..], &[0]].concat();
            assert!(Request::decode(&cdb, &longer).is_err(), "{request:?}");
            for end in 0..cdb.len() {
                assert!(Request::decode(&cdb[..end], &out).is_err(), "{request:?}");
            }
        }
    }

    #[test]
    fn what_a_drive_says_to_the_rest() {
        let rejected =
            |cdb: &[u8], out: &[u8]| Request::decode(cdb, out).unwrap_err().sense().meaning();
        assert_eq!(rejected(&[], &[]), Meaning::UnsupportedCommand);
        assert_eq!(rejected(&[0xff, 0, 0, 0, 0, 0], &[]), Meaning::UnsupportedCommand);
        // A fast format.
        let list = [0, 0x02, 0, 0];
        assert_eq!(rejected(&[0x04, 0x10, 0, 0, 1, 0], &list), Meaning::UnsupportedField);
        assert!(Request::decode(&[0x04, 0x10, 0, 0, 0, 0], &list).is_ok());
        assert_eq!(rejected(&[0x04, 0x10, 0, 0, 0, 0], &[]), Meaning::UnsupportedParameter);
        // A service action that SANITIZE does not have, and an overwrite of no passes.
        assert_eq!(rejected(&[0x48, 4, 0, 0, 0, 0, 0, 0, 0, 0], &[]), Meaning::UnsupportedField);
        let overwrite = [0x48, 1, 0, 0, 0, 0, 0, 0, 8, 0];
        let none = [0, 0, 0, 4, 0, 0, 0, 0];
        assert_eq!(rejected(&overwrite, &none), Meaning::UnsupportedParameter);
        // READ LONG (16), and all of the operation codes.
        let mut other = [0x9e, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];
        assert_eq!(rejected(&other, &[]), Meaning::UnsupportedField);
        other[..5].copy_from_slice(&[0xa3, 0x0c, 0, 0, 0]);
        assert_eq!(rejected(&other[..12], &[]), Meaning::UnsupportedField);
    }

    #[test]
    fn nothing_panics() {
        for request in all() {
            let (cdb, out) = sent(&request);
            hostile(&cdb, |cdb| Request::decode(cdb, &out));
            hostile(&out, |out| Request::decode(&cdb, out));
        }
    }
}
