//! A genotype drawn in text, for a terminal.

use std::fmt::Write;

use super::cell::Space;
use super::genotype::Genotype;
use super::operation::Operation;

impl Genotype {
    /// The cells, one line for each node (DARTS) or edge (NAS-Bench-201). It ends with a line break.
    ///
    /// ```
    /// let genotype = plateau::space::Genotype::preset("darts-v2").unwrap();
    /// assert!(genotype.draw().starts_with(
    /// "normal cell (0, 1 inputs; output 2 3 4 5)
    ///   0 ── sep_conv_3x3 ─▶ 2 ◀─ sep_conv_3x3 ── 1
    ///   0 ── sep_conv_3x3 ─▶ 3 ◀─ sep_conv_3x3 ── 1
    /// "));
    /// ```
    pub fn draw(&self) -> String {
        let mut text = String::new();
        let space = self.space();
        let inputs = match space {
            Space::Darts => "0, 1 inputs",
            Space::NasBench201 | Space::NasBench201Small => "0 input",
        };
        for (kind, cell) in space.cell_kinds().iter().zip(self.cells()) {
            let output: Vec<String> = cell.concat.iter().map(usize::to_string).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{kind} cell ({inputs}; output {})", output.join(" "));
            for (node, edges) in (space.inputs()..).zip(&cell.nodes) {
                if let (Space::Darts, [left, right]) = (space, &edges[..]) {
                    let _ = writeln!(
                        text,
                        "  {} ── {:─<12} ─▶ {node} ◀─ {:─>12} ── {}",
                        left.from, left.operation, right.operation, right.from
                    );
                } else {
                    for edge in edges {
                        let line = match edge.operation {
                            Operation::None => '·',
                            _ => '─',
                        };
                        let name = edge.operation.name();
                        let rest = String::from(line).repeat(13 - name.len().min(12));
                        let _ =
                            writeln!(text, "  {} {line}{line} {name} {rest}▶ {node}", edge.from);
                    }
                }
            }
        }
        text
    }
}
