//! The manual, a page each: how the commands are used and what they print, what is understood and what is said about what is not taken as it
//! stands, and what experiments have shown.

#[doc = include_str!("strategies.md")]
pub mod strategies {}
#[doc = "[search]: search\n"]
#[doc = include_str!("add_a_strategy.md")]
pub mod add_a_strategy {}
#[doc = "[lessons]: lessons\n[window]: window\n"]
#[doc = include_str!("browser.md")]
pub mod browser {}
#[doc = "[judge]: judge\n[search]: search\n[sweeps]: sweeps\n[tables]: tables\n[window]: window\n"]
#[doc = include_str!("compare.md")]
pub mod compare {}
#[doc = "[browser]: browser\n[runs]: runs\n[window]: window\n"]
#[doc = include_str!("data.md")]
pub mod data {}
#[doc = "[search]: search\n"]
#[doc = include_str!("defaults.md")]
pub mod defaults {}
#[doc = "[collapse]: experiments::collapse\n[judge]: experiments::judge\n[noise]: experiments::noise\n[relaxed]: experiments::relaxed\n[restricted]: experiments::restricted\n[scratch]: experiments::scratch\n"]
#[doc = include_str!("experiments.md")]
pub mod experiments {
    #[doc = include_str!("experiments/collapse.md")]
    pub mod collapse {}
    #[doc = include_str!("experiments/judge.md")]
    pub mod judge {}
    // Pictures lie beside the pages, seen from target/doc.
    #[doc = "[figure]: ../../../../../../src/manual/experiments/noise.svg\n"]
    #[doc = include_str!("experiments/noise.md")]
    pub mod noise {}
    #[doc = "[figure]: ../../../../../../src/manual/experiments/relaxed.svg\n"]
    #[doc = include_str!("experiments/relaxed.md")]
    pub mod relaxed {}
    #[doc = include_str!("experiments/restricted.md")]
    pub mod restricted {}
    #[doc = "[figure]: ../../../../../../src/manual/experiments/scratch.svg\n"]
    #[doc = include_str!("experiments/scratch.md")]
    pub mod scratch {}
}
#[doc = "[genotypes]: genotypes\n[runs]: runs\n"]
#[doc = include_str!("export.md")]
pub mod export {}
#[doc = "[reports]: reports\n[search]: search\n[window]: window\n"]
#[doc = include_str!("genotypes.md")]
pub mod genotypes {}
#[doc = "[compare]: compare\n[experiment]: experiments::judge\n[reports]: reports\n"]
#[doc = include_str!("judge.md")]
pub mod judge {}
#[doc = "[browser]: browser\n[genotypes]: genotypes\n[window]: window\n"]
#[doc = include_str!("lessons.md")]
pub mod lessons {}
#[doc = "[judge]: judge\n[noise]: experiments::noise\n[relaxed]: experiments::relaxed\n[tables]: tables\n"]
#[doc = include_str!("reports.md")]
pub mod reports {}
#[doc = "[compare]: compare\n[data]: data\n[reports]: reports\n[search]: search\n[sweeps]: sweeps\n[tables]: tables\n"]
#[doc = include_str!("runs.md")]
pub mod runs {}
#[doc = "[compare]: compare\n[data]: data\n[defaults]: defaults\n[judge]: judge\n[method]: crate::method\n[reports]: reports\n[runs]: runs\n[strategies]: strategies\n[tables]: tables\n"]
#[doc = include_str!("search.md")]
pub mod search {}
#[doc = "[search]: search\n"]
#[doc = include_str!("speed.md")]
pub mod speed {}
// Recipes lie beside the pages, as pictures do.
#[doc = "[compare]: compare\n[runs]: runs\n[slurm]: ../../../../../src/manual/recipes/slurm.sh\n[hyperqueue]: ../../../../../src/manual/recipes/hyperqueue_sweep.py\n[parallel]: ../../../../../src/manual/recipes/parallel.sh\n"]
#[doc = include_str!("sweeps.md")]
pub mod sweeps {}
#[doc = "[judge]: judge\n[reports]: reports\n"]
#[doc = include_str!("tables.md")]
pub mod tables {}
#[doc = "[browser]: browser\n[data]: data\n[export]: export\n[genotypes]: genotypes\n[lessons]: lessons\n[runs]: runs\n[tables]: tables\n"]
#[doc = include_str!("window.md")]
pub mod window {}
