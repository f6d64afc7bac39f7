//! What egui tells screen readers as HTML: the elements that stand for its widgets, and their order.

use std::collections::HashMap;

use eframe::egui::accesskit::{Action, Node, NodeId, Role, Toggled, TreeUpdate};

/// Where the keyboard goes. Both values keep an element out of the page's own order, so that nobody who sees falls into it.
pub const STOP: &str = "-1";
/// Where it does not go, as in egui.
const NO_STOP: &str = "-2";

/// All elements.
#[derive(Default)]
pub struct Plan {
    /// Those in none.
    pub top: Vec<NodeId>,
    /// Each before those in it.
    pub elements: Vec<Planned>,
}

/// An element.
pub struct Planned {
    /// The widget that it stands for.
    pub id: NodeId,
    /// What it is.
    pub look: Look,
    /// The elements in it.
    pub inside: Vec<NodeId>,
}

/// What an element is.
#[derive(Default)]
pub struct Look {
    /// The name of the element.
    pub tag: &'static str,
    /// Everything that a screen reader says of it but text and value.
    pub attributes: Vec<(&'static str, String)>,
    /// The text in it.
    pub text: String,
    /// What a field holds.
    pub value: Option<String>,
    /// Whether others can be in it: those of others stand behind them, as the list of a menu behind its button.
    holds: bool,
}

impl Look {
    /// An attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(attribute, _)| *attribute == name);
        found.map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &'static str, value: impl ToString) {
        self.attributes.push((name, value.to_string()));
    }
}

