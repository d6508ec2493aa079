/// What is held against the baseline's: a time, so that more of it is worse.
enum BenchmarkFigure: Hashable, Sendable {
    /// A call's latency, of one row or of a trace's requests: the middle, or what one in a hundred exceeds.
    case latency(isTrace: Bool, isTail: Bool)
    /// The time for a row in calls of a shape.
    case time(BenchmarkReport.Shape)

    /// Whether rare calls decide it, so that it takes very many rounds to tell.
    var isTail: Bool { if case .latency(_, true) = self { true } else { false } }

    /// As people read it.
    var text: String {
        switch self {
        case .latency(let isTrace, let isTail): "\(isTrace ? "request" : "one row"), \(isTail ? "p99" : "p50")"
        case .time(let shape): "time a row, \(shape.text)"
        }
    }
}

extension BenchmarkReport.Shape {
    /// As people read it.
    public var text: String {
        "\(rows) \(rows == 1 ? "row" : "rows") × \(threads) \(threads == 1 ? "thread" : "threads")"
    }
}

/// The rounds' figures of each version.
struct Samples {
    private var figures: [BenchmarkFigure] = []
    private var values: [[BenchmarkFigure: [Double]]]

    init(count: Int) { values = Array(repeating: [:], count: count) }

    /// Adds a round's figures of a version.
    mutating func add(_ found: [(BenchmarkFigure, Double)], of version: Int) {
        for (figure, value) in found {
            if !figures.contains(figure) { figures.append(figure) }
            values[version][figure, default: []].append(value)
        }
    }

    /// How many times a version's figures are another's.
    func ratios(of version: Int, to baseline: Int) -> [(BenchmarkFigure, PairedRatio)] {
        figures.compactMap { figure in
            guard let own = values[version][figure], let other = values[baseline][figure] else { return nil }
            return (figure, PairedRatio(own, to: other))
        }
    }

    /// The rows a second of each shape: what the middle rounds have.
    func throughput(of version: Int) -> [(shape: BenchmarkReport.Shape, rowsPerSecond: Double)] {
        figures.compactMap { figure in
            guard case .time(let shape) = figure, let times = values[version][figure] else { return nil }
            return (shape, 1e9 / PairedRatio.middleMean(times))
        }
    }
}
