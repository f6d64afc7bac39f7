//! `plateau search`.

use clap::Args;

use super::CliError;
use super::drive::Outcome;
use super::looked_up::{LookedUp, say_verdict};
use super::out::{self, say};
use super::sampling::{SamplingArgs, SamplingStrategy, Task};
use super::scorer::{Compute, SourceArgs};
use super::settings::{
    Given, RunArgs, SearchOverrides, TrainOverrides, fit_to_images, trained_with,
};
use crate::data::file_name;
use crate::landscape::Verdict;
use crate::nearest::unknown;
use crate::numbers::thousands;
use crate::record::read_events;
use crate::search::{Family, Strategy};
use crate::session::{Event, RunConfig, RunKind, SearchConfig};
use crate::space::Space;

/// Below this share of the radius that was asked for a neighborhood is hardly one.
const NEAR: f64 = 0.3;

/// Arguments of `plateau search`.
#[derive(Args)]
pub struct SearchArgs {
    #[command(flatten)]
    run: RunArgs,
    /// How to search
    #[arg(long, default_value = "na-darts", help = strategies(false), long_help = strategies(true))]
    strategy: AnyStrategy,
    /// darts, nas-bench-201 or nas-bench-201-small
    #[arg(long, default_value = "darts")]
    space: Space,
    /// Leave what is found as it is: neither trained from scratch nor tested
    #[arg(long)]
    search_only: bool,
    #[command(flatten)]
    search: SearchOverrides,
    #[command(flatten)]
    train: TrainOverrides,
    #[command(flatten, next_help_heading = "Settings of rs and na-rs")]
    source: SourceArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
}

/// The strategies by their families; `explained`: each with its sentence.
fn strategies(explained: bool) -> String {
    let on_evaluators = [
        ("rs", "Random search on a --table, a --run or with --train."),
        (
            "na-rs",
            "The same by the mean of each draw and its neighbors.",
        ),
    ];
    let mut families = Vec::new();
    for family in Family::ALL {
        let own = Strategy::ALL
            .into_iter()
            .filter(|strategy| strategy.family() == family);
        let mut members: Vec<(String, &str)> = own
            .map(|strategy| (strategy.to_string(), strategy.sentence()))
            .collect();
        if family == Family::Sampling {
            let others = on_evaluators.map(|(name, sentence)| (name.to_owned(), sentence));
            members.extend(others);
        }
        families.push((family.title(), members));
    }
    match explained {
        false => families
            .iter()
            .flat_map(|(_, members)| members.iter().map(|(name, _)| name.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
        true => {
            let mut text = "How to search. A name with na- is the strategy after it on the joined loss of a neighborhood.".to_owned();
            for (title, members) in families {
                text += &format!("\n\n{title}:");
                for (name, sentence) in members {
                    text += &format!("\n  {name}: {sentence}");
                }
            }
            text
        }
    }
}

/// Any way to search.
#[derive(Clone, Copy, Debug)]
enum AnyStrategy {
    /// On a data set.
    Run(Strategy),
    /// On an evaluator of architectures.
    Sampling(SamplingStrategy),
}

impl std::str::FromStr for AnyStrategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rs" => Ok(AnyStrategy::Sampling(SamplingStrategy::Rs)),
            "na-rs" => Ok(AnyStrategy::Sampling(SamplingStrategy::NaRs)),
            _ => text.parse().map(AnyStrategy::Run).map_err(|_: String| {
                let mut names = Strategy::ALL.map(Strategy::name).to_vec();
                names.extend(["rs", "na-rs"]);
                unknown(text, "a strategy", &names)
            }),
        }
    }
}

