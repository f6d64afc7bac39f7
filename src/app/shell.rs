//! The window itself: takes events in, lays the panels out, takes their actions up.

use eframe::egui;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::session::Event;
use crate::space::{Genotype, Space};

use super::context::{Action, Context, Notice, OpenTable, SessionState};
use super::data::DataPanel;
use super::dock::{Behavior, Pane, default_tree};
use super::editor::Editor;
use super::fragment::Fragment;
use super::landscape::LandscapePanel;
use super::link::Link;
use super::network::NetworkPanel;
use super::search::SearchPanel;
use super::theme;
use super::view::RunView;

/// Makes a link to a fresh session: a thread natively, a worker in the browser. An error is a sentence for a person.
pub type Connect = Box<dyn Fn(&egui::Context) -> Result<Link, String>>;

/// The whole program as a person sees it.
pub struct App {
    run: RunView,
    table: Option<OpenTable>,
    connect: Connect,
    link: Option<Link>,
    notices: Vec<Notice>,
    actions: Vec<Action>,
    tree: egui_tiles::Tree<Pane>,
    search: SearchPanel,
    editor: Editor,
    landscape: LandscapePanel,
    network: NetworkPanel,
    data: DataPanel,
}

impl App {
    /// The window at its start, with what a link restores. Nothing is computed before the person asks for it.
    pub fn new(
        creation: &eframe::CreationContext,
        connect: Connect,
        fragment: Result<Fragment, String>,
    ) -> Self {
        let context = &creation.egui_ctx;
        theme::apply(context);
        let mut notices = Vec::new();
        let failed = |text| Notice { text, error: true };
        let fragment = fragment.unwrap_or_else(|text| {
            notices.push(failed(text));
            Fragment::default()
        });
        let link = connect(context)
            .map_err(|text| notices.push(failed(text)))
            .ok();
        let genotype = fragment.cell.unwrap_or_else(first_genotype);
        Self {
            run: RunView::default(),
            table: None,
            connect,
            link,
            notices,
            actions: Vec::new(),
            tree: default_tree(),
            search: SearchPanel::default(),
            editor: Editor::new(genotype),
            landscape: LandscapePanel::default(),
            network: NetworkPanel::default(),
            data: DataPanel::default(),
        }
    }

    /// Takes up everything that the session has said.
    fn receive(&mut self) {
        while let Some(link) = &self.link {
            match link.receive() {
                Ok(Some(event)) => {
                    if let Event::Scored {
                        request,
                        first,
                        scores,
                    } = &event
                    {
                        self.editor.scored(*request, *first, scores);
                    }
                    self.run.apply(&event);
                }
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn take_up(&mut self, action: Action, context: &egui::Context) {
        match action {
            Action::Restart => match (self.connect)(context) {
                Ok(link) => self.link = Some(link),
                Err(text) => self.notices.push(Notice { text, error: true }),
            },
            Action::Send(command) => {
                let sent = self.link.as_ref().is_some_and(|link| link.send(command));
                if !sent {
                    self.notices.push(Notice {
                        text: "the session has ended; restart it".into(),
                        error: true,
                    });
                }
            }
            Action::Edit(genotype) => self.editor.edit(genotype),
            Action::OpenTable(table) => self.table = Some(table),
            Action::Notify(notice) => self.notices.push(notice),
            Action::Train(_)
            | Action::OpenFile { .. }
            | Action::Seek(_)
            | Action::Show(_)
            | Action::ChooseFile
            | Action::SaveFile { .. }
            | Action::SaveRun => {}
        }
    }
}

/// What the editor shows at first: a cell of the built-in landscape.
fn first_genotype() -> Genotype {
    Genotype::random(Space::NasBench201Small, &mut ChaCha8Rng::seed_from_u64(0))
}

impl eframe::App for App {
    fn logic(&mut self, _context: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let Self {
            run,
            table,
            actions,
            tree,
            search,
            editor,
            landscape,
            network,
            data,
            ..
        } = self;
        let edited = editor.genotype().clone();
        let mut behavior = Behavior {
            draw: |pane: Pane, ui: &mut egui::Ui| {
                let mut context = Context {
                    run,
                    trained: None,
                    session: SessionState::Idle,
                    table: table.as_ref(),
                    edited: &edited,
                    actions,
                };
                match pane {
                    Pane::Search => search.show(ui, &mut context),
                    Pane::Editor => editor.show(ui, &mut context),
                    Pane::Landscape => landscape.show(ui, &mut context),
                    Pane::Network => network.show(ui, &mut context),
                    Pane::Data => data.show(ui, &mut context),
                }
            },
        };
        tree.ui(&mut behavior, ui);
        for action in std::mem::take(&mut self.actions) {
            self.take_up(action, ui.ctx());
        }
    }
}
