//! The window itself: takes events in, lays the panels out, takes their actions up.

mod asking;
mod banners;
mod bars;
#[cfg(not(target_arch = "wasm32"))]
mod closing;
mod dock;
mod files;
mod habits;
mod lesson;
mod lesson_card;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod notices;
mod offer;
mod open;
#[cfg(not(target_arch = "wasm32"))]
mod path_window;
mod pointing;
mod popup_focus;
mod race;
mod receive;
mod save_network;
mod save_run;
mod scorers;
mod shortcuts;
mod summary;
mod told;

use std::sync::Arc;

use eframe::egui;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use web_time::SystemTime;

use crate::landscape::{BUILTIN_METRIC, Score, builtin_table};
use crate::record::RunFiles;
use crate::session::{Command, DeviceInfo, Start};
use crate::space::{Genotype, Space};

use crate::app::context::{Action, Context, NetworkForm, OpenTable, Racer};
use crate::app::draw::theme;
use crate::app::keys::Deed;
use crate::app::pane::Pane;
use crate::app::panels::comparison::ComparisonWindow;
use crate::app::panels::data::DataPanel;
use crate::app::panels::editor::Editor;
use crate::app::panels::kept_runs::KeptRuns;
use crate::app::panels::landscape::LandscapePanel;
use crate::app::panels::network::NetworkPanel;
use crate::app::panels::run::RunPanel;
use crate::app::panels::search::SearchPanel;
use crate::app::panels::values::ValuesWindow;
use crate::app::runs::kept_run::{Ask, KeptRun};
use crate::app::runs::link::{Line, Link, Seat, SessionState};
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recorded;
use crate::app::runs::shelf::Shelf;
use crate::app::runs::supernet::{Judge, SupernetState};
use crate::app::share_link::Fragment;
use crate::record::{RunState, RunView};
use asking::Asking;
use dock::Dock;
use files::Files;
use lesson_card::Course;
use notices::Notices;
use offer::Offer;
use pointing::Pointing;
use popup_focus::PopupFocus;
use race::Companion;

pub use bars::WELCOME;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{LEAST_SIZE, WindowError, open_window, unplaced};
pub use told::Told;

/// Makes a link to a fresh session: a thread natively, a worker in the browser. An error is a sentence for a person.
pub type Connect = Box<dyn Fn(&egui::Context) -> Result<Link, String>>;

/// Where the layout is remembered; a new version of the panels gets a new key.
const LAYOUT_KEY: &str = "plateau-layout-1";
/// Where everything else is remembered.
const HABITS_KEY: &str = "plateau-habits-1";
/// How much larger everything is for a projector.
const PROJECTOR_ZOOM: f32 = 1.35;

/// The whole program as a person sees it.
pub struct App {
    pub(super) run: RunView,
    /// The run's files, as far as the window has heard of them.
    run_files: RunFiles,
    /// The name by which the keeper of runs has it.
    kept: Option<String>,
    /// When it said its last, where that is known.
    changed: Option<SystemTime>,
    /// The file that it was opened from, until it is kept or another is shown.
    opened: Option<String>,
    /// A session and where it stands.
    pub(super) line: Line,
    /// The run that races with it.
    pub(super) rival: Option<Companion>,
    /// Whether the session can score with the weights of the shown run.
    supernet: SupernetState,
    pub(super) judge: Judge,
    /// How many weights were taken up so far.
    weights: u64,
    /// How often the session was asked to take up weights and has not answered.
    opening: u32,
    /// Images that were read here, for sessions that begin later; those of the desktop share its memory.
    added: Vec<Command>,
    /// The run of [`Action::Train`], once there is one.
    training: Option<Companion>,
    table: Option<OpenTable>,
    /// Where the open table is; none: it came with the program, or a page has it.
    table_path: Option<String>,
    /// The GPU, once a session has looked at it.
    pub(super) device: Option<DeviceInfo>,
    /// What the engine of a page does before it can compute on the GPU.
    engine: Option<String>,
    connect: Connect,
    pub(super) notices: Notices,
    pub(super) files: Files,
    pub(super) shelf: Shelf,
    kept_runs: KeptRuns,
    comparison: ComparisonWindow,
    values: ValuesWindow,
    unfinished: Option<Offer>,
    /// The interrupted run that the person did not want to go on with.
    declined: Option<String>,
    /// The race that the person did not want to see again, by one of its sides.
    declined_race: Option<String>,
    /// Whether the keeper was asked at the start for a run to go on with.
    looks_for_unfinished: bool,
    #[cfg(not(target_arch = "wasm32"))]
    path_window: path_window::PathWindow,
    #[cfg(not(target_arch = "wasm32"))]
    closing: closing::Closing,
    pub(super) actions: Vec<Action>,
    popup_focus: PopupFocus,
    dock: Dock,
    /// The lesson that is on.
    course: Option<Course>,
    /// Whether the person has seen the tour begin, today or on another day.
    toured: bool,
    pub(super) keys_shown: bool,
    pub(super) projector: bool,
    theme: egui::ThemePreference,
    pub(super) search: SearchPanel,
    shown: RunPanel,
    pub(super) editor: Editor,
    landscape: LandscapePanel,
    network: NetworkPanel,
    asking: Asking,
    /// What waits until the keeper has found the network of the run of that name.
    to_save: Option<(String, NetworkForm)>,
    data: DataPanel,
}

