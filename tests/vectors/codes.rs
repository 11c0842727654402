//! Codes on paper, good and hostile.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use nulstil::cert::{did, document};
use serde_json::Value;

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::paper::{
    Fields, Message, bytes, code, head, header, number, statement, text, time, word,
};
use crate::station::{DAY, Papers, at, authorization, key, signed};

/// A model too long for a code, and what of it is in the code: 40 bytes, an ellipsis included.
const LONG: &str = "Samsung SSD 970 EVO Plus, brugt på Nørre Åby Skole";
const CUT: &str = "Samsung SSD 970 EVO Plus, brugt på N…";

/// The root's word as it stands in a code.
fn vouched(change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let mut fields = word();
    change(&mut fields);
    Message::new("root", fields.map()).bytes()
}

/// A code with the root's word that the station signs.
fn made(about: &Value, change: impl FnOnce(&mut Fields)) -> Message {
    let mut fields = statement(about);
    fields.set(11, bytes(&vouched(|_| ())));
    change(&mut fields);
    Message::new("station", fields.map())
}

fn line(message: &[u8]) -> String {
    format!("{}\n", code(message))
}

fn good(file: &str, text: String, why: &str) -> Vector {
    Vector::code(&format!("good/{file}.code.txt"), text, why)
}

fn hostile(file: &str, code: &str, text: String, why: &str) -> Vector {
    Vector::code(&format!("hostile/{file}.code.txt"), text, why).rejected(code)
}

pub fn all(list: &mut Vectors) {
    let mut evidence = drives::nvme();
    evidence.drive.model = Some(LONG.into());
    let mut papers = Papers::new(260);
    papers.authorization = authorization(|a| {
        a.paper = Some(Base64UrlUnpadded::encode_string(&vouched(|_| ())));
    });
    let long = signed(papers.erasure("/dev/nvme0n1", &evidence));
    list.add(
        Vector::of(
            "good/short-form-for-paper.cert.json",
            &long,
            "Its authorization carries the root's word in short, for codes on paper.",
        )
        .concluding("sanitized", Some("purge")),
    );
    verdicts(list, &long);
    vouchers(list);
    let about = list.document("good/clear-hdd.cert.json");
    contradictions(list, &about);
    signatures(list, &about);
    words(list, &about);
    spellings(list, &about);
    contents(list, &about);
    texts(list, &about);
}

/// One of every verdict, beside what it is about or alone.
fn verdicts(list: &mut Vectors, long: &Value) {
    for (file, conclusion, method, why) in [
        ("clear-hdd", "sanitized", Some("clear"), "A code on paper about an overwritten disk."),
        ("purge-sas-hdd", "sanitized", Some("purge"), "A disk that overwrote itself."),
        ("failed", "not-sanitized", None, "An authentic code may say that a run failed."),
        ("aborted", "not-sanitized", None, "An authentic code may say that a run was stopped."),
        ("incomplete", "not-sanitized", None, "An authentic code may say that a run was cut off."),
        ("unverified", "indeterminate", None, "An authentic code may say that nothing is proven."),
        ("disk-image", "sanitized", Some("clear"), "A code says that it is about a file only."),
        ("virtual-drive", "sanitized", Some("clear"), "A code about a virtual drive."),
    ] {
        let about = list.document(&format!("good/{file}.cert.json"));
        let vector = good(file, line(&made(&about, |_| ()).bytes()), why);
        let beside = format!("good/{file}.cert.json");
        list.add(vector.concluding(conclusion, method).beside_document(&beside, true));
    }
    let cut = made(long, |fields| fields.set(8, text(CUT)));
    list.add(
        good("cut", line(&cut.bytes()), "A long model is cut in a code, and is still the same.")
            .concluding("sanitized", Some("purge"))
            .beside_document("good/short-form-for-paper.cert.json", true),
    );
    let about = list.document("good/clear-hdd.cert.json");
    let plain = || made(&about, |_| ());
    let clear = |vector: Vector| vector.concluding("sanitized", Some("clear"));
    list.add(clear(good(
        "alone",
        code(&plain().bytes()),
        "A code proves itself without its certificate, and without the end of a line.",
    )));
    list.add(clear(
        good("other", line(&plain().bytes()), "The certificate beside it is another one.")
            .beside_document("good/purge-sas-hdd.cert.json", false),
    ));
    let newer = Message { protected: header(0x32, "station"), ..plain() };
    list.add(clear(good(
        "algorithm-19",
        line(&newer.bytes()),
        "RFC 9864 names the same signature by another number.",
    )));
    let listed =
        made(&about, |fields| fields.set(11, bytes(&vouched(|word| word.set(5, number(2))))));
    list.add(clear(
        good("list-wanted", line(&listed.bytes()), "Whether the key was revoked is not known.")
            .incomplete(),
    ));
    list.add(clear(
        good("list-there", line(&listed.bytes()), "The list that the code asks for is there.")
            .with_list("2.trust"),
    ));
    list.add(
        hostile("revoked", "revoked", line(&listed.bytes()), "The station's key was lost.")
            .with_list("2-revoked.trust"),
    );
    let newest =
        made(&about, |fields| fields.set(11, bytes(&vouched(|word| word.set(5, number(3))))));
    list.add(
        hostile(
            "old-list",
            "old-trust-list",
            line(&newest.bytes()),
            "An older list is shown than there was when the station was authorized.",
        )
        .with_list("2.trust"),
    );
}

