// What the stages of the mixed edges know of the shape: where the weights and the feature maps lie.
fn kernel_of(branch: u32) -> i32 {
    return 3 + 2 * i32(branch % 2u);
}

fn dilation_of(branch: u32) -> i32 {
    return 1 + i32(branch / 2u);
}

fn is_separable(op: u32) -> bool {
    return op == 4u || op == 5u;
}

// Where a plane of the state that the edges leave begins, in the buffer that holds it. A map is an image and a channel.
fn x_plane(map: u32) -> u32 {
    return map / info.channels * info.x_image + info.x_first + map % info.channels * info.in_pixels;
}

// Where a plane of the node that an edge enters begins, in the cell's output and in its gradient [I, nodes*C, Q].
fn node_plane(edge: u32, map: u32) -> u32 {
    let c = edge * info.channels + map % info.channels;
    return map / info.channels * info.node_image + info.node_first + c * info.out_pixels;
}

// Where the mixing weights of an edge begin.
fn mix_at(edge: u32, lane: u32) -> u32 {
    return (lane * info.mix_edges + info.mix_first + edge) * OPERATIONS;
}

// Where the weights of an edge begin among those of the cell.
fn edge_weights(edge: u32) -> u32 {
    return info.first_weight + edge * weights_per_edge();
}

// Weights of an edge's branches, behind which those of the factorised reduce lie.
fn reduce_offset() -> u32 {
    return info.channels * (EDGE_TAPS + EDGE_MATRICES * info.channels);
}

fn weights_per_edge() -> u32 {
    return reduce_offset() + select(0u, info.channels * info.channels, STRIDE == 2);
}

fn depthwise_offset(branch: u32) -> u32 {
    return info.channels * (taps_before(branch) + matrices_before(branch) * info.channels);
}

// Weights of one depthwise convolution and the pointwise one behind it.
fn stage_length(branch: u32) -> u32 {
    let kernel = u32(kernel_of(branch));
    return info.channels * (kernel * kernel + info.channels);
}

// Maps of z1: N1 for each edge, the poolings, and which tap of its window is the maximum.
fn first_units() -> u32 {
    return info.edges * N1 + POOLS;
}

fn pool_unit(op: u32) -> u32 {
    return info.edges * N1 + slot_of(op);
}

fn argument_unit() -> u32 {
    return first_units();
}

// Where the map of an operation lies in z1, or in z2 for the separable ones.
fn unit_of(edge: u32, op: u32) -> u32 {
    if (op == 1u || op == 2u) {
        return pool_unit(op);
    }
    return edge * select(N1, N2, is_separable(op)) + slot_of(op);
}

fn stats_unit(edge: u32, op: u32) -> u32 {
    return unit_of(edge, op) + select(0u, first_units(), is_separable(op));
}

// First of the maps of the second stage among those that enter the pointwise products.
fn second_map() -> u32 {
    return info.edges * NB + REDUCES;
}

// Where the coefficients of a slot begin: one for each channel.
fn coef_at(edge: u32, slot: u32, lane: u32) -> u32 {
    return ((edge * COEFFICIENTS + slot) * info.lanes + lane) * info.channels;
}

// A pointwise convolution: where its weights lie, and its maps among those of t, z1, dz and dt. A half of the factorised
// reduce has the rows from first_row to last_row.
struct Product {
    matrix: u32,
    input_map: u32,
    unit: u32,
    gradient_map: u32,
    output_map: u32,
    coef_slot: u32,
    first_row: u32,
    last_row: u32,
}

fn product_of(edge: u32, slot: u32, second: bool) -> Product {
    let weights = edge_weights(edge);
    let unit = edge * N1 + slot;
    let branch = branch_of(slot);
    let kernel = u32(kernel_of(branch));
    let matrix = weights + depthwise_offset(branch) + info.channels * kernel * kernel;
    if (second) {
        let item = edge * N2 + slot;
        return Product(
            matrix + stage_length(branch),
            second_map() + item,
            unit,
            first_units() + item,
            info.edges * NI + item,
            4u + branch,
            0u,
            info.channels,
        );
    }
    if (slot >= NB) {
        let phase = slot - NB;
        let half = info.channels / 2u;
        return Product(
            weights + reduce_offset(),
            info.edges * NB + phase,
            edge * N1 + NB,
            edge * N1 + NB,
            edge * NI + slot,
            SKIP,
            phase * half,
            (phase + 1u) * half,
        );
    }
    return Product(
        matrix,
        edge * NB + slot,
        unit,
        unit,
        edge * NI + slot,
        select(4u, FIRST_STAGE, is_separable(4u + branch)) + branch,
        0u,
        info.channels,
    );
}