impl App {
    /// The window at its start: a recorded run, and what a link restores. Nothing is computed before the person asks for it.
    pub fn new(
        creation: &eframe::CreationContext,
        connect: Connect,
        fragment: Result<Fragment, String>,
    ) -> Self {
        let context = &creation.egui_ctx;
        theme::apply(context);
        context.add_plugin(Pointing::default());
        let mut notices = Notices::default();
        let fragment = fragment.unwrap_or_else(|text| {
            notices.push(Notice::error(text));
            Fragment::default()
        });
        let mut line = Line::default();
        match connect(context) {
            Ok(link) => {
                link.claim(Seat::Shown);
                line.connect(link);
            }
            Err(text) => notices.push(Notice::error(text).about(About::Session)),
        }
        let (demo, rival) = Recorded::Race.runs();
        let recorded = Recorded::Race.title();
        let run = demo.view(recorded);
        let cell = fragment.cell.clone();
        let cell = cell.unwrap_or_else(|| first_genotype(&run));
        let mut search = match fragment.has_settings() {
            true => SearchPanel::default(),
            false => SearchPanel::first(),
        };
        search.restore(&fragment);
        let mut app = Self {
            editor: Editor::new(cell),
            run,
            rival: rival.map(|rival| Companion::recorded(rival, recorded)),
            run_files: demo.files,
            kept: None,
            changed: None,
            opened: None,
            line,
            supernet: SupernetState::default(),
            judge: Judge::default(),
            weights: 0,
            opening: 0,
            added: Vec::new(),
            training: None,
            table: Some(builtin()),
            table_path: None,
            device: None,
            engine: None,
            connect,
            notices,
            files: Files::default(),
            shelf: Shelf::default(),
            kept_runs: KeptRuns::default(),
            comparison: ComparisonWindow::default(),
            values: ValuesWindow::default(),
            unfinished: None,
            declined: None,
            declined_race: None,
            looks_for_unfinished: false,
            #[cfg(not(target_arch = "wasm32"))]
            path_window: path_window::PathWindow::default(),
            #[cfg(not(target_arch = "wasm32"))]
            closing: closing::Closing::default(),
            actions: Vec::new(),
            popup_focus: PopupFocus::default(),
            dock: Dock::default(),
            course: None,
            toured: false,
            keys_shown: false,
            projector: false,
            theme: egui::ThemePreference::System,
            search,
            shown: RunPanel::default(),
            landscape: LandscapePanel::default(),
            network: NetworkPanel::default(),
            asking: Asking::default(),
            to_save: None,
            data: DataPanel::default(),
        };
        if let Some(storage) = creation.storage {
            app.restore(context, storage, &fragment);
        }
        if let Some(place) = &fragment.lesson {
            app.begin_linked(place, &fragment);
        }
        app
    }

    /// The same window with a keeper of runs, who is asked at once for one that was interrupted.
    pub fn with_shelf(self, shelf: Shelf) -> Self {
        Self {
            looks_for_unfinished: shelf.ask(Ask::List),
            shelf,
            ..self
        }
    }