/// Searches, trains and tests; or searches on an evaluator of architectures.
pub fn run(args: &SearchArgs, given: Given) -> Result<(), CliError> {
    let strategy = match args.strategy {
        AnyStrategy::Run(_) if !args.source.is_table() || args.sampling.searches() => {
            return Err(CliError(
                "--run, --train and the settings of sampling are for --strategy rs or na-rs; the other strategies search on --dataset, and \
                 a --table may look up what they find"
                    .into(),
            ));
        }
        AnyStrategy::Run(strategy) => strategy,
        AnyStrategy::Sampling(_) if args.run.resume.is_some() => {
            return Err(CliError(
                "a sampling search leaves no run folder; leave --resume away".into(),
            ));
        }
        AnyStrategy::Sampling(strategy) => {
            let mut train = args.run.preset.train(args.space);
            if args.source.trains() {
                // No evaluator has that head.
                train.auxiliary_weight = 0.0;
                fit_to_images(
                    &args.run.dataset,
                    args.run.preset,
                    args.space,
                    None,
                    &mut train,
                )?;
            }
            args.train.apply(&mut train, args.search.no_flip());
            return args.sampling.run(Task {
                strategy,
                candidates: args.search.candidates().as_ref(),
                neighborhood: args.search.neighborhood(),
                source: &args.source,
                space: given("space").then_some(args.space),
                compute: Compute {
                    device: args.run.device,
                    dataset: &args.run.dataset,
                    moved: given("dataset"),
                    test_share: args.run.test_share,
                    train,
                    space: args.space,
                    seed: args.run.seed,
                },
                json: args.run.json,
            });
        }
    };
    // Whatever is wrong with the table is said before hours of searching.
    let looked_up = args.looked_up(given)?;
    if let Some(folder) = &args.run.resume {
        let outcome = args
            .run
            .resume(folder, given, |config| args.apply(config, strategy, given))?;
        return report(&outcome, looked_up.as_ref(), args.run.json);
    }
    if args.search.batches_of_no_sharpness() {
        return Err(CliError(
            "--sharpness-batches says on how many batches a sharpness is measured: add --sharpness STEPS or --early-stop"
                .into(),
        ));
    }
    let (search, train) = trained_with(&args.run, args.space, strategy, &args.search, &args.train)?;
    let config = RunConfig {
        kind: match args.search_only || looked_up.is_some() {
            true => RunKind::SearchOnly,
            false => RunKind::Full,
        },
        ..args.run.config(Some(search), None, train)
    };
    let dataset = file_name(&args.run.dataset);
    let name = format!("{dataset}-{strategy}-{}", args.run.seed);
    let outcome = args.run.start(config, &name)?;
    report(&outcome, looked_up.as_ref(), args.run.json)
}

impl SearchArgs {
    /// The table that looks up what a search on images finds, if one was named.
    fn looked_up(&self, given: Given) -> Result<Option<LookedUp>, CliError> {
        if !self.source.given() && !self.sampling.given() {
            return Ok(None);
        }
        // A run that goes on has its space.
        let resumed = self.run.resume.as_ref().filter(|_| !given("space"));
        let events = resumed.map(|folder| read_events(folder)).transpose();
        let events = events.map_err(CliError::new)?.unwrap_or_default();
        let space = match events.first().map(|timed| &timed.event) {
            Some(Event::Started { config, .. }) => config.search.as_ref().map(|one| one.space),
            _ => None,
        };
        let metric = self.sampling.report_metric();
        LookedUp::new(self.source.table(), metric, space.unwrap_or(self.space)).map(Some)
    }

    /// Puts what was given over the configuration of a search.
    fn apply(
        &self,
        config: &mut RunConfig,
        strategy: Strategy,
        given: Given,
    ) -> Result<(), CliError> {
        let Some(search) = &mut config.search else {
            return Err(CliError(
                "this run trains a given genotype; use plateau train --resume".into(),
            ));
        };
        if given("strategy") {
            search.strategy = strategy;
        }
        if given("space") {
            search.space = self.space;
        }
        if given("preset") {
            *search = self.run.preset.search(search.space, search.strategy);
            config.train = self.run.preset.train(search.space);
            let (space, train) = (search.space, &mut config.train);
            fit_to_images(
                &config.dataset,
                self.run.preset,
                space,
                Some(&mut *search),
                train,
            )?;
        }
        self.search.apply(search);
        self.train.apply(&mut config.train, self.search.no_flip());
        Ok(())
    }
}

