import Features
import TrainingSets

/// Chooses the rows of a view that can matter to an answer for a moment at or after a horizon.
///
/// Without an event key a plain feature needs, of the rows that are known at the horizon, only the one that is current
/// then, and all that become known later; an aggregation needs the rows that are not older than its window. With an event
/// key the last known version of each fact is kept too, a retraction as well, as long as the fact is young enough: what
/// becomes known later may take back the others.
struct RowSelection {
    /// A row of the source and its entity's number.
    struct Row {
        let number: Int32
        let entity: Int32
    }

    private struct Version {
        let row: Row
        let fact: Int32
        let known: Int64
    }

    private struct Current {
        var eventTime = Int64.min
        var availabilityTime = Int64.min
        var number: Int32 = -1
    }

    private let horizon: Int64
    /// Rows that became known after it are left out; `nil` if none are.
    var until: Int64?
    /// The cut of a label at the horizon.
    private let cut: Int64
    /// Events before this are in no window; `nil` without windows.
    private let oldestInWindow: Int64?
    /// Events before this are too old for a plain feature; `nil` without plain features.
    private let oldestCurrent: Int64?
    private let hasEventKey: Bool
    private var chosen: [Row] = []
    private var current: [Current] = []
    private var versions: [Version] = []
    private var isYoung: [Bool] = []
    private var last: [Current] = []

    /// - Parameters:
    ///   - horizon: the first moment that will be asked for, in microseconds.
    ///   - until: rows that became known after it are left out.
    init(_ plan: ViewPlan, horizon: Int64, until: Int64?) {
        (self.horizon, self.until) = (horizon, until)
        cut = Self.earlier(horizon, by: plan.view.embargo.seconds)
        let cut = cut
        oldestInWindow = plan.columns.compactMap { $0.window?.span.seconds }.max().map { Self.earlier(cut, by: $0) }
        let isPlain = plan.columns.contains { $0.window == nil }
        // A vector that is too old is told to be so, and not to be missing.
        let timeToLive = plan.view.embedding == nil ? plan.view.timeToLive : nil
        oldestCurrent = isPlain ? timeToLive.map { Self.earlier(horizon, by: $0.seconds) } ?? .min : nil
        hasEventKey = !plan.source.eventKey.isEmpty
    }

    private static func earlier(_ moment: Int64, by seconds: Int64) -> Int64 {
        let (span, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (result, isBeforeAllTime) = moment.subtractingReportingOverflow(span)
        return isTooLong || isBeforeAllTime ? .min : result
    }

    /// Takes in rows.
    ///
    /// - Parameters:
    ///   - entities: each row's entity, -1 for a row that is none.
    ///   - facts: each row's fact, -1 for a fact of its own.
    mutating func add(_ rows: ViewFacts, entities: [Int32], facts: [Int32]) {
        for row in 0..<rows.count where entities[row] >= 0 {
            let (event, available) = (rows.eventTimes[row], rows.availabilityTimes[row])
            if let until, available > until { continue }
            let found = Row(number: Int32(truncatingIfNeeded: rows.firstRow + row), entity: entities[row])
            let isCounted = rows.isCounted?[row] ?? true
            if hasEventKey && facts[row] >= 0 {
                add(found, event, available, fact: Int(facts[row]))
                continue
            }
            if !isCounted { continue }
            if let oldestInWindow, event >= oldestInWindow {
                chosen.append(found)
                continue
            }
            guard let oldestCurrent, event >= oldestCurrent else { continue }
            if max(event, available) > cut { chosen.append(found) } else { take(found, event, available) }
        }
    }

    private mutating func add(_ row: Row, _ event: Int64, _ available: Int64, fact: Int) {
        while isYoung.count <= fact {
            isYoung.append(false)
            last.append(Current())
        }
        if event >= min(oldestInWindow ?? .max, oldestCurrent ?? .max) { isYoung[fact] = true }
        // A window takes what was known before the cut, so that what is known at it replaces nothing there yet.
        if available < cut, last[fact].number < 0 || available >= last[fact].availabilityTime {
            last[fact] = Current(eventTime: event, availabilityTime: available, number: row.number)
        }
        versions.append(Version(row: row, fact: Int32(truncatingIfNeeded: fact), known: available))
    }

    private mutating func take(_ row: Row, _ event: Int64, _ available: Int64) {
        let entity = Int(row.entity)
        while current.count <= entity { current.append(Current()) }
        let best = current[entity]
        // Rows come in order, so that of equal ones the later is taken.
        if best.number < 0 || (event, available) >= (best.eventTime, best.availabilityTime) {
            current[entity] = Current(eventTime: event, availabilityTime: available, number: row.number)
        }
    }

    /// The chosen rows, ascending.
    consuming func finish() -> [Row] {
        var rows = chosen
        for (entity, current) in current.enumerated() where current.number >= 0 {
            rows.append(Row(number: current.number, entity: Int32(truncatingIfNeeded: entity)))
        }
        for version in versions where isYoung[Int(version.fact)] {
            if version.known >= cut || last[Int(version.fact)].number == version.row.number { rows.append(version.row) }
        }
        rows.sort { $0.number < $1.number }
        return rows
    }
}
