//! Finds the control that a lesson points at, by the name that screen readers say.
//!
//! egui names everything in every frame from when a screen reader begins, which takes a good part of a frame. Without a reader it is asked to
//! do so now and then, within one frame: nobody else switches that on or off meanwhile, so that it can be switched off again without
//! silencing a reader that has just begun.

use std::time::Duration;

use eframe::egui::accesskit::{Action, ActionRequest, Node, NodeId, TreeId};
use eframe::egui::{
    Context, Event, FullOutput, Plugin, Rangef, RawInput, Rect, accesskit_root_id, pos2,
};

/// The least time between two looks, seconds.
const PAUSE: f64 = 0.1;

/// The control and where it was in the last frame.
#[derive(Default)]
pub struct Pointing {
    wanted: Option<String>,
    /// The horizontal part of the screen that it is in.
    columns: Option<Rangef>,
    found: Option<(NodeId, Rect)>,
    /// Whether it is brought into view at the next frame, once.
    scrolls: bool,
    /// When everything was named for this only.
    looked: Option<f64>,
    /// Whether that is switched on, and goes off at the end of the frame.
    looks: bool,
}

impl Pointing {
    /// Points at a control of a panel, or at none, from now on; where it was in the last frame.
    pub fn at(context: &Context, name: Option<&str>, panel: Rect) -> Option<Rect> {
        let found = context.with_plugin(|pointing: &mut Self| {
            if pointing.wanted.as_deref() != name {
                *pointing = Self {
                    wanted: name.map(str::to_owned),
                    looks: pointing.looks,
                    ..Self::default()
                };
            }
            pointing.columns = Some(panel.x_range());
            if name.is_some() {
                pointing.look(context);
            }
            Some(pointing.found?.1)
        });
        found.flatten()
    }

    /// Has everything named at the end of this frame, where nobody else wants that and the last time is a while ago. The mirror of a page
    /// wants it often enough.
    fn look(&mut self, context: &Context) {
        let named = context.has_accesskit_node(accesskit_root_id());
        if named || cfg!(target_arch = "wasm32") || context.current_pass_index() > 0 {
            return;
        }
        let now = context.input(|input| input.time);
        let rest = self.looked.map_or(0.0, |looked| looked + PAUSE - now);
        if rest > 0.0 {
            context.request_repaint_after(Duration::from_secs_f64(rest));
            return;
        }
        self.looked = Some(now);
        self.looks = true;
        context.enable_accesskit();
        // The second pass of this frame is the first that names.
        context.request_discard("a lesson looks for a control");
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
        let Some(update) = &output.platform_output.accesskit_update else {
            return;
        };
        if std::mem::take(&mut self.looks) {
            context.disable_accesskit();
        }
        let Some(wanted) = &self.wanted else {
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
