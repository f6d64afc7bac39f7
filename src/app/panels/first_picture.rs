//! What the page shows while its program loads: the recorded race, drawn by the program that will show it.

use std::fmt::Write;

use eframe::egui::vec2;

use crate::app::draw::cell_canvas::{CellPicture, Ground};
use crate::app::runs::recording::Recording;
use crate::landscape::{BUILTIN_METRIC, Verdict, builtin_table};
use crate::record::RunView;
use crate::space::CellKind;

/// The colours of `index.html`, which follow the browser's theme.
const PAGE: Ground = Ground {
    ground: "var(--ground)",
    card: "var(--card)",
    line: "var(--line)",
    ink: "var(--ink)",
};
/// Width and height of each picture, in points.
const SIZE: (f32, f32) = (520.0, 200.0);
/// What the program is, the way into the tour, which the page's script opens, and the recorded race as HTML: the cells that were found, and
/// what they are. `web/build.sh` puts it into `index.html`.
pub fn first_picture(welcome: &str) -> String {
    let views = [Recording::demo(), Recording::rival()].map(|one| one.view("recorded"));
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(html, "<p>{welcome}</p>");
    let _ = writeln!(
        html,
        "<p><button id=\"tour\" type=\"button\">Take the tour</button></p>"
    );
    let _ = writeln!(html, "<p>{}</p>", caption(&views));
    for view in &views {
        if let Some(genotype) = &view.derived {
            let kind = CellKind::Normal;
            let cell = CellPicture::of_cell(genotype.space(), kind, genotype.cell_of(kind));
            let elements = cell.svg_elements(vec2(SIZE.0, SIZE.1), &PAGE);
            let title = format!("The cell that {} found", strategy(view));
            picture(&mut html, &title, &elements);
        }
    }
    html
}

fn picture(html: &mut String, title: &str, elements: &str) {
    let (width, height) = SIZE;
    let _ = writeln!(
        html,
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" text-anchor=\"middle\">\n<title>{title}</title>\n{elements}</svg>"
    );
}

fn strategy(view: &RunView) -> &'static str {
    let config = view.config.as_ref();
    let search = config.and_then(|config| config.search.as_ref());
    search.map_or("a search", |search| search.strategy.title())
}

/// What was recorded, in two sentences.
fn caption(views: &[RunView; 2]) -> String {
    let dataset = views[0].config.as_ref();
    let mut text = format!(
        "A recorded race on the same seed and images ({}).",
        dataset.map_or("images", |config| config.dataset.as_str())
    );
    for view in views {
        let found = view
            .genotype()
            .and_then(|genotype| Verdict::of(builtin_table(), BUILTIN_METRIC, genotype, &[]));
        if let Some(verdict) = found {
            let _ = write!(
                text,
                " {} found a cell of {:.2} % accuracy; one change away it is {:.2} % on average and {:.2} % at worst.",
                strategy(view),
                verdict.accuracy,
                verdict.mean,
                verdict.worst
            );
        }
    }
    text
}
