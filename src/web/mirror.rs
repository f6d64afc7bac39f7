//! The window for screen readers: elements behind the canvas, one for every widget that has a name, and a line that is read aloud when it
//! changes. Whoever presses, changes or focuses an element does so to its widget.
//!
//! The canvas says which element stands for the widget with the keyboard, and the keyboard stays on it; whoever comes to an element in
//! another way, as screen readers do, goes on from there with Tab.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_channel::Sender;
use eframe::egui;
use eframe::egui::accesskit::{Action, ActionData, ActionRequest, NodeId, TreeId, TreeUpdate};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, Element, HtmlCanvasElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    KeyboardEvent, Node,
};

use super::look::{Look, Plan, Planned, STOP, plan};
use super::tree::Tree;
use crate::app::{App, Told};

/// Where the elements are in `index.html`.
const MIRROR: &str = "mirror";
/// What is read aloud.
const TOLD: &str = "told";
/// How many sentences stay there, for who goes back to them.
const KEPT: u32 = 12;
/// The least time between two looks at the window, milliseconds.
const PAUSE: i32 = 250;

/// Mirrors the window from now on.
///
/// # Errors
/// The page lacks the elements.
pub fn begin(
    runner: &eframe::WebRunner,
    context: &egui::Context,
    canvas: HtmlCanvasElement,
) -> Result<(), JsValue> {
    let (told, trees) = async_channel::bounded::<Arc<TreeUpdate>>(1);
    let (asks, asked) = async_channel::unbounded();
    let mut mirror = Mirror::new(canvas)?;
    let asker = Asker {
        asks,
        context: context.clone(),
    };
    listen(&mirror.root, &asker)?;
    context.add_plugin(Tree::new(told, asked));
    context.request_repaint();
    let (runner, context) = (runner.clone(), context.clone());
    spawn_local(async move {
        let mut told = Told::default();
        while let Ok(tree) = trees.recv().await {
            context.with_plugin(Tree::rest);
            if let Err(error) = mirror.follow(&tree) {
                web_sys::console::error_1(&error);
                return;
            }
            let news = runner
                .app_mut::<App>()
                .map(|app| app.news(&mut told, js_sys::Date::now() / 1000.0));
            if let Err(error) = mirror.tell(&news.unwrap_or_default()) {
                web_sys::console::error_1(&error);
            }
            pause().await;
            let missed = context.with_plugin(Tree::want).unwrap_or_default();
            // What was told meanwhile may be older than what was asked since.
            if missed || trees.try_recv().is_ok() {
                context.request_repaint();
            }
        }
    });
    Ok(())
}

async fn pause() {
    let passed = Promise::new(&mut |resolve, _| {
        let window = web_sys::window();
        // Without a window nothing is shown.
        let _timer = window.map(|window| {
            window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PAUSE)
        });
    });
    let _nothing = JsFuture::from(passed).await;
}

/// An element that is there.
struct Shown {
    element: HtmlElement,
    look: Look,
    inside: Vec<NodeId>,
}

/// All elements that are there.
struct Mirror {
    document: Document,
    canvas: HtmlCanvasElement,
    root: HtmlElement,
    told: Element,
    shown: HashMap<NodeId, Shown>,
    /// Those in `root`.
    top: Vec<NodeId>,
    /// All, each before those in it.
    order: Vec<NodeId>,
    /// Which has the keyboard in egui.
    focus: Option<NodeId>,
}

