/// A point-in-time join as the design's sentences say it, with no thought for speed: what the engine is held against.
///
/// All arithmetic is in `Int128`, so that no time overflows here.
struct Oracle {
    struct Fact: Equatable {
        var entity: Int32
        var eventTime: Int64
        var availabilityTime: Int64
        /// Versions of one fact share it; `nil` if each row is a fact of its own.
        var eventKey: Int64?
        var isRetraction = false
        var value: Double?
        /// The row's number: its place in the source.
        var row: Int32
    }

    struct Label: Equatable {
        var entity: Int32
        var time: Int64
    }

    var facts: [Fact]
    var labels: [Label]
    var embargo: Int64 = 0

    func cut(_ label: Label) -> Int128 { Int128(label.time) - Int128(embargo) }

    /// "Of those known by the cut, only the one known last counts, and none if it is a retraction."
    func counting(for label: Label, isKnown: (Fact) -> Bool) -> [Fact] {
        let known = facts.filter { $0.entity == label.entity && $0.entity >= 0 && isKnown($0) }
        return known.filter { fact in
            guard !fact.isRetraction else { return false }
            guard let key = fact.eventKey else { return true }
            let versions = known.filter { $0.eventKey == key }
            return versions.allSatisfy { version in
                (version.availabilityTime, version.row) <= (fact.availabilityTime, fact.row)
            }
        }
    }

    /// "The row with the greatest (event time, availability time, source order) such that event time ≤ cut, availability
    /// time ≤ cut, and t − event time ≤ TTL."
    func plainView(_ label: Label, timeToLive: Int64?) -> Int32 {
        let cut = cut(label)
        return counting(for: label) { Int128($0.availabilityTime) <= cut }
            .filter { fact in
                let age = Int128(label.time) - Int128(fact.eventTime)
                return Int128(fact.eventTime) <= cut && (timeToLive.map { age <= Int128($0) } ?? true)
            }
            .max { ($0.eventTime, $0.availabilityTime, $0.row) < ($1.eventTime, $1.availabilityTime, $1.row) }?
            .row ?? -1
    }

    func plainView(timeToLive: Int64?) -> [Int32] { labels.map { plainView($0, timeToLive: timeToLive) } }

    /// "The rows with availability time < cut and event time in [cut − window, cut)", in the order of a plain view.
    func window(_ label: Label, length: Int64) -> [Fact] {
        let cut = cut(label)
        return counting(for: label) { Int128($0.availabilityTime) < cut }
            .filter { Int128($0.eventTime) < cut && Int128($0.eventTime) >= cut - Int128(length) }
            .sorted { ($0.eventTime, $0.availabilityTime, $0.row) < ($1.eventTime, $1.availabilityTime, $1.row) }
    }
}

extension Oracle {
    /// A small case with what tends to go wrong: few distinct times, so that they tie; availability before the event and
    /// long after it; times at the ends of what a number holds; entities and rows that are nobody's; nulls and NaN.
    ///
    /// - Parameter factCount: how many facts, few by default; more of them reach what only large inputs do.
    static func random(
        hasKeys: Bool = false, factCount: Int? = nil, using generator: inout SeededGenerator
    ) -> Oracle {
        let entityCount = Int32.random(in: 1...4, using: &generator)
        let times = Times.random(using: &generator)
        let keyCount = Int64.random(in: 1...(factCount.map { Int64($0 / 3) } ?? 12), using: &generator)
        let factCount = factCount ?? Int.random(in: 0...24, using: &generator)
        let facts = (0..<factCount).map { row in
            let event = times.next(using: &generator)
            let availability: Int64 =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: event
                case 1: event.addingReportingOverflow(Int64.random(in: 0...4, using: &generator)).partialValue
                default: times.next(using: &generator)
                }
            return Fact(
                entity: Int32.random(in: -1...entityCount, using: &generator), eventTime: event,
                availabilityTime: availability,
                eventKey: hasKeys ? Int64.random(in: 0..<keyCount, using: &generator) : nil,
                isRetraction: hasKeys && Int.random(in: 0..<5, using: &generator) == 0,
                value: randomValue(using: &generator), row: Int32(row))
        }
        let labelCount = Int.random(in: 0...12, using: &generator)
        let labels = (0..<labelCount).map { _ in
            Label(
                entity: Int32.random(in: -1..<entityCount, using: &generator), time: times.next(using: &generator))
        }
        let embargoes: [Int64] = [0, 0, 1, 3, .max]
        let embargo = embargoes.randomElement(using: &generator) ?? 0
        return Oracle(facts: facts, labels: labels, embargo: embargo)
    }

    private static let awkwardValues: [Double?] = [
        nil, nil, nil, .nan, .infinity, -.infinity, 0, -0.0, 1e300, -1e300, 1e-300, 0.1, 3e38,
        .leastNonzeroMagnitude,
    ]

    private static func randomValue(using generator: inout SeededGenerator) -> Double? {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: awkwardValues[Int.random(in: 0..<awkwardValues.count, using: &generator)]
        case 1: Double(Int.random(in: -3...3, using: &generator))
        default: Double.random(in: -1...1, using: &generator)
        }
    }

    /// A time to live or a window's length: short, long, or as long as there is.
    static func randomSpan(using generator: inout SeededGenerator) -> Int64 {
        let spans: [Int64] = [0, 1, 2, 5, 9, 100, .max]
        return spans.randomElement(using: &generator) ?? 0
    }

    private enum Times {
        case few, many, extreme

        private static let extremes: [Int64] = [.min, .min + 1, .min + 4, -1, 0, 1, 7, .max - 3, .max - 1, .max]

        static func random(using generator: inout SeededGenerator) -> Times {
            [.few, .many, .extreme].randomElement(using: &generator) ?? .few
        }

        func next(using generator: inout SeededGenerator) -> Int64 {
            switch self {
            case .few: Int64.random(in: -4...8, using: &generator)
            case .many: Int64.random(in: -1000...1000, using: &generator)
            case .extreme: Self.extremes.randomElement(using: &generator) ?? 0
            }
        }
    }
}
