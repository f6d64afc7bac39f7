//! The panels around the editor: landscape, network and data, driven as a person would.

use std::sync::Arc;

use eframe::egui;
use egui_kittest::Harness;
use plateau::app::{Action, Context, Judge, OpenTable, RunView, SessionState, SupernetState};
use plateau::landscape::{Table, architecture};
use plateau::space::{Genotype, Space};

mod data;
mod figures;
mod forecast;
mod landscape;
mod network;
mod search;

#[test]
fn one_of_something_is_not_told_as_several() {
    use plateau::app::words::counted;
    assert_eq!(counted(1_usize, "run"), "1 run");
    assert_eq!(counted(0_usize, "run"), "0 runs");
    assert_eq!(counted(54_u32, "search step"), "54 search steps");
    assert_eq!(
        [1_u64, 10].map(|n| counted(n, "class")),
        ["1 class", "10 classes"]
    );
}

/// A complete NAS-Bench-201 table of 15,625 made-up accuracies: every edge has an effect, pairs interact, the rest is noise.
fn large_table() -> OpenTable {
    let accuracy = |index: usize| -> f64 {
        let digits: Vec<usize> = (0..6)
            .map(|edge| index / 5usize.pow(5 - edge) % 5)
            .collect();
        let effects = [0.0, 3.0, 6.0, 8.0, 4.0];
        let alone: f64 = digits.iter().map(|&digit| effects[digit]).sum();
        let pairs: f64 = digits
            .windows(2)
            .map(|pair| if pair[0] == pair[1] { -4.0 } else { 1.0 })
            .sum();
        let noise = (index.wrapping_mul(2_654_435_761) >> 7) % 1000;
        (38.0 + alone + pairs + noise as f64 / 120.0).clamp(10.0, 96.0)
    };
    table(Space::NasBench201, 15_625, accuracy)
}

/// A complete table of the small space.
fn small_table() -> OpenTable {
    table(Space::NasBench201Small, 125, |index| {
        50.0 + ((index * 37) % 41) as f64
    })
}

fn table(space: Space, count: usize, accuracy: impl Fn(usize) -> f64) -> OpenTable {
    let values: Vec<f64> = (0..count).map(accuracy).collect();
    let halves = values.iter().map(|value| value / 2.0).collect();
    let metrics = vec!["test accuracy".to_owned(), "half accuracy".to_owned()];
    OpenTable {
        name: "made-up table".into(),
        table: Arc::new(Table::new(space, metrics, vec![values, halves]).unwrap()),
        metric: "test accuracy".into(),
    }
}

/// A panel alone in a window, with what the app would give it. Edits and metrics are taken up, everything else is kept.
struct Bench<P> {
    panel: P,
    run: RunView,
    trained: Option<RunView>,
    table: Option<OpenTable>,
    edited: Genotype,
    actions: Vec<Action>,
}

impl<P> Bench<P> {
    fn new(panel: P, table: Option<OpenTable>) -> Self {
        let space = table
            .as_ref()
            .map_or(Space::NasBench201, |open| open.table.space());
        Self {
            panel,
            run: RunView::default(),
            trained: None,
            table,
            edited: architecture(space, 7).unwrap(),
            actions: Vec::new(),
        }
    }

    fn frame(&mut self, ui: &mut egui::Ui, show: fn(&mut P, &mut egui::Ui, &mut Context)) {
        let mut actions = Vec::new();
        let mut context = Context {
            run: &self.run,
            kept: false,
            rival: None,
            trained: self.trained.as_ref(),
            table: self.table.as_ref(),
            supernet: &SupernetState::Unknown,
            judge: &Judge::default(),
            edited: &self.edited,
            session: SessionState::Idle,
            actions: &mut actions,
        };
        show(&mut self.panel, ui, &mut context);
        for action in actions {
            match action {
                Action::Edit(genotype) => self.edited = genotype,
                Action::OpenTable(open) => self.table = Some(open),
                other => self.actions.push(other),
            }
        }
    }

    /// The name and the text of the file that was saved last.
    fn saved(&self) -> (String, Vec<u8>) {
        match self.actions.last() {
            Some(Action::SaveFile { name, bytes }) => (name.clone(), bytes.clone()),
            _ => panic!("nothing was saved"),
        }
    }

    fn saved_text(&self) -> String {
        String::from_utf8(self.saved().1).unwrap()
    }
}

