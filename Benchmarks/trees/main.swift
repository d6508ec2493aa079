// Measures trees walked by us and by XGBoost's C API, on one thread of one process, in turns, and prints Markdown.
// Compiled together with the sources it measures: see `run`.

import Glibc

/// Seconds of processor time this thread has used: it does not count what other programs take.
@inline(never)
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A seeded generator (SplitMix64).
struct Seeded {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    mutating func unit() -> Float { Float(next() >> 40) * (1 / Float(1 << 24)) }
}

/// Rows of numbers, one in twenty missing, and a label that follows from some of them.
func makeData(rows: Int, columns: Int, seed: UInt64) -> (numbers: [Float], label: [Float]) {
    var random = Seeded(state: seed)
    var numbers = [Float](repeating: 0, count: rows * columns)
    var label = [Float](repeating: 0, count: rows)
    for row in 0..<rows {
        var sum: Float = 0
        for column in 0..<columns {
            let number = 2 * random.unit() - 1
            let isMissing = random.next() % 20 == 0
            numbers[row * columns + column] = isMissing ? .nan : number
            let other = numbers[row * columns + column / 2]
            sum += isMissing || other.isNaN ? 0.3 : number * other * Float(1 + column % 3)
        }
        label[row] = sum + random.unit() > 1 ? 1 : 0
    }
    return (numbers, label)
}

func rounded(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let text = String(Int((value * scale).rounded()))
    if digits == 0 { return text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
}

/// The shortest of a few rounds of each, in seconds for one call; the rounds take turns, so that all see the same machine.
func shortest(rounds: Int, calls: Int, prepare: () -> Void = {}, _ bodies: [() -> Void]) -> [Double] {
    var best = bodies.map { _ in Double.infinity }
    for _ in 0..<rounds {
        prepare()
        for (number, body) in bodies.enumerated() {
            let start = processorTime()
            for _ in 0..<calls { body() }
            best[number] = min(best[number], (processorTime() - start) / Double(calls))
        }
    }
    return best
}

func measure(columns: Int, rounds: Int, depth: Int) throws {
    let training = makeData(rows: 100_000, columns: columns, seed: 1)
    let peer = XGBoost(
        rows: training.numbers, columns: columns, label: training.label,
        [
            ("objective", "binary:logistic"), ("tree_method", "hist"), ("max_depth", "\(depth)"), ("eta", "0.1"),
            ("nthread", "2"),
        ], rounds: rounds)
    let json = peer.json
    peer.load(json)
    let trees = try TreeEnsemble(parsing: json)
    let count = 16_384
    let rows = makeData(rows: count, columns: columns, seed: 2).numbers
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: rows.count)
    memory.initialize(from: rows, count: rows.count)
    let all = UnsafeBufferPointer(start: memory, count: rows.count)
    let sums = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    var matrix = peer.makeMatrix(rows, columns)
    trees.margins(all, into: sums)
    let expected = peer.predict(matrix, count: count)
    let different = (0..<count).count { sums[$0] != expected[$0] }

    // Batches: XGBoost's two ways. Its matrix is made before, a new one each time, for it keeps what it said of one.
    let batch = shortest(
        rounds: 7, calls: 1,
        prepare: {
            peer.free(matrix)
            matrix = peer.makeMatrix(rows, columns)
        },
        [
            { trees.margins(all, into: sums) }, { _ = peer.predict(matrix, count: count) },
            { _ = peer.predict(memory, count: count, columns: columns) },
        ])
    // Single rows, another one each time.
    var next = [0, 0, 0]
    func row(_ number: Int) -> UnsafePointer<Float> {
        next[number] = (next[number] + 1) % count
        return UnsafePointer(memory + next[number] * columns)
    }
    let single = shortest(
        rounds: 7, calls: 2_000,
        [
            { trees.margins(UnsafeBufferPointer(start: row(0), count: columns), into: sums) },
            { _ = peer.predict(row(1), count: 1, columns: columns) },
            {
                let matrix = peer.makeMatrix(Array(UnsafeBufferPointer(start: row(2), count: columns)), columns)
                _ = peer.predict(matrix, count: 1)
                peer.free(matrix)
            },
        ])
    let loading = shortest(rounds: 5, calls: 1, [{ _ = try? TreeEnsemble(parsing: json) }, { peer.load(json) }])
    peer.free(matrix)
    let peerBatch = min(batch[1], batch[2])
    let peerSingle = min(single[1], single[2])
    let cells = [
        "\(rounds) × depth \(depth), \(columns) columns", "\(different)", rounded(single[0] * 1e6, 2),
        rounded(peerSingle * 1e6, 2), rounded(single[0] / peerSingle, 3), rounded(Double(count) / batch[0] / 1e3, 0),
        rounded(Double(count) / peerBatch / 1e3, 0), rounded(peerBatch / batch[0], 2), rounded(loading[0] * 1e3, 1),
        rounded(loading[1] * 1e3, 1),
    ]
    print("| " + cells.joined(separator: " | ") + " |")
    memory.deallocate()
    sums.deallocate()
}

let heads = [
    "model", "different answers", "one row, µs", "XGBoost, µs", "ratio", "thousand rows/s", "XGBoost", "ratio",
    "load, ms",
    "XGBoost, ms",
]
print("| " + heads.joined(separator: " | ") + " |")
print("| " + heads.map { _ in "---" }.joined(separator: " | ") + " |")
try measure(columns: 28, rounds: 200, depth: 6)
if !CommandLine.arguments.contains("--quick") {
    try measure(columns: 28, rounds: 50, depth: 4)
    try measure(columns: 28, rounds: 500, depth: 8)
    try measure(columns: 28, rounds: 100, depth: 12)
    try measure(columns: 300, rounds: 200, depth: 6)
}
