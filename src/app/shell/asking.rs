//! The trained network of the shown run is asked what images show.

use std::sync::Arc;

use eframe::egui;

use super::App;
use crate::app::context::OpenedFile;
use crate::app::pane::Pane;
use crate::app::panels::network::Answered;
use crate::app::runs::kept_run::Ask;
use crate::app::runs::labels::in_labels;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::run_network::RunNetwork;
use crate::data::Unlabelled;
use crate::session::{Command, TrainedNetwork};

/// Questions that have no answer yet.
#[derive(Default)]
pub struct Asking {
    /// Files that wait until the keeper has found the network of the run of that name.
    files: Option<(String, Vec<OpenedFile>)>,
    /// The number of the last question.
    request: u64,
    /// What was asked last.
    asked: Option<(RunNetwork, Unlabelled)>,
}

impl App {
    /// Asks the network that the *Network* panel shows, once it is found, about the images in these files.
    pub(super) fn ask_network(&mut self, context: &egui::Context, files: Vec<OpenedFile>) {
        self.dock.show(Pane::Network);
        let trained = self.training.as_ref();
        if let Some(trained) = trained.filter(|trained| trained.run.training.is_some()) {
            let found = trained.files.network().map(|network| RunNetwork {
                network: Arc::new(network),
                run: trained.run.name.clone(),
            });
            return self.read_images(context, found, files);
        }
        if let Some(network) = self.run_files.network() {
            let found = RunNetwork {
                network: Arc::new(network),
                run: self.run.name.clone(),
            };
            return self.read_images(context, Some(found), files);
        }
        match self.kept.clone() {
            Some(name) if self.shelf.ask(Ask::Network(name.clone())) => {
                self.asking.files = Some((name, files));
            }
            _ => self.read_images(context, None, files),
        }
    }

    /// The keeper has looked for the network of a run.
    pub(super) fn take_network(
        &mut self,
        context: &egui::Context,
        name: &str,
        found: Result<Option<Box<TrainedNetwork>>, String>,
    ) {
        let Some((_, files)) = self.asking.files.take_if(|(of, _)| of == name) else {
            return self.save_found(context, name, found);
        };
        match found {
            Ok(found) => {
                let found = found.map(|network| RunNetwork {
                    network: Arc::new(*network),
                    run: self.run.name.clone(),
                });
                self.read_images(context, found, files);
            }
            Err(why) => self.not_answered(&in_labels(&why)),
        }
    }

    fn read_images(
        &mut self,
        context: &egui::Context,
        found: Option<RunNetwork>,
        files: Vec<OpenedFile>,
    ) {
        let Some(asked) = found else {
            return self.not_answered(
                "the run that is shown has no trained network that could say what an image shows; train a cell first (Network, Train the cell)",
            );
        };
        let name = files.first().map(|file| file.name.clone());
        self.network.question().ask(name);
        self.files.read_images(files, asked, context);
    }

    /// Images were read for a network: its answer comes from the session.
    pub(super) fn take_images(&mut self, asked: RunNetwork, read: Result<Unlabelled, String>) {
        let images = match read {
            Ok(images) => images,
            Err(why) => return self.not_answered(&why),
        };
        self.asking.request += 1;
        let sent = self.line.send(Command::Classify {
            request: self.asking.request,
            network: Box::new(TrainedNetwork::clone(&asked.network)),
            images: images.pixels.clone(),
        });
        self.asking.asked = Some((asked, images));
        if !sent {
            self.not_answered("the session has ended; press Restart session");
        }
    }

    /// The session has answered. Only the answer to the last question counts.
    pub(super) fn classified(
        &mut self,
        request: u64,
        logits: &[Vec<f32>],
        problem: Option<&String>,
    ) {
        if request != self.asking.request {
            return;
        }
        let Some((asked, images)) = self.asking.asked.take() else {
            return;
        };
        if let Some(problem) = problem {
            return self.not_answered(problem);
        }
        self.network.answer(Answered {
            by: asked.run,
            network: asked.network.description.clone(),
            images,
            logits: logits.to_vec(),
        });
    }

    fn not_answered(&mut self, why: &str) {
        self.network.question().ask(None);
        self.notices.push(Notice::error(why).about(About::Opening));
    }
}