/// A code without the root's word, and the authorizations that somebody may name for it.
fn vouchers(list: &mut Vectors) {
    let about = list.document("good/clear-hdd.cert.json");
    let bare = line(&Message::new("station", statement(&about).map()).bytes());
    list.add(hostile(
        "nobody-vouches",
        "authorization-missing",
        bare.clone(),
        "The code does not say who vouches for the station, and no authorization is there.",
    ));
    list.add_file("station.auth", &authorization(|_| ()));
    list.add(
        good("without-word", bare.clone(), "The station's authorization says who vouches.")
            .concluding("sanitized", Some("clear"))
            .vouched_by("station.auth")
            .beside_document("good/clear-hdd.cert.json", true),
    );
    let other = did::of(&key("other").verifying_key());
    let other = authorization(|a| a.station = other);
    let expired = authorization(|a| a.valid_until = at(3600));
    let early = authorization(|a| a.valid_from = at(DAY));
    let failures = authorization(|a| a.may_issue = vec![document::FAILED.into()]);
    let validator = authorization(|a| a.may_issue = vec![document::VALIDATION.into()]);
    for (name, document, code) in [
        ("other", other, "authorization-other-key"),
        ("expired", expired, "authorization-expired"),
        ("early", early, "authorization-not-yet-valid"),
        ("failures", failures, "authorization-not-for-type"),
        ("validator", validator, "not-a-station"),
    ] {
        let auth = format!("{name}.auth");
        list.add_file(&auth, &document);
        let why = "The authorization does not permit this code.";
        let file = format!("voucher-{name}");
        list.add(hostile(&file, code, bare.clone(), why).vouched_by(&auth));
    }
}

/// The station itself says two things about one certificate.
fn contradictions(list: &mut Vectors, about: &Value) {
    type Change = fn(&mut Fields);
    let changes: [(&str, Change); 5] = [
        ("serial", |f| f.set(7, text("WD-WCC2E4AA0009"))),
        ("no-serial", |f| f.drop(7)),
        ("id", |f| f.set(1, bytes(&[7; 16]))),
        ("method", |f| f.set(4, number(1))),
        ("capacity", |f| f.set(6, number(1 << 40))),
    ];
    for (name, change) in changes {
        let vector = hostile(
            &format!("contradiction-{name}"),
            "code-contradiction",
            line(&made(about, change).bytes()),
            "The code names the certificate by its digest and says other things of it.",
        );
        list.add(vector.beside_document("good/clear-hdd.cert.json", false));
    }
}