impl Mirror {
    fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let document = canvas.owner_document().ok_or("there is no document")?;
        let missing = "the page has no place for screen readers";
        let find = |id: &str| document.get_element_by_id(id).ok_or(missing);
        let mirror = Self {
            root: find(MIRROR)?.dyn_into()?,
            told: find(TOLD)?,
            document,
            canvas,
            shown: HashMap::new(),
            top: Vec::new(),
            order: Vec::new(),
            focus: None,
        };
        mirror.name_typing("Plateau")?;
        Ok(mirror)
    }

    /// Names the field behind the canvas into which eframe has people type.
    fn name_typing(&self, name: &str) -> Result<(), JsValue> {
        match self.canvas.next_element_sibling() {
            Some(field) if field.tag_name() == "INPUT" => field.set_attribute("aria-label", name),
            _ => Ok(()),
        }
    }

    /// Adds sentences to what is read aloud.
    fn tell(&self, news: &[String]) -> Result<(), JsValue> {
        for sentence in news {
            let line = self.document.create_element("p")?;
            line.set_text_content(Some(sentence));
            self.told.append_child(&line)?;
        }
        while self.told.child_element_count() > KEPT
            && let Some(oldest) = self.told.first_element_child()
        {
            oldest.remove();
        }
        Ok(())
    }

    /// Brings the elements up to date.
    fn follow(&mut self, update: &TreeUpdate) -> Result<(), JsValue> {
        let Plan { top, elements } = plan(update);
        let active = self.document.active_element();
        let entered = self.root.contains(active.as_deref());
        self.remove(&elements);
        let order = elements.iter().map(|one| one.id).collect();
        let before = std::mem::replace(&mut self.order, order);
        let mut rows = Vec::new();
        let mut fresh = HashSet::new();
        for Planned { id, look, inside } in elements {
            match self.shown.get_mut(&id) {
                Some(shown) => {
                    dress(&shown.element, &shown.look, &look, active.as_ref())?;
                    shown.look = look;
                }
                None => {
                    let element: HtmlElement =
                        self.document.create_element(look.tag)?.dyn_into()?;
                    element.set_id(&name_of(id));
                    dress(&element, &Look::default(), &look, None)?;
                    let inside = Vec::new();
                    let shown = Shown {
                        element,
                        look,
                        inside,
                    };
                    self.shown.insert(id, shown);
                    fresh.insert(id);
                }
            }
            rows.push((id, inside));
        }
        let has_fresh = |row: &[NodeId]| row.iter().any(|id| fresh.contains(id));
        if top != self.top || has_fresh(&top) {
            self.arrange(&self.root, &top)?;
            self.top = top;
        }
        for (id, row) in rows {
            let Some(shown) = self.shown.get(&id) else {
                continue;
            };
            if row != shown.inside || has_fresh(&row) {
                self.arrange(&shown.element, &row)?;
                self.shown.entry(id).and_modify(|shown| shown.inside = row);
            }
        }
        let left = active.filter(|_| entered).and_then(|left| node_of(&left));
        self.follow_focus(update.focus, entered, &until(&before, left))
    }

    /// Removes what stands for nothing any more, or for another kind of widget.
    fn remove(&mut self, elements: &[Planned]) {
        let tags: HashMap<NodeId, &str> =
            elements.iter().map(|one| (one.id, one.look.tag)).collect();
        self.shown.retain(|id, shown| {
            let stays = tags.get(id) == Some(&shown.look.tag);
            if !stays {
                shown.element.remove();
            }
            stays
        });
    }

    /// Puts elements into another, in their order. What stands right is not moved, as it would lose the focus.
    fn arrange(&self, parent: &HtmlElement, row: &[NodeId]) -> Result<(), JsValue> {
        let mut next = parent.first_child();
        for shown in row.iter().filter_map(|id| self.shown.get(id)) {
            let element: &Node = &shown.element;
            if next.as_ref() == Some(element) {
                next = element.next_sibling();
            } else {
                parent.insert_before(element, next.as_ref())?;
            }
        }
        Ok(())
    }

    /// Tells which widget has the keyboard. Whoever had come to an element is taken to that one, or, where theirs has gone, to the last one
    /// before it in `before`.
    fn follow_focus(
        &mut self,
        focus: NodeId,
        entered: bool,
        before: &[NodeId],
    ) -> Result<(), JsValue> {
        let focus = Some(focus).filter(|id| self.shown.contains_key(id));
        let moved = focus != self.focus;
        self.focus = focus;
        let now = focus.and_then(|id| self.shown.get(&id));
        if moved {
            let active = "aria-activedescendant";
            match now {
                Some(shown) => self.canvas.set_attribute(active, &shown.element.id())?,
                None => self.canvas.remove_attribute(active)?,
            }
            let field = now.filter(|shown| shown.look.value.is_some());
            let name = field.and_then(|shown| shown.look.get("aria-label"));
            self.name_typing(name.unwrap_or("Plateau"))?;
        }
        if !entered {
            return Ok(());
        }
        let active = self.document.active_element();
        let lost = !self.root.contains(active.as_deref());
        let is_stop = |shown: &&Shown| shown.look.get("tabindex") == Some(STOP);
        let last = || {
            let before = before.iter().rev().filter_map(|id| self.shown.get(id));
            before.filter(is_stop).map(|shown| &shown.element).next()
        };
        match now {
            Some(shown) if moved || lost => shown.element.focus(),
            _ if lost => last().unwrap_or(&self.root).focus(),
            _ => Ok(()),
        }
    }
}

/// Those up to one of them; none where it is not among them.
fn until(order: &[NodeId], last: Option<NodeId>) -> Vec<NodeId> {
    let place = order.iter().position(|id| Some(*id) == last);
    order[..place.map_or(0, |place| place + 1)].to_vec()
}

