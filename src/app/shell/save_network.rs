//! Saves what a run has trained, for other programs.

use eframe::egui;

use super::App;
use crate::app::context::{NetworkForm, Racer};
use crate::app::runs::kept_run::{Ask, name_of};
use crate::app::runs::labels::in_labels;
use crate::export::{onnx, pytorch};
use crate::record::zipped;
use crate::session::{RunConfig, TrainedNetwork};

impl App {
    /// Saves the network of a run, once it is found.
    pub(super) fn save_network(
        &mut self,
        racer: Racer,
        form: NetworkForm,
        context: &egui::Context,
    ) {
        let Some(known) = self.known(racer) else {
            return;
        };
        if let Some(network) = known.files.network() {
            let name = known.name();
            return self.save_as(form, &network, &name, context);
        }
        // Of a kept run the window has the events only.
        match known.kept.cloned() {
            Some(name) if self.shelf.ask(Ask::Network(name.clone())) => {
                self.to_save = Some((name, form));
            }
            _ => self.no_network_to_save(),
        }
    }

    /// Saves the network of [`Action::Train`](crate::app::context::Action::Train).
    pub(super) fn save_trained(&mut self, form: NetworkForm, context: &egui::Context) {
        let Some(trained) = &self.training else {
            return;
        };
        let name = trained.run.config.as_ref().map(RunConfig::name);
        match trained.files.network() {
            Some(network) => {
                self.save_as(form, &network, &name.unwrap_or("run".into()), context);
            }
            None => self.no_network_to_save(),
        }
    }

    /// The keeper has looked for the network of a run.
    pub(super) fn save_found(
        &mut self,
        context: &egui::Context,
        name: &str,
        found: Result<Option<Box<TrainedNetwork>>, String>,
    ) {
        let Some((_, form)) = self.to_save.take_if(|(of, _)| of == name) else {
            return;
        };
        match found {
            Ok(Some(network)) => self.save_as(form, &network, &name_of(name.as_ref()), context),
            Ok(None) => self.no_network_to_save(),
            Err(why) => self.not_saved(in_labels(&why)),
        }
    }

    fn save_as(
        &mut self,
        form: NetworkForm,
        network: &TrainedNetwork,
        run: &str,
        context: &egui::Context,
    ) {
        match file(form, network, run) {
            Ok((name, bytes)) => self.files.save(name, bytes, context),
            Err(why) => self.not_saved(why),
        }
    }

    fn no_network_to_save(&mut self) {
        self.not_saved("this run has kept no trained network".into());
    }
}

/// The file of a network and its name.
fn file(
    form: NetworkForm,
    network: &TrainedNetwork,
    run: &str,
) -> Result<(String, Vec<u8>), String> {
    match form {
        NetworkForm::Onnx => {
            let file = onnx(network, false).map_err(|error| error.to_string())?;
            Ok((format!("{run}.onnx"), file))
        }
        NetworkForm::Pytorch => {
            let folder = format!("{run}-pytorch");
            let files = pytorch(network).map_err(|error| error.to_string())?;
            let files = files.iter().map(|(name, bytes)| (*name, &bytes[..]));
            let zip = zipped(&folder, files).map_err(|error| error.to_string())?;
            Ok((format!("{folder}.zip"), zip))
        }
    }
}
