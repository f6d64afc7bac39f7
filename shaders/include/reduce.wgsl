// Joins one value of every invocation of a workgroup, in a fixed order: GROUP neighbors at a time, then these results. A tree
// has more steps, and each is executed by all invocations on a software adapter. A stage that includes this defines
//   alias Part                             the value; its zero value changes nothing
//   fn combine(a: Part, b: Part) -> Part
const GROUP: u32 = select(8u, 16u, THREADS == 256u);

var<workgroup> parts: array<Part, THREADS>;

// The result, for invocation 0 only.
fn reduce(invocation: u32, own: Part) -> Part {
    parts[invocation] = own;
    workgroupBarrier();
    var all = Part();
    for (var i = 0u; i < select(0u, GROUP, invocation < THREADS / GROUP); i++) {
        all = combine(all, parts[invocation * GROUP + i]);
    }
    workgroupBarrier();
    if (invocation < THREADS / GROUP) {
        parts[invocation] = all;
    }
    workgroupBarrier();
    all = Part();
    for (var i = 0u; i < select(0u, THREADS / GROUP, invocation == 0u); i++) {
        all = combine(all, parts[i]);
    }
    return all;
}