fn window<'a, P: 'a>(
    bench: Bench<P>,
    show: fn(&mut P, &mut egui::Ui, &mut Context),
) -> Harness<'a, Bench<P>> {
    let theme = match std::env::var("PLATEAU_TEST_THEME").as_deref() {
        Ok("light") => egui::Theme::Light,
        _ => egui::Theme::Dark,
    };
    let mut harness = Harness::builder()
        .with_size([900.0, 720.0])
        .with_theme(theme)
        .with_context_setup(plateau::app::theme::apply)
        .build_ui_state(
            move |ui, bench: &mut Bench<P>| {
                egui::CentralPanel::default().show(ui, |ui| bench.frame(ui, show));
            },
            bench,
        );
    harness.run();
    harness
}

/// Writes a picture where `PLATEAU_PICTURES` says, to be looked at.
fn picture<P>(harness: &mut Harness<'_, Bench<P>>, name: &str) {
    let Ok(folder) = std::env::var("PLATEAU_PICTURES") else {
        return;
    };
    let image = harness.render().unwrap();
    image.save(format!("{folder}/{name}.png")).unwrap();
}

/// Everything that was painted in the last frame, each with the part of the screen that it was cut to.
fn painted(output: &egui::FullOutput) -> Vec<(egui::Rect, egui::Shape)> {
    fn flatten(clip: egui::Rect, shape: &egui::Shape, all: &mut Vec<(egui::Rect, egui::Shape)>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|one| flatten(clip, one, all)),
            one => all.push((clip, one.clone())),
        }
    }
    let mut all = Vec::new();
    for clipped in &output.shapes {
        flatten(clipped.clip_rect, &clipped.shape, &mut all);
    }
    all
}

/// The texts that a person can see, with their places.
fn texts(output: &egui::FullOutput) -> Vec<(String, egui::Rect)> {
    let visible = |(clip, shape): (egui::Rect, egui::Shape)| {
        let egui::Shape::Text(text) = shape else {
            return None;
        };
        let place = text.galley.rect.translate(text.pos.to_vec2());
        let color = text.galley.job.sections.first()?.format.color;
        let seen = clip.contains(place.center()) && color.a() > 80;
        seen.then(|| (text.galley.text().to_owned(), place))
    };
    painted(output).into_iter().filter_map(visible).collect()
}

/// The numbers along x and along y beside the inside of a plot, each with the place that it stands for.
fn numbers(output: &egui::FullOutput, inside: egui::Rect) -> [Vec<(f64, f32)>; 2] {
    let mut along = [Vec::new(), Vec::new()];
    for (text, place) in texts(output) {
        let Ok(value) = text.trim_start_matches("step ").parse::<f64>() else {
            continue;
        };
        let center = place.center();
        let [below, beside] = [center.y - inside.bottom(), inside.left() - place.right()];
        if (0.0..24.0).contains(&below) && inside.x_range().expand(1.0).contains(center.x) {
            along[0].push((value, center.x));
        }
        if (0.0..24.0).contains(&beside) && inside.y_range().expand(1.0).contains(center.y) {
            along[1].push((value, center.y));
        }
    }
    along
}

/// Panics unless a text is one XML element with matching tags, quoted attributes and known entities.
fn check_xml(text: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = text.trim();
    let mut elements = 0;
    while !rest.is_empty() {
        if let Some(tag) = rest.strip_prefix('<') {
            let end = tag.find('>').expect("a tag ends");
            let (tag, after) = (&tag[..end], &tag[end + 1..]);
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name));
            } else {
                let (body, closed) = match tag.strip_suffix('/') {
                    Some(body) => (body, true),
                    None => (tag, false),
                };
                let name = body.split_whitespace().next().expect("a tag has a name");
                assert!(elements == 0 || !open.is_empty(), "one root: <{name}>");
                elements += 1;
                check_attributes(&body[name.len()..]);
                if !closed {
                    open.push(name.to_owned());
                }
            }
            rest = after;
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            check_text(&rest[..end]);
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty() && elements > 0, "{open:?}");
}

fn check_attributes(text: &str) {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest
            .split_once("=\"")
            .expect("an attribute has a quoted value");
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-:".contains(letter);
        assert!(!name.is_empty() && name.chars().all(plain), "{name:?}");
        let (value, after) = after.split_once('"').expect("a value ends");
        check_text(value);
        rest = after.trim_start();
    }
}

fn check_text(text: &str) {
    assert!(!text.contains('>') || !text.contains('<'));
    for part in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"]
            .iter()
            .any(|entity| part.starts_with(entity));
        assert!(known, "&{part}");
    }
    assert!(
        text.chars()
            .all(|letter| letter >= ' ' || "\n\t".contains(letter))
    );
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}
