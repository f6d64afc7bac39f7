//! What egui tells screen readers, and what they ask of it.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use eframe::egui;
use eframe::egui::accesskit::TreeUpdate;

/// The tree of all widgets, whole, as of the last frame that was asked for it: egui spends a good part of a frame on it.
pub struct Tree {
    newest: Option<Arc<TreeUpdate>>,
    told: Sender<Arc<TreeUpdate>>,
    asked: Receiver<egui::Event>,
    /// Whether the next frame tells it.
    wanted: bool,
    /// Whether a frame since then has not.
    missed: bool,
    /// Whether every frame tells it.
    always: bool,
}

impl Tree {
    /// Puts every new tree into `told`, which keeps the newest only, and hands what comes out of `asked` to egui.
    pub fn new(told: Sender<Arc<TreeUpdate>>, asked: Receiver<egui::Event>) -> Self {
        Self {
            newest: None,
            told,
            asked,
            wanted: true,
            missed: false,
            always: false,
        }
    }

    /// No frame needs to tell it for now.
    pub fn rest(&mut self) {
        self.wanted = false;
        self.missed = false;
    }

    /// The next frame tells it. Returns whether there was one in the meantime that did not.
    pub fn want(&mut self) -> bool {
        self.wanted = true;
        self.missed
    }

    /// What the last frame has told; nothing at the first call, from which on every frame tells it.
    pub fn of_every_frame(&mut self) -> Option<Arc<TreeUpdate>> {
        let before = std::mem::replace(&mut self.always, true);
        self.newest.clone().filter(|_| before)
    }
}

impl egui::Plugin for Tree {
    fn debug_name(&self) -> &'static str {
        "plateau-tree"
    }

    fn input_hook(&mut self, context: &egui::Context, input: &mut egui::RawInput) {
        input
            .events
            .extend(std::iter::from_fn(|| self.asked.try_recv().ok()));
        if self.wanted || self.always {
            context.enable_accesskit();
        } else {
            context.disable_accesskit();
            self.missed = true;
        }
    }

    fn output_hook(&mut self, _context: &egui::Context, output: &mut egui::FullOutput) {
        let Some(update) = output.platform_output.accesskit_update.take() else {
            return;
        };
        let update = Arc::new(update);
        self.newest = Some(update.clone());
        // Nobody listens any more where the mirror has failed.
        let _older = self.told.force_send(update);
    }
}