    /// The same window on a desktop without dialogs for files.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn without_dialogs(mut self) -> Self {
        self.files.dialogs = false;
        self
    }

    /// Looks again at the data of the settings: a set that a page fetches has come, or will not.
    #[cfg(target_arch = "wasm32")]
    pub fn data_arrived(&mut self) {
        self.search.look_again();
    }

    /// Opens what is at a path, as if it were dropped on the window.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open_path(&self, context: &egui::Context, path: std::path::PathBuf) {
        self.files.open(path, context);
    }

    /// The files of the run that is shown, as far as the window has heard of them.
    pub fn run_files(&self) -> &RunFiles {
        &self.run_files
    }

    /// The run that is shown is kept; offers to go on with it where that can be done, and looks for the run that raced with it.
    pub fn take_kept(&mut self, run: KeptRun) {
        self.shelf.ask(Ask::Rival(run.name.clone()));
        if let Some(why) = &run.stuck {
            let text = format!("{} cannot go on: {why}", run.name);
            self.notices.push(Notice::info(text));
        }
        self.kept = Some(run.name.clone());
        self.changed = run.changed;
        self.opened = None;
        self.unfinished = run.can_go_on.then(|| Offer::of_shown(run));
    }

    /// The run that is shown.
    pub fn run(&self) -> &RunView {
        &self.run
    }

    /// What the edited cell scores, where it is known.
    pub fn score(&self) -> Option<Score> {
        self.editor.score()
    }

    /// The run that races with it.
    pub fn rival(&self) -> Option<&RunView> {
        self.rival.as_ref().map(|rival| &rival.run)
    }

    /// What the open table is called.
    pub fn table_name(&self) -> Option<&str> {
        self.table.as_ref().map(|table| table.name.as_str())
    }

    /// The search panel, for its settings.
    pub fn search_mut(&mut self) -> &mut SearchPanel {
        &mut self.search
    }

    /// Everything that was told, oldest first.
    pub fn notices(&self) -> &[Notice] {
        self.notices.said()
    }

    /// The layout of the panels of a wide window in words.
    pub fn layout(&self) -> String {
        self.dock.describe()
    }

    /// Where a panel was drawn last; none: it was not.
    pub fn place(&self, pane: Pane) -> Option<egui::Rect> {
        self.dock.place(pane)
    }

    /// Tells something that stays in sight until the person closes it.
    pub fn tell(&mut self, notice: Notice) {
        self.notices.stay(notice);
    }

    /// Brings a panel to the front.
    pub fn show(&mut self, pane: Pane) {
        self.dock.show(pane);
    }

    /// Puts the panels where a new user finds them.
    pub fn reset_layout(&mut self) {
        self.dock = Dock::default();
    }

    /// Larger type, or normal.
    pub fn set_projector(&mut self, context: &egui::Context, on: bool) {
        self.projector = on;
        context.set_zoom_factor(self.zoom());
        // In points, which are larger now.
        #[cfg(not(target_arch = "wasm32"))]
        context.send_viewport_cmd(egui::ViewportCommand::MinInnerSize(
            egui::Vec2::from(LEAST_SIZE) / self.zoom(),
        ));
    }

    /// How much larger everything is than usual.
    fn zoom(&self) -> f32 {
        if self.projector { PROJECTOR_ZOOM } else { 1.0 }
    }

    fn take_up(&mut self, context: &egui::Context, action: Action) {
        match action {
            Action::Send(command) => {
                if matches!(command, Command::Start(_)) {
                    self.notices.settle(About::Run);
                }
                self.tell_rival(&command);
                if !self.line.send(command) {
                    let text = "the session has ended; press Restart session";
                    self.notices.push(Notice::error(text).about(About::Session));
                }
            }
            Action::Seek(cursor) => self.seek(cursor),
            Action::Race(start) => self.race(context, start),
            Action::OpenSupernet => self.open_supernet(),
            Action::FindJudge(of) => self.find_judge(context, of),
            Action::TrainJudge => self.train_judge(context),
            Action::ToJudge(command) => {
                self.judge.line.send(command);
            }
            Action::Edit(genotype) => self.editor.bring(genotype),
            Action::OpenTable(table) => {
                // Another metric of the same table, as a rule.
                let same = |old: &OpenTable| Arc::ptr_eq(&old.table, &table.table);
                if !self.table.as_ref().is_some_and(same) {
                    self.table_path = None;
                }
                self.table = Some(table);
            }
            Action::Train(genotype) => self.train(context, genotype),
            Action::Show(pane) => self.dock.show(pane),
            Action::ChooseFile => self.files.choose(context),
            Action::ChooseImage => self.files.choose_image(context),
            Action::AskNetwork(files) => self.ask_network(context, files),
            Action::ImagesRead(network, read) => self.take_images(network, read),
            #[cfg(not(target_arch = "wasm32"))]
            Action::ChooseFolder => self.files.choose_folder(context),
            Action::OpenFiles(files) => self.open_files(context, files),
            #[cfg(not(target_arch = "wasm32"))]
            Action::Path(news) => self.path_window.take(news),
            #[cfg(not(target_arch = "wasm32"))]
            Action::Again(again) => self.take_again(again),
            Action::DataRead(read) => self.take_data(read),
            Action::SaveFile { name, bytes } => self.files.save(name, bytes, context),
            #[cfg(target_arch = "wasm32")]
            Action::SavePicture { name, svg } => self.files.save_picture(name, svg, context),
            Action::SaveRun(racer) => self.save_run(racer, context),
            Action::SaveCurves(racer) => self.save_curves(racer, context),
            Action::SaveEventFile(racer) => self.save_event_file(racer, context),
            Action::SaveNetwork(racer, form) => self.save_network(racer, form, context),
            Action::SaveTrained(form) => self.save_trained(form, context),
            Action::Shelf(ask) => {
                let goes_on = matches!(ask, Ask::GoOn(..));
                if goes_on && self.session() != SessionState::Idle {
                    return;
                }
                let asked = self.shelf.ask(ask);
                if goes_on && asked {
                    self.notices.settle(About::Run);
                    self.line.expect(true);
                }
                if !asked {
                    self.notices.push(Notice::error("no runs are kept here"));
                }
            }
            Action::ListRuns => self.shelf.open(),
            Action::Restart => self.restart(context),
            Action::Notify(notice) => self.notices.push(notice),
        }
    }

    /// Looks at a step of the shown run and of its rival, by its place; none: at the newest.
    fn seek(&mut self, cursor: Option<usize>) {
        self.run.cursor = cursor;
        if let Some(rival) = &mut self.rival {
            rival.run.cursor = cursor;
        }
    }

    fn restart(&mut self, context: &egui::Context) {
        if matches!(self.run.state, RunState::Running | RunState::Held) && self.run.live {
            self.run.state = RunState::Stopped;
        }
        self.supernet = SupernetState::default();
        self.opening = 0;
        match self.beside(context) {
            Ok(line) => {
                line.claim(Seat::Shown);
                self.line = line;
                let told = Notice::info("a new session has started");
                self.notices.push(told.about(About::Session));
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Session)),
        }
    }

    fn train(&mut self, context: &egui::Context, genotype: Genotype) {
        let start = Box::new(Start::kept(self.search.training_of(genotype)));
        let gone = |line: &Line| line.state() == SessionState::Gone;
        if self.training.as_ref().is_none_or(|run| gone(&run.line)) {
            match self.beside(context) {
                Ok(line) => self.training = Some(Companion::on(line)),
                Err(text) => {
                    self.notices.push(Notice::error(text).about(About::Session));
                    return;
                }
            }
        }
        self.notices.settle(About::Run);
        if let Some(Companion { line, .. }) = &mut self.training {
            // An idle session takes no notice of a stop.
            let sent = line.send(Command::Stop) && line.send(Command::Start(start));
            if sent {
                self.notices.push(Notice::info(
                    "training the edited architecture from scratch",
                ));
            }
        }
    }

    fn keyboard(&mut self, context: &egui::Context) {
        for deed in shortcuts::asked(context) {
            self.do_deed(context, deed);
        }
        if context.memory(|memory| memory.focused().is_none()) {
            let Self {
                shown,
                run,
                actions,
                ..
            } = self;
            context.input_mut(|input| shown.keys(input, run, actions));
        }
    }

    /// Does what a shortcut or a menu asks for.
    pub(super) fn do_deed(&mut self, context: &egui::Context, deed: Deed) {
        let state = self.session();
        let obeys = state.obeys();
        match deed {
            Deed::Run if state == SessionState::Idle => {
                self.search.begin(&mut self.actions);
            }
            Deed::Hold if obeys => {
                let held = self.is_held();
                let command = if held {
                    Command::Resume
                } else {
                    Command::Pause
                };
                self.actions.push(Action::Send(command));
            }
            Deed::Step if obeys => self.actions.push(Action::Send(Command::Step)),
            Deed::Stop if obeys => self.actions.push(Action::Send(Command::Stop)),
            Deed::Run | Deed::Hold | Deed::Step | Deed::Stop => {}
            Deed::Open => self.actions.push(Action::ChooseFile),
            Deed::Runs => self.shelf.open(),
            Deed::Save => self.actions.push(Action::SaveRun(Racer::Shown)),
            Deed::CopyLink => {
                context.copy_text(self.link());
                let lesson = match self.lesson_place() {
                    Some(_) => ", and the place in the lesson",
                    None => "",
                };
                self.notices.push(Notice::info(format!(
                    "copied: preset, strategy, rival, seed, data set and the edited cell{lesson}"
                )));
            }
            Deed::Theme => {
                let dark = context.theme() == egui::Theme::Dark;
                context.set_theme(if dark {
                    egui::ThemePreference::Light
                } else {
                    egui::ThemePreference::Dark
                });
            }
            Deed::Projector => self.set_projector(context, !self.projector),
            Deed::Help => self.keys_shown = !self.keys_shown,
            Deed::Show(pane) => self.dock.show(pane),
            // What belongs to a panel.
            _ => {}
        }
    }

    fn panels(&mut self, ui: &mut egui::Ui) {
        let session = self.session();
        let Self {
            run,
            kept,
            rival,
            supernet,
            judge,
            training,
            table,
            actions,
            dock,
            search,
            shown,
            editor,
            landscape,
            network,
            data,
            ..
        } = self;
        let edited = editor.genotype().clone();
        let missing = matches!(judge.state, SupernetState::Missing(_));
        judge.cost = judge.of.as_ref().filter(|_| missing).and_then(|of| {
            // One that was stopped goes on.
            let stopped = judge.training.state == RunState::Stopped;
            let done = stopped.then_some(judge.training.steps.len());
            search.judge_cost(of, done.unwrap_or_default())
        });
        dock.panels(ui, |pane, ui| {
            let mut context = Context {
                run,
                kept: kept.is_some(),
                rival: rival.as_ref().map(|rival| &rival.run),
                trained: training.as_ref().map(|training| &training.run),
                table: table.as_ref(),
                supernet,
                judge,
                edited: &edited,
                session,
                actions,
            };
            match pane {
                Pane::Search => search.show(ui, &mut context),
                Pane::Run => shown.show(ui, &mut context),
                Pane::Editor => editor.show(ui, &mut context),
                Pane::Landscape => landscape.show(ui, &mut context),
                Pane::Network => network.show(ui, &mut context),
                Pane::Data => data.show(ui, &mut context),
            }
        });
    }
}

