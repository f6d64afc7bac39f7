//! An editor on a bench: alone, with a table whose every value differs.

use std::sync::Arc;

use eframe::egui::{self, vec2};
use egui_kittest::Harness;

use plateau::app::{
    Action, Context, Editor, Judge, OpenTable, RunView, SessionState, SupernetState, theme,
};
use plateau::landscape::{Table, architecture, architecture_count};
use plateau::space::{Cell, CellKind, Genotype, Operation, Space};

/// An editor alone, with everything that it reads and asks for.
pub struct Bench {
    pub editor: Editor,
    pub run: RunView,
    pub table: Option<OpenTable>,
    pub supernet: SupernetState,
    pub judge: Judge,
    pub actions: Vec<Action>,
}

impl Bench {
    fn show(&mut self, ui: &mut egui::Ui) {
        let edited = self.editor.genotype().clone();
        let mut context = Context {
            run: &self.run,
            kept: false,
            rival: None,
            trained: None,
            table: self.table.as_ref(),
            supernet: &self.supernet,
            judge: &self.judge,
            edited: &edited,
            session: SessionState::Idle,
            actions: &mut self.actions,
        };
        egui::CentralPanel::default().show(ui, |ui| self.editor.show(ui, &mut context));
    }
}

pub fn open(genotype: Genotype, size: [f32; 2], theme: egui::Theme) -> Harness<'static, Bench> {
    let bench = Bench {
        editor: Editor::new(genotype),
        run: RunView::default(),
        table: Some(small_table()),
        supernet: SupernetState::default(),
        judge: Judge::default(),
        actions: Vec::new(),
    };
    Harness::builder()
        .with_size(vec2(size[0], size[1]))
        .with_theme(theme)
        .with_max_steps(12)
        .with_context_setup(theme::apply)
        .build_ui_state(|ui, bench: &mut Bench| bench.show(ui), bench)
}

/// All 125 architectures of the small space with an accuracy that no other one has.
pub fn small_table() -> OpenTable {
    table(Space::NasBench201Small)
}

pub fn table(space: Space) -> OpenTable {
    let count = architecture_count(space).unwrap();
    let values = (0..count)
        .map(|index| {
            let genotype = architecture(space, index).unwrap();
            let worth: f64 = genotype.cells()[0]
                .nodes
                .iter()
                .flatten()
                .zip(1..)
                .map(|(input, edge)| {
                    f64::from(edge)
                        * match input.operation {
                            Operation::None => -3.0,
                            Operation::SkipConnect => 0.5,
                            Operation::Conv1x1 => 0.9,
                            Operation::Conv3x3 => 1.3,
                            _ => 0.0,
                        }
                })
                .sum();
            70.0 + worth + 1e-4 * index as f64
        })
        .collect();
    OpenTable {
        name: "test landscape".into(),
        table: Arc::new(Table::new(space, vec!["accuracy".into()], vec![values]).unwrap()),
        metric: "accuracy".into(),
    }
}

pub fn score_of(open: &OpenTable, genotype: &Genotype) -> f64 {
    let index = open.table.index_of(genotype).unwrap();
    open.table.column(&open.metric).unwrap()[index]
}

pub fn darts() -> Genotype {
    Genotype::preset("darts-v2").unwrap()
}

pub fn small() -> Genotype {
    Genotype::parse("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|").unwrap()
}

pub fn darts_editor() -> Harness<'static, Bench> {
    open(darts(), [1100.0, 900.0], egui::Theme::Dark)
}

pub fn small_editor() -> Harness<'static, Bench> {
    open(small(), [1100.0, 800.0], egui::Theme::Dark)
}

pub fn edited(harness: &Harness<Bench>) -> Genotype {
    harness.state().editor.genotype().clone()
}

pub fn normal(genotype: &Genotype) -> &Cell {
    genotype.cell(CellKind::Normal).unwrap()
}
