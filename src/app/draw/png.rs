//! SVG pictures as PNG, with the letters of the window.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Pixels a point of the SVG.
const SCALE: f32 = 2.0;
/// The family of the proportional font, which knows no arrows; those come from the other one.
const FAMILY: &str = "Ubuntu";

/// The picture as a PNG file, twice as many pixels wide and high as it has points.
///
/// # Errors
/// What is wrong with the picture, for a person.
pub fn png(svg: &str) -> Result<Vec<u8>, String> {
    let mut options = Options {
        font_family: FAMILY.into(),
        ..Options::default()
    };
    let fonts = options.fontdb_mut();
    for font in [
        epaint_default_fonts::UBUNTU_LIGHT,
        epaint_default_fonts::HACK_REGULAR,
    ] {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family(FAMILY);
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).ok_or("it has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("it has no size")?;
    let scale = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}
