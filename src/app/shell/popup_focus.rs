//! The keyboard goes back to what opened a list, a menu or an explanation when that closes.

use eframe::egui::{Context, Id, Key, Order, Popup};

/// Who had the keyboard, and who has it in what is open.
#[derive(Default)]
pub struct PopupFocus {
    /// Who had it last outside.
    opener: Option<Id>,
    /// Who has it inside.
    inside: Option<Id>,
    was_open: bool,
}

impl PopupFocus {
    /// Called at the end of every frame.
    pub fn follow(&mut self, context: &Context) {
        let focused = context.memory(|memory| memory.focused());
        let is_open = Popup::is_any_open(context);
        let was_open = std::mem::replace(&mut self.was_open, is_open);
        if is_open {
            match focused {
                Some(id) if Some(id) != self.opener && lies_above(context, id) => {
                    self.inside = Some(id);
                }
                Some(id) => (self.opener, self.inside) = (Some(id), None),
                None => {}
            }
            return;
        }
        // What had the keyboard goes with what has closed, and Esc takes it from whoever has it.
        let gone = self.inside.take();
        let chosen = gone.is_some() && (focused.is_none() || focused == gone);
        let left =
            was_open && focused.is_none() && context.input(|input| input.key_pressed(Key::Escape));
        match self.opener.filter(|_| chosen || left) {
            Some(opener) => context.memory_mut(|memory| memory.request_focus(opener)),
            None => self.opener = focused,
        }
    }
}

fn lies_above(context: &Context, id: Id) -> bool {
    let widget = context.read_response(id);
    widget.is_some_and(|widget| widget.layer_id.order == Order::Foreground)
}
