/// The aggregations of a join by column and window, so that what they share is done once.
struct WindowPlan: Sendable {
    /// An aggregation, and where its result goes.
    struct Request: Sendable {
        var output: Int
        var function: Aggregation.Function
    }

    /// The aggregations of one column.
    struct Column: Sendable {
        /// `nil` to count rows.
        var column: Int?
        /// Distinct lengths, ascending.
        var windows: [UInt64]
        /// For each window what is asked for.
        var requests: [[Request]]

        /// Whether any window asks for something.
        func asks(_ isWanted: (Aggregation.Function) -> Bool) -> Bool {
            requests.contains { $0.contains { isWanted($0.function) } }
        }
    }

    let columns: [Column]
    /// The longest window.
    let longestWindow: UInt64

    init(_ aggregations: [Aggregation]) {
        var columns: [Column] = []
        for column in Set(aggregations.map { $0.column ?? -1 }).sorted() {
            let own = aggregations.indices.filter { (aggregations[$0].column ?? -1) == column }
            let windows = Set(own.map { UInt64(aggregations[$0].window) }).sorted()
            columns.append(
                Column(
                    column: column < 0 ? nil : column, windows: windows,
                    requests: windows.map { window in
                        own.filter { UInt64(aggregations[$0].window) == window }
                            .map { Request(output: $0, function: aggregations[$0].function) }
                    }))
        }
        self.columns = columns
        longestWindow = aggregations.map { UInt64($0.window) }.max() ?? 0
    }

    /// Checks that the aggregations can be made of such columns.
    static func check(_ aggregations: [Aggregation], of kinds: [WindowColumn.Kind]) throws(PointInTimeError) {
        for aggregation in aggregations {
            try checkNotNegative("window", aggregation.window)
            let kind: WindowColumn.Kind?
            if let column = aggregation.column {
                guard kinds.indices.contains(column) else { throw .impossible(aggregation, reason: "no such column") }
                kind = kinds[column]
            } else {
                kind = nil
            }
            switch aggregation.function {
            case .count: break
            case .first, .last:
                if kind == nil { throw .impossible(aggregation, reason: "it needs a column") }
            case .lastRows(let count):
                if kind == nil { throw .impossible(aggregation, reason: "it needs a column") }
                if count < 1 { throw .impossible(aggregation, reason: "it needs at least one row") }
            case .quantile(let fraction) where !(fraction >= 0 && fraction <= 1):
                throw .impossible(aggregation, reason: "a quantile lies between 0 and 1")
            default:
                if kind == nil || kind == .opaque { throw .impossible(aggregation, reason: "it needs numbers") }
            }
        }
    }
}

/// Where an aggregation's results go: a place for each label, written by whichever thread has the label's entity.
///
/// `@unchecked Sendable`: a label belongs to one entity, and an entity to one thread at a time.
final class WindowOutput: @unchecked Sendable {
    private(set) var bits: FixedArray<UInt64>
    private(set) var isValid: FixedArray<Bool>
    private(set) var rows: FixedArray<Int32>
    private let aggregation: Aggregation
    private let kind: WindowColumn.Kind?

    init(_ aggregation: Aggregation, kind: WindowColumn.Kind?, labelCount: Int) {
        self.aggregation = aggregation
        self.kind = kind
        let rowsPerLabel = Self.rowsPerLabel(aggregation.function)
        let isCount = aggregation.function == .count || aggregation.function == .distinctCount
        bits = FixedArray(repeating: 0, count: rowsPerLabel > 0 ? 0 : labelCount)
        isValid = FixedArray(repeating: false, count: rowsPerLabel > 0 || isCount ? 0 : labelCount)
        rows = FixedArray(repeating: -1, count: rowsPerLabel * labelCount)
    }

    static func rowsPerLabel(_ function: Aggregation.Function) -> Int {
        switch function {
        case .first, .last: 1
        case .lastRows(let count): count
        default: 0
        }
    }

    @inline(__always)
    func setCount(_ count: Int, at label: Int) { bits[label] = UInt64(truncatingIfNeeded: count) }

    @inline(__always)
    func setNumber(_ number: Double, at label: Int) {
        // Processors differ in which NaN they make.
        bits[label] = number.isNaN ? Double.nan.bitPattern : number.bitPattern
        isValid[label] = true
    }

    @inline(__always)
    func setInteger(_ integer: Int64, at label: Int) {
        bits[label] = UInt64(bitPattern: integer)
        isValid[label] = true
    }

    /// The results as a column; their own memory is given up.
    func takeColumn() -> AggregatedColumn {
        defer {
            bits = FixedArray(uninitializedCount: 0)
            isValid = FixedArray(uninitializedCount: 0)
            rows = FixedArray(uninitializedCount: 0)
        }
        return column
    }

    private var column: AggregatedColumn {
        switch aggregation.function {
        case .count, .distinctCount: .counts(bits.values.map { Int64(bitPattern: $0) })
        case .first, .last, .lastRows: .rows(Array(rows.values), perLabel: Self.rowsPerLabel(aggregation.function))
        case .sum where kind == .integers, .minimum where kind == .integers, .maximum where kind == .integers:
            .integers(values: bits.values.map { Int64(bitPattern: $0) }, isValid: Array(isValid.values))
        default: .numbers(values: bits.values.map { Double(bitPattern: $0) }, isValid: Array(isValid.values))
        }
    }
}
