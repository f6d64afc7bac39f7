//! A trained network as an ONNX file, for the runtimes that read that.

use super::plan::{Layer, Plan, Work};
use super::protobuf::Message;
use crate::session::{NetworkDescription, NetworkError, TrainedNetwork};

/// The version of the format's own layout: that of ONNX 1.12, the first with these operators.
const IR_VERSION: i64 = 8;
/// The version of its operators.
const OPSET: i64 = 17;
/// The name of the dimension that may have any size.
const BATCH: &str = "N";
/// What the network reads.
const INPUT: &str = "images";
/// What it says.
const OUTPUT: &str = "logits";
/// Added to the variance before its square root. A page that computes nothing has no `nn` to take it from.
const EPSILON: f32 = 1e-5;
#[cfg(feature = "engine")]
const _: () = assert!(EPSILON == crate::nn::EPSILON as f32);
/// 32-bit floats, as the format numbers them.
const FLOAT: i64 = 1;
/// 64-bit integers.
const INTEGER: i64 = 7;

/// The file. `raw`: the images that it reads are normalised already.
///
/// # Errors
/// A tensor that the network lacks.
pub fn onnx(network: &TrainedNetwork, raw: bool) -> Result<Vec<u8>, NetworkError> {
    let plan = Plan::of(&network.description)?;
    let mut graph = GraphWriter::default();
    graph.graph.bytes(2, "plateau");
    let mut names = vec![graph.images(&network.description, raw)];
    for (layer, needed) in plan.layers.iter().zip(plan.needed()) {
        // What nobody reads has no name that anybody could ask for.
        let name = match needed {
            true => graph.layer(network, layer, &names)?,
            false => String::new(),
        };
        names.push(name);
    }
    graph.value(12, OUTPUT, &[network.description.classes.len()]);
    let mut opset = Message::default();
    opset.bytes(1, "");
    opset.int(2, OPSET);
    let mut model = Message::default();
    model.int(1, IR_VERSION);
    model.bytes(2, "plateau");
    model.bytes(3, env!("CARGO_PKG_VERSION"));
    model.int(5, 1);
    model.bytes(6, in_words(&network.description, raw));
    model.message(7, &graph.graph);
    model.message(8, &opset);
    for (key, value) in metadata(&network.description)? {
        let mut entry = Message::default();
        entry.bytes(1, key);
        entry.bytes(2, value);
        model.message(14, &entry);
    }
    Ok(model.into_bytes())
}

/// What the network reads and says, for a person.
fn in_words(description: &NetworkDescription, raw: bool) -> String {
    let [channels, height, width] = description.input;
    let white = description.white;
    let values = match raw {
        true => {
            "normalised already: (pixel - mean) / deviation, which the metadata have".to_owned()
        }
        false => format!("pixels from 0 to {white}"),
    };
    format!(
        "{INPUT}: [{BATCH}, {channels}, {height}, {width}], {values}. {OUTPUT}: [{BATCH}, {}], in the order of the metadata's classes.",
        description.classes.len()
    )
}

/// What a program may want to know of the network.
fn metadata(description: &NetworkDescription) -> Result<[(&str, String); 6], NetworkError> {
    let normalisation = &description.normalisation;
    Ok([
        ("genotype", description.genotype.to_json()),
        ("classes", json(&description.classes)?),
        ("dataset", description.dataset.clone()),
        ("white", description.white.to_string()),
        ("mean", json(&normalisation.mean)?),
        ("deviation", json(&normalisation.deviation)?),
    ])
}

fn json(value: &impl serde::Serialize) -> Result<String, NetworkError> {
    serde_json::to_string(value).map_err(|error| NetworkError::Format(error.to_string()))
}

/// A graph of operators that is being written.
#[derive(Default)]
struct GraphWriter {
    graph: Message,
}

/// An attribute of an operator.
enum Attribute<'a> {
    Int(i64),
    Ints(&'a [usize]),
    Float(f32),
}

impl GraphWriter {
    /// Adds the input and its normalisation; returns what the first layer reads.
    fn images(&mut self, description: &NetworkDescription, raw: bool) -> String {
        self.value(11, INPUT, &description.input);
        if raw {
            return INPUT.to_owned();
        }
        let shape = [1, description.input[0], 1, 1];
        let normalisation = &description.normalisation;
        let parts = [
            ("Sub", "mean", &normalisation.mean),
            ("Div", "deviation", &normalisation.deviation),
        ];
        let mut x = INPUT.to_owned();
        for (operator, name, values) in parts {
            let name = format!("normalise/{name}");
            self.floats(&name, &shape, values);
            let y = format!("normalise/{}", operator.to_lowercase());
            x = self.node(operator, &y, &y, &[&x, &name], &[]);
        }
        x
    }

    /// Adds a layer; returns what it is read by. `names`: those of what it may read.
    fn layer(
        &mut self,
        network: &TrainedNetwork,
        layer: &Layer,
        names: &[String],
    ) -> Result<String, NetworkError> {
        let path = layer.path.as_str();
        let mut inputs: Vec<&str> = layer.inputs.iter().map(|&at| names[at].as_str()).collect();
        let mut tensors = Vec::new();
        for tensor in layer.work.tensors() {
            let part = tensor.theirs.rsplit('.').next().unwrap_or(&tensor.theirs);
            let name = format!("{path}/{part}");
            let values = network.tensor(&tensor.ours, &tensor.shape)?;
            self.floats(&name, &tensor.shape, values);
            tensors.push(name);
        }
        inputs.extend(tensors.iter().map(String::as_str));
        Ok(self.operators(layer, path, &inputs))
    }