/// Brings an element from one look to another. `active` has the keyboard: what a person has typed into it and not sent stays.
fn dress(
    element: &HtmlElement,
    from: &Look,
    to: &Look,
    active: Option<&Element>,
) -> Result<(), JsValue> {
    for (name, value) in &to.attributes {
        if from.get(name) != Some(value) {
            element.set_attribute(name, value)?;
        }
    }
    for (name, _) in &from.attributes {
        if to.get(name).is_none() {
            element.remove_attribute(name)?;
        }
    }
    if from.text != to.text {
        element.set_text_content(Some(&to.text));
    }
    let here: &Element = element;
    if let Some(value) = &to.value
        && (from.value != to.value || active != Some(here))
    {
        if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            if input.value() != *value {
                input.set_value(value);
            }
        } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>()
            && area.value() != *value
        {
            area.set_value(value);
        }
    }
    Ok(())
}

/// The id of the element of a node.
fn name_of(node: NodeId) -> String {
    format!("m{}", node.0)
}

/// The node of an element.
fn node_of(element: &Element) -> Option<NodeId> {
    let id = element.id();
    id.strip_prefix('m')?.parse().ok().map(NodeId)
}

/// How egui is asked for something.
#[derive(Clone)]
struct Asker {
    asks: Sender<egui::Event>,
    context: egui::Context,
}

impl Asker {
    fn ask(&self, event: egui::Event) {
        // The other end is egui's as long as there is a page.
        let _gone = self.asks.try_send(event);
        self.context.request_repaint();
    }

    fn act(&self, node: NodeId, action: Action, data: Option<ActionData>) {
        self.ask(egui::Event::AccessKitActionRequest(ActionRequest {
            action,
            target_tree: TreeId::ROOT,
            target_node: node,
            data,
        }));
    }
}

/// Asks egui for what is done to the elements.
fn listen(root: &HtmlElement, asker: &Asker) -> Result<(), JsValue> {
    let own = asker.clone();
    on(root, "click", move |event| {
        if let Some((element, node)) = target(event)
            && element.tag_name() == "BUTTON"
        {
            own.act(node, Action::Click, None);
        }
    })?;
    let own = asker.clone();
    on(root, "change", move |event| {
        if let Some((element, node)) = target(event)
            && let Some(data) = entered(&element)
        {
            own.act(node, Action::SetValue, Some(data));
        }
    })?;
    let own = asker.clone();
    on(root, "focusin", move |event| {
        if let Some((_, node)) = target(event) {
            own.act(node, Action::Focus, None);
            own.act(node, Action::ScrollIntoView, None);
        }
    })?;
    let (own, all) = (asker.clone(), root.clone());
    on(root, "keydown", move |event| {
        let Some(pressed) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        match pressed.key().as_str() {
            "Escape" => {
                own.ask(escape(true));
                own.ask(escape(false));
            }
            "Tab" => {
                if let Some(next) = beside(&all, pressed.shift_key()) {
                    event.prevent_default();
                    // What was found a moment ago can be focused.
                    let _focused = next.focus();
                }
            }
            _ => {}
        }
    })
}

fn escape(pressed: bool) -> egui::Event {
    egui::Event::Key {
        key: egui::Key::Escape,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    }
}

/// What was entered into a field; none: nothing that it can hold.
fn entered(element: &Element) -> Option<ActionData> {
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        return Some(ActionData::Value(area.value().into()));
    }
    let input: &HtmlInputElement = element.dyn_ref()?;
    Some(match input.type_().as_str() {
        "range" | "number" => ActionData::NumericValue(input.value().parse().ok()?),
        _ => ActionData::Value(input.value().into()),
    })
}

/// The next element at which the keyboard stops, or the one before; none behind the last.
fn beside(root: &HtmlElement, back: bool) -> Option<HtmlElement> {
    let stops = format!("[tabindex='{STOP}']:not(:disabled)");
    let stops = root.query_selector_all(&stops).ok()?;
    let active = root.owner_document()?.active_element();
    let here = (0..stops.length()).find(|&at| stops.item(at).as_ref() == active.as_deref());
    let next = match (here, back) {
        (Some(here), true) => here.checked_sub(1)?,
        (Some(here), false) => here + 1,
        (None, _) => 0,
    };
    stops.item(next)?.dyn_into().ok()
}

/// The element that something happened to, and its node.
fn target(event: &web_sys::Event) -> Option<(Element, NodeId)> {
    let element: Element = event.target()?.dyn_into().ok()?;
    let node = node_of(&element)?;
    Some((element, node))
}

/// Listens as long as there is a page.
fn on(
    root: &HtmlElement,
    kind: &str,
    act: impl Fn(&web_sys::Event) + 'static,
) -> Result<(), JsValue> {
    let closure = Closure::<dyn Fn(web_sys::Event)>::new(move |event| act(&event));
    root.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref())?;
    closure.forget();
    Ok(())
}
