//! The data stream of TCG's messages: tokens, that is atoms of data and the brackets between them
//! (section 3.2.2).
//!
//! Checked against Linux `block/sed-opal.c`, sedutil's `DtaResponse.cpp` and EDK2's
//! `TcgStorageCore.h`.

use crate::proto::Malformed;

/// One token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Unsigned(u64),
    Bytes(&'a [u8]),
    StartList,
    EndList,
    StartName,
    EndName,
    Call,
    EndOfData,
    EndOfSession,
    StartTransaction,
    EndTransaction,
}

fn invalid(why: &'static str) -> Malformed {
    Malformed::Invalid { page: "TCG data stream", why }
}

/// Reads a whole stream. Empty atoms are left out.
///
/// # Errors
/// An atom that ends behind the stream, an integer of more than 64 bits, a reserved code; and
/// signed integers and byte strings in parts, which nothing here has a use for.
pub(super) fn decode(mut stream: &[u8]) -> Result<Vec<Token<'_>>, Malformed> {
    let mut tokens = Vec::new();
    while let [first, rest @ ..] = stream {
        stream = rest;
        // The kind of atom, the length of its data, and what follows its head.
        let (is_bytes, is_signed, length, rest) = match (*first, rest) {
            (0x00..=0x3f, _) => {
                tokens.push(Token::Unsigned((*first).into()));
                continue;
            }
            (0x40..=0x7f, _) => return Err(invalid("a signed integer")),
            (0x80..=0xbf, rest) => (first & 0x20, first & 0x10, u32::from(first & 0xf), rest),
            (0xc0..=0xdf, [low, rest @ ..]) => {
                let length = u32::from_be_bytes([0, 0, first & 7, *low]);
                (first & 0x10, first & 0x08, length, rest)
            }
            (0xe0..=0xe3, [high, middle, low, rest @ ..]) => {
                let length = u32::from_be_bytes([0, *high, *middle, *low]);
                (first & 0x02, first & 0x01, length, rest)
            }
            (0xc0..=0xe3, _) => return Err(invalid("it ends within an atom")),
            (bracket, _) => {
                tokens.extend(self::bracket(bracket)?);
                continue;
            }
        };
        if is_signed != 0 {
            return Err(invalid("a signed integer, or a part of a byte string"));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (data, rest) =
            rest.split_at_checked(length).ok_or(invalid("it ends within an atom"))?;
        stream = rest;
        tokens.push(if is_bytes != 0 {
            Token::Bytes(data)
        } else {
            Token::Unsigned(unsigned(data).ok_or(invalid("an integer of more than 64 bits"))?)
        });
    }
    Ok(tokens)
}

/// A token of one byte; none for the empty atom.
fn bracket(code: u8) -> Result<Option<Token<'static>>, Malformed> {
    Ok(Some(match code {
        0xf0 => Token::StartList,
        0xf1 => Token::EndList,
        0xf2 => Token::StartName,
        0xf3 => Token::EndName,
        0xf8 => Token::Call,
        0xf9 => Token::EndOfData,
        0xfa => Token::EndOfSession,
        0xfb => Token::StartTransaction,
        0xfc => Token::EndTransaction,
        0xff => return Ok(None),
        _ => return Err(invalid("a reserved token")),
    }))
}

