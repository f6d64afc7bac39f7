//! Published genotypes by name.

use super::genotype::Genotype;

/// The names that [`Genotype::preset`] knows.
pub const PRESETS: [&str; 5] = [
    "darts-v1",
    "darts-v2",
    "pc-darts-cifar",
    "pc-darts-image",
    "resnet-like",
];

impl Genotype {
    /// A published genotype: DARTS first and second order (arXiv 1806.09055), PC-DARTS (arXiv 1907.05737) for CIFAR-10 and
    /// ImageNet, and the ResNet-like cell of NAS-Bench-201 (`method.md` §9.3).
    pub fn preset(name: &str) -> Option<Self> {
        let text = match name {
            "darts-v1" => {
                "Genotype(
                normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1),
                    ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)],
                normal_concat=[2, 3, 4, 5],
                reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0),
                    ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)],
                reduce_concat=[2, 3, 4, 5])"
            }
            "darts-v2" => {
                "Genotype(
                normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1),
                    ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)],
                normal_concat=[2, 3, 4, 5],
                reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1),
                    ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)],
                reduce_concat=[2, 3, 4, 5])"
            }
            "pc-darts-cifar" => {
                "Genotype(
                normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 1),
                    ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), ('avg_pool_3x3', 0), ('dil_conv_3x3', 1)],
                normal_concat=[2, 3, 4, 5],
                reduce=[('sep_conv_5x5', 1), ('max_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 2),
                    ('sep_conv_3x3', 0), ('sep_conv_3x3', 3), ('sep_conv_3x3', 1), ('sep_conv_3x3', 2)],
                reduce_concat=[2, 3, 4, 5])"
            }
            "pc-darts-image" => {
                "Genotype(
                normal=[('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 0), ('skip_connect', 1),
                    ('sep_conv_3x3', 1), ('sep_conv_3x3', 3), ('sep_conv_3x3', 1), ('dil_conv_5x5', 4)],
                normal_concat=[2, 3, 4, 5],
                reduce=[('sep_conv_3x3', 0), ('skip_connect', 1), ('dil_conv_5x5', 2), ('max_pool_3x3', 1),
                    ('sep_conv_3x3', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 3)],
                reduce_concat=[2, 3, 4, 5])"
            }
            "resnet-like" => {
                "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
            }
            _ => return None,
        };
        // These texts are valid: a test parses every name of `PRESETS`.
        Self::parse(text).ok()
    }
}
