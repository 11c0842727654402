//! Codes on the screen: QR codes (ISO/IEC 18004) of half a cell to a module.

use qrcodegen::{QrCode, QrCodeEcc};

use super::big::half;

/// The modules of nothing that a reader wants around a code.
const QUIET: i32 = 4;

/// The rows of cells of a QR code of `text`, dark modules set, with the quiet zone around it, if it fits
/// in `columns` and `rows` cells; with as much error correction as fits.
#[must_use]
pub fn draw(text: &str, columns: usize, rows: usize) -> Option<Vec<String>> {
    [QrCodeEcc::Quartile, QrCodeEcc::Medium, QrCodeEcc::Low].into_iter().find_map(|correction| {
        let code = QrCode::encode_text(text, correction).ok()?;
        let side = usize::try_from(code.size() + 2 * QUIET).ok()?;
        (side <= columns && side.div_ceil(2) <= rows).then(|| cells(&code))
    })
}

fn cells(code: &QrCode) -> Vec<String> {
    let all = -QUIET..code.size() + QUIET;
    let row = |y: i32| {
        all.clone().map(|x| half(code.get_module(x, y), code.get_module(x, y + 1))).collect()
    };
    all.clone().step_by(2).map(row).collect()
}

/// The text of the small code, which only points to a document: its id and its digest. A stranger can
/// make one as well, so that it proves nothing. In capitals, of which a code holds more; neither a
/// `urn:uuid` nor hexadecimal digits mean another thing then.
#[must_use]
pub fn pointer(id: &str, sha256: &str) -> String {
    format!("{id} {sha256}").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a reader would see.
    fn seen(rows: &[String]) -> Vec<Vec<bool>> {
        let halves = |row: &String, upper: bool| {
            row.chars()
                .map(|c| matches!((c, upper), ('█', _) | ('▀', true) | ('▄', false)))
                .collect()
        };
        rows.iter().flat_map(|row| [halves(row, true), halves(row, false)]).collect()
    }

    #[test]
    fn the_cells_are_the_code() {
        let text = format!("NULSTIL1:{}", "0A9Z".repeat(160));
        let rows = draw(&text, 81, 41).unwrap();
        let code = QrCode::encode_text(&text, QrCodeEcc::Low).unwrap();
        let modules = seen(&rows);
        assert_eq!((rows.len(), modules[0].len()), (41, 81));
        for (y, row) in modules.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let (x, y) = (i32::try_from(x).unwrap() - 4, i32::try_from(y).unwrap() - 4);
                assert_eq!(*dark, code.get_module(x, y), "{x} {y}");
            }
        }
    }

    #[test]
    fn it_takes_the_correction_that_fits_and_none_that_does_not() {
        let text = "A".repeat(660);
        assert!(draw(&text, 200, 100).unwrap().len() > draw(&text, 81, 41).unwrap().len());
        assert_eq!(draw(&text, 80, 100), None);
        assert_eq!(draw(&text, 200, 36), None);
    }

    #[test]
    fn the_pointer_fits_the_smallest_screen() {
        let text = pointer("urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", &"a".repeat(64));
        assert_eq!(draw(&text, 80, 21).unwrap().len(), 21);
    }
}
