// What an invocation of a workgroup adds to the batch statistics of a lane and channel. A stage that includes this has `columns`, `reduce`
// and a buffer `z`.

// Mean, sum of squared differences, count.
alias Part = vec3<f32>;

fn combine(a: Part, b: Part) -> Part {
    let total = max(a.z + b.z, 1.0);
    let difference = b.x - a.x;
    return Part(
        a.x + difference * (b.z / total),
        a.y + b.y + difference * difference * (a.z * b.z / total),
        a.z + b.z,
    );
}

// `first`: where the lane and channel begin.
fn own_moments(invocation: u32, first: u32) -> Part {
    let step = column_of(THREADS);
    var shift = 0.0;
    var sum = 0.0;
    var squares = 0.0;
    var count = 0.0;
    for (var at = column_of(invocation); at.image < info.batch; at = next_column(at, step)) {
        let value = z[first + column_offset(at)];
        shift = select(shift, value, count == 0.0);
        let difference = value - shift;
        sum += difference;
        squares += difference * difference;
        count += 1.0;
    }
    let share = sum / max(count, 1.0);
    return Part(shift + share, max(squares - sum * share, 0.0), count);
}
