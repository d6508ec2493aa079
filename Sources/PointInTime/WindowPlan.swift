/// The aggregations of a join by column and window, so that what they share is done once.
struct WindowPlan: Sendable {
    /// The aggregations of one column.
    struct Column: Sendable {
        /// `nil` to count rows.
        var column: Int?
        /// Distinct lengths, ascending.
        var windows: [UInt64]
        /// For each window which of the join's aggregations are over it.
        var aggregations: [[Int]]
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
                    aggregations: windows.map { window in
                        own.filter { UInt64(aggregations[$0].window) == window }
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