/// The JSON object of the summary; it has the keys of a search, and those of a table, only where there was one.
fn object(
    outcome: &Outcome,
    found: Option<&(&LookedUp, Verdict)>,
) -> Result<serde_json::Value, CliError> {
    let (tested, training) = (outcome.run.tested(), outcome.run.training.as_ref());
    let mut value = serde_json::json!({
        "genotype": outcome.genotype,
        "genotype_text": outcome.genotype.to_text(),
        "test_accuracy": tested.map(|tested| tested.accuracy),
        "test_images": tested.map(|tested| tested.images),
        "parameters": training.map(|training| training.parameters),
        "multiply_adds": training.map(|training| training.multiply_adds),
        "train_seconds": tested.map(|tested| tested.seconds),
        "seed": outcome.config.seed,
        "dataset": outcome.config.dataset,
        "device": outcome.device.name,
        "run_dir": outcome.folder.display().to_string(),
    });
    if let (Some(search), Some(object)) = (&outcome.config.search, value.as_object_mut()) {
        object.insert("strategy".into(), search.strategy.name().into());
        object.insert("search_seconds".into(), outcome.run.search_seconds().into());
        let sharpness = outcome.run.sharpness.last();
        let eigenvalue = sharpness.map(|sharpness| sharpness.eigenvalue);
        object.insert("sharpness".into(), eigenvalue.into());
        if let Some(sharpness) = sharpness {
            let rest = [
                ("sharpness_standard_error", sharpness.standard_error),
                ("sharpness_relative", sharpness.relative()),
                ("rise", sharpness.rise),
            ];
            object.extend(rest.map(|(name, value)| (name.to_owned(), value.into())));
        }
        let radius = outcome.run.effective_radius().map(f64::from);
        object.insert("effective_radius".into(), radius.into());
    }
    if let (Some((table, verdict)), Some(object)) = (found, value.as_object_mut()) {
        object.insert("metric".into(), table.metric().into());
        let verdict = serde_json::to_value(verdict).map_err(CliError::new)?;
        object.insert("table".into(), verdict);
        let matched = table.matched(&outcome.genotype);
        let matched = serde_json::to_value(matched).map_err(CliError::new)?;
        object.insert("matched".into(), matched);
    }
    Ok(value)
}

/// Prints the summary, or one JSON object.
pub fn report(outcome: &Outcome, looked_up: Option<&LookedUp>, json: bool) -> Result<(), CliError> {
    let found = match looked_up {
        Some(table) => Some((table, table.verdict(outcome)?)),
        None => None,
    };
    if let Some((table, verdict)) = &found {
        let path = outcome.folder.join("table.json");
        let text = serde_json::json!({ "metric": table.metric(), "table": verdict }).to_string();
        out::file(&path, (text + "\n").as_bytes())?;
    }
    if json {
        return out::json(&object(outcome, found.as_ref())?.to_string());
    }
    let tested = outcome.run.tested();
    out::lines(&format!("\n{}\n", outcome.genotype.draw()))?;
    if let Some((tested, training)) = tested.zip(outcome.run.training.as_ref()) {
        say!(
            "test accuracy  {:.2} % of {} images that neither search nor training saw",
            100.0 * tested.accuracy,
            tested.images
        )?;
        say!(
            "network        {} weights, {} multiply-adds an image",
            thousands(training.parameters),
            thousands(training.multiply_adds)
        )?;
    }
    if let Some((table, verdict)) = &found {
        say_verdict(table.metric(), verdict, table.matched(&outcome.genotype))?;
    }
    let search = outcome.config.search.as_ref();
    let asked = search.and_then(SearchConfig::asked_radius);
    if let (Some(asked), Some(radius)) = (asked, outcome.run.effective_radius()) {
        let near = match f64::from(radius) < NEAR * asked {
            true => {
                ": the neighbors were nearly the architecture itself; a higher --alpha-rate or a lower --temperature sets them apart"
            }
            false => "",
        };
        say!(
            "radius         {radius:.2} edges between the architecture and its last neighbors, of {asked} asked for{near}"
        )?;
    }
    let mut times = Vec::new();
    if let Some(search) = search {
        let (strategy, seconds) = (search.strategy, outcome.run.search_seconds());
        times.push(format!("{strategy} search {seconds:.0} s"));
    }
    times.extend(tested.map(|tested| format!("training {:.0} s", tested.seconds)));
    say!(
        "time           {} on {}",
        times.join(", "),
        outcome.device.name
    )?;
    say!("run folder     {}", outcome.folder.display())
}