/// The exact landscape that comes with the program.
fn builtin() -> OpenTable {
    let table = builtin_table().clone();
    OpenTable {
        name: "built-in: 125 architectures on Fashion-MNIST".into(),
        metric: BUILTIN_METRIC.into(),
        table: Arc::new(table),
    }
}

/// What the editor shows at first: the cell that was found in the recording, which the built-in landscape has.
fn first_genotype(recorded: &RunView) -> Genotype {
    let drawn = || Genotype::random(Space::NasBench201Small, &mut ChaCha8Rng::seed_from_u64(0));
    recorded.genotype().cloned().unwrap_or_else(drawn)
}

impl eframe::App for App {
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::bar_color(visuals).to_normalized_gamma_f32()
    }

    #[cfg(target_arch = "wasm32")]
    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive(context);
        self.theme = context.options(|options| options.theme_preference);
        #[cfg(not(target_arch = "wasm32"))]
        self.watch_closing(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let context = ui.ctx().clone();
        self.files.dropped(&context);
        self.dock.fit(ui.available_width());
        if theme::for_fingers(&context, self.dock.is_narrow()) {
            ui.reset_style();
            // Bars and grids were laid out for the other size.
            context.request_discard("what is pressed has another size");
        }
        self.menu(ui);
        self.tabs(ui);
        self.status(ui);
        self.banners(ui);
        let wish = self.teach_below(ui);
        egui::CentralPanel::default()
            .frame(egui::Frame::new().fill(theme::bar_color(ui.visuals())))
            .show(ui, |ui| {
                theme::set_room(&context, ui.max_rect());
                self.panels(ui);
            });
        self.teach(&context, wish);
        shortcuts::window(&context, &mut self.keys_shown);
        self.notices.window(&context);
        self.comparison.window(&context, &mut self.actions);
        self.values.window(&context, &mut self.actions);
        let session = self.session();
        let table = self.table.as_ref();
        self.kept_runs
            .windows(&mut self.shelf, &context, session, table, &mut self.actions);
        #[cfg(not(target_arch = "wasm32"))]
        {
            if let Some((path, wanted)) = self.path_window.show(&context) {
                self.files.at_path(path, wanted, &context);
            }
            self.ask_before_closing(&context);
        }
        self.popup_focus.follow(&context);
        self.keyboard(&context);
        for action in std::mem::take(&mut self.actions) {
            self.take_up(&context, action);
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.remember(storage);
    }

    /// The library would keep how far panels are scrolled, and a cell would begin cut off.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