    /// Adds the operators of a layer whose tensors are there.
    fn operators(&mut self, layer: &Layer, path: &str, inputs: &[&str]) -> String {
        use Attribute::{Float, Int, Ints};
        let mut add = |operator: &str, attributes: &[(&str, Attribute)]| {
            self.node(operator, path, path, inputs, attributes)
        };
        match &layer.work {
            Work::Relu => add("Relu", &[]),
            Work::Convolution {
                weight,
                stride,
                padding,
                dilation,
                groups,
            } => add(
                "Conv",
                &[
                    ("kernel_shape", Ints(&weight.shape[2..])),
                    ("strides", Ints(&[*stride; 2])),
                    ("pads", Ints(&[*padding; 4])),
                    ("dilations", Ints(&[*dilation; 2])),
                    ("group", Int(*groups as i64)),
                ],
            ),
            Work::Norm(_) => add("BatchNormalization", &[("epsilon", Float(EPSILON))]),
            Work::MaxPool { stride } => add(
                "MaxPool",
                &[
                    ("kernel_shape", Ints(&[3; 2])),
                    ("strides", Ints(&[*stride; 2])),
                    ("pads", Ints(&[1; 4])),
                ],
            ),
            Work::AveragePool {
                kernel,
                stride,
                padding,
            } => add(
                "AveragePool",
                &[
                    ("kernel_shape", Ints(&[*kernel; 2])),
                    ("strides", Ints(&[*stride; 2])),
                    ("pads", Ints(padding)),
                    ("count_include_pad", Int(0)),
                ],
            ),
            Work::Concat => add("Concat", &[("axis", Int(1))]),
            Work::Sum if inputs.len() == 2 => add("Add", &[]),
            Work::Sum => add("Sum", &[]),
            Work::Shift { odd } => self.shift(path, inputs, *odd),
            Work::Zero => {
                let zero = format!("{path}/factor");
                self.floats(&zero, &[], &[0.0]);
                self.node("Mul", path, path, &[inputs[0], &zero], &[])
            }
            Work::Mean => {
                let pooled = format!("{path}/pool");
                let pooled = self.node("GlobalAveragePool", &pooled, &pooled, inputs, &[]);
                let attributes = [("axis", Int(1))];
                self.node("Flatten", path, path, &[&pooled], &attributes)
            }
            Work::Linear(_) => self.node("Gemm", path, OUTPUT, inputs, &[("transB", Int(1))]),
        }
    }

    /// Pads what is odd and takes off the first row and column.
    fn shift(&mut self, path: &str, inputs: &[&str], odd: [bool; 2]) -> String {
        let mut x = inputs[0].to_owned();
        if odd.contains(&true) {
            let [below, right] = odd.map(i64::from);
            let pads = format!("{path}/pads");
            self.integers(&pads, &[0, 0, 0, 0, 0, 0, below, right]);
            let padded = format!("{path}/pad");
            x = self.node("Pad", &padded, &padded, &[&x, &pads], &[]);
        }
        let bounds = [
            ("starts", [1; 2]),
            ("ends", [i64::MAX; 2]),
            ("axes", [2, 3]),
        ];
        let bounds = bounds.map(|(name, values)| {
            let name = format!("{path}/{name}");
            self.integers(&name, &values);
            name
        });
        let [starts, ends, axes] = &bounds;
        self.node("Slice", path, path, &[&x, starts, ends, axes], &[])
    }

    /// Adds an operator; returns what it makes.
    fn node(
        &mut self,
        operator: &str,
        name: &str,
        output: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        let mut node = Message::default();
        for input in inputs {
            node.bytes(1, input);
        }
        node.bytes(2, output);
        node.bytes(3, name);
        node.bytes(4, operator);
        for (name, value) in attributes {
            let mut attribute = Message::default();
            attribute.bytes(1, name);
            let kind = match value {
                Attribute::Float(value) => {
                    attribute.float(2, *value);
                    1
                }
                Attribute::Int(value) => {
                    attribute.int(3, *value);
                    2
                }
                Attribute::Ints(values) => {
                    for &value in *values {
                        attribute.int(8, value as i64);
                    }
                    7
                }
            };
            attribute.int(20, kind);
            node.message(5, &attribute);
        }
        self.graph.message(1, &node);
        output.to_owned()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.initializer(name, FLOAT, shape, bytes.collect());
    }

    fn integers(&mut self, name: &str, values: &[i64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.initializer(name, INTEGER, &[values.len()], bytes.collect());
    }

    /// Adds a tensor that is part of the file. `kind`: of its values.
    fn initializer(&mut self, name: &str, kind: i64, shape: &[usize], bytes: Vec<u8>) {
        let mut tensor = Message::default();
        for &size in shape {
            tensor.int(1, size as i64);
        }
        tensor.int(2, kind);
        tensor.bytes(8, name);
        tensor.bytes(9, bytes);
        self.graph.message(5, &tensor);
    }

    /// Adds an input or an output of the graph, of a batch of that shape.
    fn value(&mut self, field: u32, name: &str, shape: &[usize]) {
        let mut dimensions = Message::default();
        let mut batch = Message::default();
        batch.bytes(2, BATCH);
        dimensions.message(1, &batch);
        for &size in shape {
            let mut dimension = Message::default();
            dimension.int(1, size as i64);
            dimensions.message(1, &dimension);
        }
        let mut tensor = Message::default();
        tensor.int(1, FLOAT);
        tensor.message(2, &dimensions);
        let mut kind = Message::default();
        kind.message(1, &tensor);
        let mut value = Message::default();
        value.bytes(1, name);
        value.message(2, &kind);
        self.graph.message(field, &value);
    }
}