/// What is wrong with who signed.
fn signatures(list: &mut Vectors, about: &Value) {
    let plain = made(about, |_| ());
    let signature = plain.signature();
    let altered = made(about, |fields| fields.set(7, text("WD-WCC2E4AA0009")));
    let failed = list.document("good/failed.cert.json");
    let upgraded = made(&failed, |fields| {
        fields.set(3, number(0));
        fields.set(4, number(0));
    });
    let mut flipped = signature.clone();
    flipped[5] ^= 1;
    // S + L signs the same to a lenient verifier (RFC 8032, section 5.1.7).
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let mut carry = 0;
    let mut malleable = signature.clone();
    for (at, byte) in malleable[32..].iter_mut().enumerate() {
        let add = u16::from_str_radix(&order[2 * at..2 * at + 2], 16).unwrap();
        let sum = u16::from(*byte) + add + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    let disguised =
        Message { protected: header(0x27, "station"), signer: "other", ..plain.clone() };
    let other = Message::new("other", plain.payload.clone());
    let bad = "bad-signature";
    for (file, code, message, why) in [
        ("changed-serial", bad, altered.with(&signature), "The serial number was changed."),
        (
            "failure-upgraded",
            bad,
            upgraded.with(&made(&failed, |_| ()).signature()),
            "A failure was made a success.",
        ),
        ("changed-signature", bad, plain.with(&flipped), "One bit of the signature was changed."),
        ("malleable", bad, plain.with(&malleable), "The signature in its second spelling."),
        ("short-signature", bad, plain.with(&signature[..63]), "The signature is cut off."),
        ("zero-signature", bad, plain.with(&[0; 64]), "No signature at all."),
        ("other-key-disguised", bad, disguised.bytes(), "Another key signed under this name."),
        ("other-key", "authorization-other-key", other.bytes(), "Another key signed."),
    ] {
        list.add(hostile(file, code, line(&message), why));
    }
}

/// What is wrong with the root's word.
fn words(list: &mut Vectors, about: &Value) {
    let with = |word: &[u8]| line(&made(about, |fields| fields.set(11, bytes(word))).bytes());
    let other = key("other").verifying_key();
    let by_other = Message::new("other", word().map());
    let disguised = Message {
        protected: header(0x27, "root"),
        signer: "other",
        payload: word().map(),
        ..by_other.clone()
    };
    let mut longer = word();
    longer.set(4, time(at(10_000 * DAY)));
    let prolonged =
        Message::new("root", longer.map()).with(&Message::new("root", word().map()).signature());
    let statement_as_word = Message::new("root", statement(about).map()).bytes();
    let mut unclean = vouched(|_| ());
    unclean.push(0);
    let form = "code-form";
    for (file, code, word, why) in [
        (
            "word-expired",
            "authorization-expired",
            vouched(|w| w.set(4, time(at(3 * 3600)))),
            "The station was no longer authorized.",
        ),
        (
            "word-early",
            "authorization-not-yet-valid",
            vouched(|w| w.set(3, time(at(3 * 3600 + 1)))),
            "The station was not yet authorized.",
        ),
        (
            "word-for-another",
            "authorization-other-key",
            vouched(|w| w.set(1, bytes(other.as_bytes()))),
            "The root vouches for another station.",
        ),
        ("word-other-root", "authorization-other-root", by_other.bytes(), "Another root vouches."),
        ("word-disguised", "authorization-broken", disguised.bytes(), "Not the root signed."),
        ("word-prolonged", "authorization-broken", prolonged, "It was made to last longer."),
        ("word-weak-key", form, vouched(|w| w.set(1, bytes(&[0; 32]))), "A key anybody has."),
        (
            "word-backwards",
            form,
            vouched(|w| w.set(4, time(at(-15 * DAY)))),
            "It ends when it begins.",
        ),
        (
            "word-long-name",
            form,
            vouched(|w| w.set(2, text("Station 4 in Nørreskov, DK"))),
            "Its name is longer than any in a code.",
        ),
        ("word-of-other-kind", form, vouched(|w| w.set(0, number(3))), "It is another thing."),
        ("word-with-a-limit", form, vouched(|w| w.set(6, text("Odense"))), "It has a limit."),
        ("word-without-end", form, vouched(|w| w.drop(4)), "It does not say until when."),
        ("word-statement", form, statement_as_word, "A statement is no authorization."),
        ("word-with-tail", form, unclean, "Something follows after the root's word."),
        ("word-empty", form, Vec::new(), "The root's word is empty."),
    ] {
        list.add(hostile(file, code, with(&word), why));
    }
    let later = made(about, |fields| {
        fields.set(9, time(at(60 * 365 * DAY)));
        let long = vouched(|word| word.set(4, time(at(90 * 365 * DAY))));
        fields.set(11, bytes(&long));
    });
    list.add(hostile(
        "from-the-future",
        "from-the-future",
        line(&later.bytes()),
        "It says that it was signed long after the auditor looks at it.",
    ));
}

/// CBOR and COSE in spellings and forms that other readers accept; the station signed them all.
fn spellings(list: &mut Vectors, about: &Value) {
    let plain = made(about, |_| ());
    let whole = plain.bytes();
    let fields = statement(about);
    let with = |payload: Vec<u8>| Message { payload, ..plain.clone() }.bytes();
    let headed = |protected: Vec<u8>| Message { protected, ..plain.clone() }.bytes();
    let name = bytes(&crate::paper::name_of("station"));
    let mut swapped = fields.clone();
    swapped.0.swap(1, 2);
    let mut twice = fields.clone();
    twice.0.insert(1, twice.0[1].clone());
    let map = plain.payload.clone();
    let tail = [&map[..], &[0]].concat();
    let long_count = [&[0xb8, map[0] & 31], &map[1..]].concat();
    let endless = [&[0xbf], &map[1..], &[0xff]].concat();
    let untagged = whole[1..].to_vec();
    let of_many = [&[0xd8, 98], &whole[1..]].concat();
    let long_tag = [&[0xd8, 18], &whole[1..]].concat();
    let detached = [
        &head(6, 18)[..],
        &head(4, 4),
        &bytes(&plain.protected),
        &head(5, 0),
        &[0xf6],
        &bytes(&plain.signature()),
    ]
    .concat();
    let five = [&[0xd2, 0x85], &whole[2..], &[0]].concat();
    let crit = [&[0xa3, 1, 0x27, 2, 0x81, 0x18, 99, 4][..], &name].concat();
    let typed = [&[0xa3, 1, 0x27, 3, 0, 4][..], &name].concat();
    let unprotected =
        Message { unprotected: [&[0xa1, 4][..], &name].concat(), ..plain.clone() }.bytes();
    for (file, message, why) in [
        ("tail", [&whole[..], &[0]].concat(), "Something follows after the message."),
        ("tail-in-payload", with(tail), "Something follows after the statement."),
        ("tail-in-header", headed([&plain.protected[..], &[0]].concat()), "And in the header."),
        ("cut-in-half", whole[..whole.len() / 2 / 2 * 2].to_vec(), "Half of the code."),
        ("members-swapped", with(swapped.map()), "The members are in another order."),
        ("member-twice", with(twice.map()), "One member is there twice."),
        ("long-number", with(long_count), "A number in a longer spelling."),
        ("endless-map", with(endless), "A map of no length."),
        ("long-tag", long_tag, "The tag in a longer spelling."),
        ("untagged", untagged, "It does not say what it is."),
        ("signed-by-many", of_many, "The tag of another kind of message."),
        ("detached", detached, "The statement is not in the message."),
        ("fifth-member", five, "The message has five parts."),
        ("critical-header", headed(crit), "A header that must be understood, and is not known."),
        ("unknown-header", headed(typed), "A header that is not known."),
        ("unprotected-header", unprotected, "A header that nobody signed."),
        ("no-header", headed(Vec::new()), "It names neither algorithm nor key."),
        ("no-algorithm", headed([&[0xa1, 4][..], &name].concat()), "It names no algorithm."),
        ("algorithm-es256", headed(header(0x26, "station")), "It names another algorithm."),
        ("algorithm-hmac", headed(header(0x05, "station")), "It names a secret for all."),
        (
            "algorithm-twice",
            headed([&[0xa3, 1, 0x27, 1, 0x27, 4][..], &name].concat()),
            "It names its algorithm twice.",
        ),
        (
            "algorithm-in-words",
            headed([&[0xa2, 1][..], &text("EdDSA"), &[4], &name].concat()),
            "It names its algorithm by a text.",
        ),
        ("header-swapped", headed([&[0xa2, 4][..], &name, &[1, 0x27]].concat()), "Swapped."),
        (
            "short-key-name",
            headed([&[0xa2, 1, 0x27, 4][..], &bytes(&[1; 7])].concat()),
            "The name of the key is too short.",
        ),
        ("empty-payload", with(Vec::new()), "It says nothing."),
        ("payload-list", with(vec![0x80]), "The statement is a list."),
    ] {
        let file = format!("form-{file}");
        let why = if why.contains(' ') { why } else { "The header in another order." };
        list.add(hostile(&file, "code-form", line(&message), why));
    }
}

/// Statements that no certificate can be behind.
fn contents(list: &mut Vectors, about: &Value) {
    type Change = fn(&mut Fields);
    let changes: &[(&str, Change, &str)] = &[
        ("kind", |f| f.set(0, number(3)), "It is another kind of statement."),
        ("unknown-field", |f| f.set(12, number(1)), "It has a field that is not known."),
        ("no-digest", |f| f.drop(2), "It names no certificate."),
        ("short-digest", |f| f.set(2, bytes(&[1; 31])), "Its digest is too short."),
        ("short-id", |f| f.set(1, bytes(&[1; 15])), "Its id is too short."),
        ("digest-in-hex", |f| f.set(2, text("00")), "Its digest is a text."),
        ("unknown-type", |f| f.set(3, number(200)), "A type of document that is not known."),
        ("unknown-medium", |f| f.set(5, number(7)), "A medium that is not known."),
        ("unknown-method", |f| f.set(4, number(3)), "A method that is not known."),
        ("no-method", |f| f.drop(4), "A success by no method."),
        ("failure-with-method", |f| f.set(3, number(1)), "A failure by a method."),
        ("negative", |f| f.set(6, head(1, 0)), "A drive of less than no bytes."),
        ("float", |f| f.set(6, vec![0xf9, 0x3c, 0]), "A capacity with a fraction."),
        ("no-capacity", |f| f.drop(6), "A drive of no size."),
        ("far-time", |f| f.set(9, number(1 << 63)), "A time that no clock has."),
        ("time-in-words", |f| f.set(9, text("2026-11-16T11:00:00Z")), "Its time is a text."),
        ("long-serial", |f| f.set(7, text(&"1".repeat(41))), "Longer than in any code."),
        ("empty-serial", |f| f.set(7, text("")), "A serial number of no characters."),
        ("padded", |f| f.set(7, text("WD-WCC2E4AA0002 ")), "A padded serial number."),
        ("bidi", |f| f.set(7, text("A\u{202e}2000AA4E2CCW")), "A text that shows as another."),
        ("not-nfc", |f| f.set(8, text("A\u{30a}rhus")), "A text in a second spelling."),
        ("null", |f| f.set(7, vec![0xf6]), "A serial number of null."),
        ("bytes-for-text", |f| f.set(7, bytes(b"X")), "A serial number of bytes."),
        ("not-utf8", |f| f.set(7, vec![0x61, 0xff]), "A text that is not UTF-8."),
    ];
    for (file, change, why) in changes {
        let message = made(about, change).bytes();
        list.add(hostile(&format!("says-{file}"), "code-form", line(&message), why));
    }
}

/// Texts that are no code.
fn texts(list: &mut Vectors, about: &Value) {
    let code = code(&made(about, |_| ()).bytes());
    let body = &code["NULSTIL1:".len()..];
    let last = &body[..body.len() - 1];
    for (file, reason, text, why) in [
        ("no-prefix", "not-a-code", body.to_owned(), "It does not begin as a code does."),
        ("version-2", "not-a-code", format!("NULSTIL2:{body}"), "A code of another version."),
        ("small-letters", "not-a-code", code.to_lowercase(), "All in small letters."),
        ("blank-first", "not-a-code", format!(" {code}"), "A blank goes first."),
        ("nothing", "not-a-code", String::new(), "Nothing at all."),
        (
            "small-letter",
            "code-damaged",
            code.replacen('A', "a", 1),
            "One letter is not of base45.",
        ),
        ("base64", "code-damaged", format!("NULSTIL1:{body}=="), "Padded as base64 is."),
        ("letter-lost", "code-damaged", format!("NULSTIL1:{last}"), "The last letter is lost."),
        (
            "too-much",
            "code-damaged",
            format!("NULSTIL1::::{body}"),
            "Three letters that stand for more than two bytes.",
        ),
        ("two-too-much", "code-damaged", format!("NULSTIL1:{}::", &body[..3]), "Two of them."),
        ("line-break", "code-damaged", code.replacen('A', "A\n", 1), "Broken into lines."),
        ("long", "code-damaged", format!("NULSTIL1:{}", "0".repeat(1200)), "Longer than any."),
        ("empty", "code-form", "NULSTIL1:".to_owned(), "A code of nothing."),
        ("hello", "code-form", "NULSTIL1:%69 VD92EX0".to_owned(), "The example of RFC 9285."),
    ] {
        list.add(hostile(&format!("text-{file}"), reason, text, why));
    }
}
