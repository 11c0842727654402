//! The code as a QR code (ISO/IEC 18004).

use qrcodegen::{QrCode, QrCodeEcc};

use super::canvas::{Canvas, Colour};

/// Draws `text` as a QR code of `size` millimetres, its quiet zone of four modules included.
/// Whether there was a QR code large enough for it.
pub(super) fn draw(canvas: &mut Canvas, x: f32, y: f32, size: f32, text: &str) -> bool {
    // Medium restores 15 %: a fold or a stain. More would make the modules smaller.
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return false };
    let (black, white) = (Colour(0, 0, 0), Colour(255, 255, 255));
    canvas.fill(x, y, size, size, white);
    let modules = code.size();
    let module = size / from(modules + 8);
    for row in 0..modules {
        let mut column = 0;
        while column < modules {
            let run = (column..modules).take_while(|at| code.get_module(*at, row)).count();
            let run = i32::try_from(run).unwrap_or(modules);
            if run > 0 {
                let (left, top) = (x + module * from(column + 4), y + module * from(row + 4));
                canvas.fill(left, top, module * from(run), module, black);
            }
            column += run.max(1);
        }
    }
    true
}

/// A count of modules: at most 185, which is exact.
#[expect(clippy::cast_precision_loss, reason = "at most 185")]
const fn from(modules: i32) -> f32 {
    modules as f32
}