fn unsigned(data: &[u8]) -> Option<u64> {
    (data.len() <= 8).then(|| data.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Appends a token, in its shortest form.
pub(super) fn encode(token: Token<'_>, stream: &mut Vec<u8>) {
    match token {
        Token::Unsigned(number @ 0..0x40) => stream.push(number as u8),
        Token::Unsigned(number) => {
            let bytes = number.to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            stream.push(0x80 | (bytes.len() - zeros) as u8);
            stream.extend(bytes.iter().skip(zeros));
        }
        Token::Bytes(bytes) => {
            let [.., high, middle, low] = bytes.len().to_be_bytes();
            match bytes.len() {
                0..0x10 => stream.push(0xa0 | low),
                0x10..0x800 => stream.extend([0xd0 | middle, low]),
                _ => stream.extend([0xe2, high, middle, low]),
            }
            stream.extend(bytes);
        }
        Token::StartList => stream.push(0xf0),
        Token::EndList => stream.push(0xf1),
        Token::StartName => stream.push(0xf2),
        Token::EndName => stream.push(0xf3),
        Token::Call => stream.push(0xf8),
        Token::EndOfData => stream.push(0xf9),
        Token::EndOfSession => stream.push(0xfa),
        Token::StartTransaction => stream.push(0xfb),
        Token::EndTransaction => stream.push(0xfc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `Debug` on tokens, whose bytes can be a password.
    fn is(stream: &[u8], tokens: &[Token<'_>]) -> bool {
        decode(stream).is_ok_and(|decoded| decoded == tokens)
    }

    fn why(stream: &[u8]) -> String {
        decode(stream).err().unwrap().to_string()
    }

    #[test]
    fn brackets() {
        let tokens = [
            (0xf0, Token::StartList),
            (0xf1, Token::EndList),
            (0xf2, Token::StartName),
            (0xf3, Token::EndName),
            (0xf8, Token::Call),
            (0xf9, Token::EndOfData),
            (0xfa, Token::EndOfSession),
            (0xfb, Token::StartTransaction),
            (0xfc, Token::EndTransaction),
        ];
        for (code, token) in tokens {
            let mut stream = Vec::new();
            encode(token, &mut stream);
            assert_eq!(stream, [code]);
            assert!(is(&stream, &[token]));
        }
        assert!(is(&[0xff, 0xf0, 0xff, 0xff], &[Token::StartList]), "empty atoms");
        for reserved in (0xe4..=0xef).chain([0xf4, 0xf5, 0xf6, 0xf7, 0xfd, 0xfe]) {
            assert!(why(&[reserved]).contains("reserved"), "{reserved:x}");
        }
    }

    #[test]
    fn integers() {
        let cases: &[(u64, &[u8])] = &[
            (0, &[0x00]),
            (63, &[0x3f]),
            (64, &[0x81, 0x40]),
            (105, &[0x81, 0x69]),
            (255, &[0x81, 0xff]),
            (256, &[0x82, 0x01, 0x00]),
            (2048, &[0x82, 0x08, 0x00]),
            (0x01_0000, &[0x83, 0x01, 0x00, 0x00]),
            (u64::MAX, &[0x88, 255, 255, 255, 255, 255, 255, 255, 255]),
        ];
        for (number, bytes) in cases {
            let mut stream = Vec::new();
            encode(Token::Unsigned(*number), &mut stream);
            assert_eq!(stream, *bytes);
            assert!(is(&stream, &[Token::Unsigned(*number)]));
        }
        // Other widths of the same numbers, as sedutil sends them and drives may.
        assert!(is(&[0x84, 0, 1, 0, 0], &[Token::Unsigned(0x01_0000)]));
        assert!(is(&[0xc0, 0x02, 0x10, 0x01, 5], &[Token::Unsigned(0x1001), Token::Unsigned(5)]));
        assert!(is(&[0xe0, 0, 0, 1, 0x69], &[Token::Unsigned(105)]));
        assert!(is(&[0x80], &[Token::Unsigned(0)]));
        assert!(why(&[0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1]).contains("64 bits"));
    }

    #[test]
    fn byte_strings() {
        let cases: &[(usize, &[u8])] = &[
            (0, &[0xa0]),
            (8, &[0xa8]),
            (15, &[0xaf]),
            (16, &[0xd0, 0x10]),
            (32, &[0xd0, 0x20]),
            (0x7ff, &[0xd7, 0xff]),
            (0x800, &[0xe2, 0x00, 0x08, 0x00]),
        ];
        for (length, head) in cases {
            let bytes = vec![0x41; *length];
            let mut stream = Vec::new();
            encode(Token::Bytes(&bytes), &mut stream);
            assert_eq!((&stream[..head.len()], &stream[head.len()..]), (*head, &bytes[..]));
            assert!(is(&stream, &[Token::Bytes(&bytes)]));
        }
        assert!(is(&[0xd0, 0x01, 7], &[Token::Bytes(&[7])]));
        assert!(is(&[0xe2, 0, 0, 1, 7, 8], &[Token::Bytes(&[7]), Token::Unsigned(8)]));
    }

    #[test]
    fn what_is_not_spoken_here() {
        for stream in
            [&[0x40][..], &[0x7f], &[0x91, 1], &[0xb1, 1], &[0xd8, 1, 1], &[0xe3, 0, 0, 0]]
        {
            let _ = why(stream);
        }
    }

    #[test]
    fn hostile() {
        for stream in [
            &[0x81][..],
            &[0xa8, 1, 2, 3],
            &[0xd0],
            &[0xd7, 0xff, 0],
            &[0xe2, 0xff, 0xff],
            &[0xe2, 0xff, 0xff, 0xff, 0],
        ] {
            assert!(why(stream).contains("ends within"), "{stream:x?}");
        }
        let mut noise = 7_u32;
        for _ in 0..2000 {
            let stream: Vec<u8> = (0..40)
                .map(|_| {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    noise.to_be_bytes()[0]
                })
                .collect();
            assert!(decode(&stream).map_or(0, |tokens| tokens.len()) <= 40);
        }
    }
}
