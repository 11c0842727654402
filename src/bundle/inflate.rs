//! Deflate (RFC 1951), bare or in zlib's wrapping (RFC 1950).

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::Fault;

/// Unpacks these bytes, all of them, to at most `largest`. Bytes after the end are refused: some
/// programs read on behind it.
pub(super) fn inflate(packed: &[u8], zlib: bool, largest: usize) -> Result<Vec<u8>, Fault> {
    let wrapping = if zlib { TINFL_FLAG_PARSE_ZLIB_HEADER } else { 0 };
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | wrapping;
    let mut bytes = vec![0; largest];
    let (status, read, written) =
        decompress(&mut DecompressorOxide::new(), packed, &mut bytes, 0, flags);
    bytes.truncate(written);
    match status {
        TINFLStatus::Done if read == packed.len() => Ok(bytes),
        TINFLStatus::HasMoreOutput => Err(Fault::TooLarge),
        _ => Err(Fault::Damaged),
    }
}
