//! Finds the control that a lesson points at, by the name that screen readers say.

use eframe::egui::accesskit::{Action, ActionRequest, Node, NodeId, TreeId};
use eframe::egui::{Context, Event, FullOutput, Plugin, Rangef, RawInput, Rect, pos2};

/// The control and where it was in the last frame.
#[derive(Default)]
pub struct Pointing {
    wanted: Option<String>,
    /// The horizontal part of the screen that it is in.
    columns: Option<Rangef>,
    found: Option<(NodeId, Rect)>,
    /// Whether it is brought into view at the next frame, once.
    scrolls: bool,
}

impl Pointing {
    /// Points at a control of a panel, or at none, from now on; where it was in the last frame.
    pub fn at(context: &Context, name: Option<&str>, panel: Rect) -> Option<Rect> {
        if name.is_some() {
            context.enable_accesskit();
        }
        let found = context.with_plugin(|pointing: &mut Self| {
            if pointing.wanted.as_deref() != name {
                *pointing = Self {
                    wanted: name.map(str::to_owned),
                    ..Self::default()
                };
            }
            pointing.columns = Some(panel.x_range());
            Some(pointing.found?.1)
        });
        found.flatten()
    }
}

impl Plugin for Pointing {
    fn debug_name(&self) -> &'static str {
        "plateau-pointing"
    }

    fn input_hook(&mut self, _context: &Context, input: &mut RawInput) {
        if let (true, Some((target_node, _))) = (std::mem::take(&mut self.scrolls), self.found) {
            input
                .events
                .push(Event::AccessKitActionRequest(ActionRequest {
                    action: Action::ScrollIntoView,
                    target_tree: TreeId::ROOT,
                    target_node,
                    data: None,
                }));
        }
    }

    fn output_hook(&mut self, context: &Context, output: &mut FullOutput) {
        let (Some(wanted), Some(update)) = (&self.wanted, &output.platform_output.accesskit_update)
        else {
            return;
        };
        let placed = |(id, node): &(NodeId, Node)| {
            let bounds = node
                .bounds()
                .filter(|_| node.label().or(node.value()) == Some(wanted))?;
            let corner = |x: f64, y: f64| pos2(x as f32, y as f32);
            let place =
                Rect::from_min_max(corner(bounds.x0, bounds.y0), corner(bounds.x1, bounds.y1));
            // Another panel may have one of that name. Above and below, the panel may have to be scrolled.
            let inside = self
                .columns
                .is_some_and(|columns| columns.contains(place.center().x));
            inside.then_some((*id, place))
        };
        // The list has no order; of several of that name the upper one is meant.
        let found = update.nodes.iter().filter_map(placed);
        let found = found.min_by(|(_, one), (_, other)| one.top().total_cmp(&other.top()));
        if found != self.found {
            self.scrolls |= self.found.is_none();
            self.found = found;
            context.request_repaint();
        }
    }
}
