import Tables
import Workspace

/// The times of a table's rows, as whole numbers, and what those numbers mean.
struct TimeAxis {
    /// The rows' times, in ticks since 1970.
    let times: [Int64]
    private let type: ColumnType
    /// How many ticks make a second.
    private let perSecond: Int64

    /// Reads the times of a column of timestamps or dates; a date is its first second in UTC.
    ///
    /// - Throws: ``SplitError`` if it is none, or a row has no time; `TableError` if it has no zone.
    init(_ name: String, _ column: Column, table: String) throws {
        type = column.type
        switch column.type {
        case .timestamp(let unit, zone: _?):
            perSecond = unit.perSecond
            times = column.withValues(as: Int64.self) { Array($0) }
        case .timestamp(_, zone: nil): throw TableError.naiveTimestamp(name, table: table)
        case .date:
            perSecond = 1
            times = column.withValues(as: Int32.self) { $0.map { Int64($0) * 86_400 } }
        default: throw SplitError.notATime(column: name, type: "\(column.type)")
        }
        if column.nullCount > 0, let first = times.indices.first(where: { column.isNull(at: $0) }) {
            throw SplitError.missingTimes(column: name, count: column.nullCount, first: first + 1)
        }
    }

    /// A span of time in ticks; the longest there is, if it does not fit.
    func ticks(of span: TimeSpan) -> Int64 { ticks(span.seconds) }

    /// A moment in ticks.
    func ticks(of moment: Timestamp) -> Int64 { ticks(moment.seconds) }

    private func ticks(_ seconds: Int64) -> Int64 {
        let (product, isOver) = seconds.multipliedReportingOverflow(by: perSecond)
        return isOver ? (seconds < 0 ? .min : .max) : product
    }

    /// A time for people.
    func text(of ticks: Int64) -> String {
        if case .date = type { return type.text(of: .integer(ticks / 86_400)) }
        return type.text(of: .integer(ticks))
    }
}