/// The kinds of elements.
enum Kind {
    /// It holds others and has this role.
    Group(&'static str),
    /// It has this role and is told by its name.
    Named(&'static str),
    Text,
    /// It is pressed; a role, where it has another than a button.
    Button(&'static str),
    /// An `input` of this type.
    Field(&'static str),
    Lines,
}

/// The elements that stand for a tree.
pub fn plan(update: &TreeUpdate) -> Plan {
    let nodes: HashMap<NodeId, &Node> = update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let mut plan = Plan::default();
    let root = update.tree.as_ref().and_then(|tree| nodes.get(&tree.root));
    if let Some(root) = root {
        let mut top = Vec::new();
        place(root, &nodes, &mut plan.elements, &mut top);
        plan.top = top;
    }
    plan
}

/// Plans what is below a node, to stand in `row`.
fn place(
    parent: &Node,
    nodes: &HashMap<NodeId, &Node>,
    elements: &mut Vec<Planned>,
    row: &mut Vec<NodeId>,
) {
    for &id in parent.children() {
        let Some(&node) = nodes.get(&id) else {
            continue;
        };
        match node.role() {
            // The text is told as a whole, bars and edges move only what is seen, and what is told beside the pointer is for those who
            // see it.
            Role::TextRun | Role::ScrollBar | Role::Splitter | Role::Tooltip => continue,
            _ => {}
        }
        let Some(look) = look(node, nodes) else {
            place(node, nodes, elements, row);
            continue;
        };
        row.push(id);
        let (at, holds) = (elements.len(), look.holds);
        let inside = Vec::new();
        elements.push(Planned { id, look, inside });
        if holds {
            let mut inside = Vec::new();
            place(node, nodes, elements, &mut inside);
            elements[at].inside = inside;
        } else {
            place(node, nodes, elements, row);
        }
    }
}

/// The element of a node; none: only those of the nodes below it.
fn look(node: &Node, nodes: &HashMap<NodeId, &Node>) -> Option<Look> {
    let name = name(node, nodes);
    let kind = kind(node, !name.is_empty())?;
    let mut look = Look::default();
    match kind {
        Kind::Group(role) | Kind::Named(role) => {
            look.tag = "div";
            look.holds = matches!(kind, Kind::Group(_));
            look.set("role", role);
            let more = node.description();
            let more = more.map_or(String::new(), |more| format!(". {more}"));
            look.set("aria-label", name + &more);
        }
        Kind::Text => {
            look.tag = "div";
            look.text = name;
        }
        Kind::Button(role) => {
            look.tag = "button";
            if !role.is_empty() {
                look.set("role", role);
            }
            match node.value().filter(|_| role == "combobox") {
                Some(value) => {
                    look.set("aria-label", name);
                    look.text = value.to_owned();
                }
                None => look.text = name,
            }
            button_states(&mut look, role, node, nodes);
        }
        Kind::Field(_) | Kind::Lines => {
            look.set("aria-label", name);
            field(&mut look, &kind, node);
        }
    }
    if look.get("aria-label").is_none() || look.value.is_some() {
        // What is said of a group or a picture is in its name.
        if let Some(more) = node.description() {
            look.set("aria-description", more);
        }
    }
    if let Some(percent) = node.numeric_value()
        && node.role() == Role::ProgressIndicator
    {
        look.set("aria-valuenow", percent);
    }
    let goes = node.supports_action(Action::Focus) && !node.is_disabled();
    if goes {
        look.set("tabindex", STOP);
    } else if look.tag != "div" {
        look.set("tabindex", NO_STOP);
    }
    Some(look)
}

fn kind(node: &Node, named: bool) -> Option<Kind> {
    let acts = node.supports_action(Action::Click) && node.supports_action(Action::Focus);
    Some(match node.role() {
        // A mark of a picture, where the keyboard does not go: what it stands for is in a list, too.
        Role::Button if !node.is_disabled() && !node.supports_action(Action::Focus) => return None,
        Role::Button | Role::DefaultButton | Role::DisclosureTriangle => Kind::Button(""),
        Role::CheckBox | Role::Switch => Kind::Button("checkbox"),
        Role::RadioButton => Kind::Button("radio"),
        Role::ComboBox => Kind::Button("combobox"),
        Role::Link => Kind::Button("link"),
        Role::Slider => Kind::Field("range"),
        Role::SpinButton | Role::NumberInput => Kind::Field("number"),
        Role::PasswordInput => Kind::Field("password"),
        Role::TextInput | Role::SearchInput => Kind::Field("text"),
        Role::MultilineTextInput => Kind::Lines,
        _ if !named => return None,
        // A press without a place says nothing to a plot.
        Role::Figure | Role::Canvas => Kind::Named("img"),
        Role::ProgressIndicator => Kind::Named("progressbar"),
        _ if acts => Kind::Button(""),
        Role::Label => Kind::Text,
        Role::Image => Kind::Named("img"),
        Role::Heading => Kind::Named("heading"),
        Role::Region => Kind::Group("region"),
        _ => Kind::Group("group"),
    })
}

/// What a node is called: by itself, or by the labels beside it.
fn name(node: &Node, nodes: &HashMap<NodeId, &Node>) -> String {
    let own = |node: &Node| {
        let text = node.value().filter(|_| node.role() == Role::Label);
        text.or(node.label()).map(str::to_owned)
    };
    own(node).unwrap_or_else(|| {
        let labels = node.labelled_by().iter().filter_map(|id| nodes.get(id));
        labels
            .filter_map(|label| own(label))
            .collect::<Vec<_>>()
            .join(" ")
    })
}

fn button_states(look: &mut Look, role: &str, node: &Node, nodes: &HashMap<NodeId, &Node>) {
    if node.is_disabled() {
        // Not the attribute of HTML, which would take the focus away.
        look.set("aria-disabled", true);
    }
    if let Some(toggled) = node.toggled() {
        let state = match role {
            "checkbox" | "radio" => "aria-checked",
            _ => "aria-pressed",
        };
        look.set(
            state,
            match toggled {
                Toggled::False => "false",
                Toggled::True => "true",
                Toggled::Mixed => "mixed",
            },
        );
    }
    if role == "combobox" {
        look.set("aria-haspopup", "listbox");
        look.set("aria-expanded", has_list(node, nodes, 2));
    } else if let Some(expanded) = node.is_expanded() {
        look.set("aria-expanded", expanded);
    }
}

/// Whether a list hangs below a node, at most so deep.
fn has_list(node: &Node, nodes: &HashMap<NodeId, &Node>, depth: usize) -> bool {
    let mut children = node.children().iter().filter_map(|id| nodes.get(id));
    depth > 0
        && children.any(|child| child.role() == Role::ListBox || has_list(child, nodes, depth - 1))
}

fn field(look: &mut Look, kind: &Kind, node: &Node) {
    let text = node.value().unwrap_or_default();
    let mut value = text.to_owned();
    match *kind {
        Kind::Field(of @ ("range" | "number")) => {
            look.tag = "input";
            look.set("type", of);
            for (name, bound) in [
                ("min", node.min_numeric_value()),
                ("max", node.max_numeric_value()),
            ] {
                if let Some(bound) = bound.filter(|bound| bound.is_finite()) {
                    look.set(name, bound);
                }
            }
            // That of a whole number is how fast it is dragged, a tenth a point.
            let whole = of == "number" && !text.contains('.');
            match node.numeric_value_step() {
                Some(step) if whole => look.set("step", step.max(1.0)),
                Some(step) => look.set("step", step),
                None => look.set("step", "any"),
            }
            if !text.is_empty() {
                look.set("aria-valuetext", text);
            }
            value = node.numeric_value().unwrap_or_default().to_string();
        }
        Kind::Field(of) => {
            look.tag = "input";
            look.set("type", of);
        }
        _ => look.tag = "textarea",
    }
    if let Some(hint) = node.placeholder().filter(|hint| !hint.is_empty()) {
        look.set("placeholder", hint);
    }
    if node.is_read_only() {
        look.set("readonly", "");
    }
    if node.is_disabled() {
        look.set("disabled", "");
    }
    look.value = Some(value);
}
