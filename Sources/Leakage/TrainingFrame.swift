import Features
import Tables

import struct Workspace.TimeSpan

/// The rows of a training set that are looked at, in memory.
struct TrainingFrame {
    let plan: ServicePlan
    /// The column of each row's time.
    let timeColumn: String?
    /// The least gap that the join kept, where it is longer than a view's own.
    let embargo: TimeSpan?
    /// The rows' numbers in the table, ascending.
    let rows: [Int]
    /// How many rows the table has.
    let total: Int
    /// The columns as expressions see them.
    let columns: [String: ExpressionVector]
    /// The columns of the service that are in the table.
    let features: [String]
    /// The places in ``rows`` in a seeded order: values are recomputed in the first of them.
    let order: [Int]
    /// How many rows' values are recomputed at most.
    let auditedCount: Int
    /// How much was looked at.
    let note: String?

    init(_ set: JudgedSet, _ settings: LeakageSettings) throws {
        plan = set.plan
        timeColumn = set.timeColumn
        embargo = set.embargo
        let schema = set.table.schema
        let held = Set(schema.fields.filter { $0.type.expressionType != nil }.map(\.name))
        var needed = set.plan.views.flatMap { $0.keys.map(\.spineColumn) + $0.columns.flatMap(\.groupKeys) }
        needed += [timeColumn].compactMap { $0 } + (set.plan.label?.event.map(\.spine) ?? [])
        if let missing = needed.first(where: { !held.contains($0) }) {
            throw MissingColumn(column: missing, table: set.table.name)
        }
        let sample = try set.table.sampledRows(limit: settings.statisticsRows, seed: settings.seed)
        (rows, total) = sample
        // What whoever asks gives is learned from as features are, and nobody but the label tells whether it was known.
        let given = set.plan.service.request.map(\.name)
        features = (set.plan.columnNames + given.filter { !needed.contains($0) }).filter { held.contains($0) }
        columns = try set.table.values(schema.names.filter { held.contains($0) }, rows: rows)
        var generator = SeededGenerator(seed: settings.seed &+ 1)
        order = rows.indices.shuffled(using: &generator)
        auditedCount = min(rows.count, settings.auditedRows)
        var parts: [String] = []
        if rows.count < total { parts.append("statistics are of \(rows.count) of \(total) rows") }
        if auditedCount < total { parts.append("values of \(auditedCount) of \(total) rows were recomputed") }
        let absent = set.plan.columnNames.filter { !held.contains($0) }
        if !absent.isEmpty { parts.append("not looked at: \(absent.joined(separator: ", "))") }
        note = parts.isEmpty ? nil : Self.sentence(parts, settings.seed)
    }

    private static func sentence(_ parts: [String], _ seed: UInt64) -> String {
        let text = parts.joined(separator: "; ")
        return text.prefix(1).uppercased() + text.dropFirst() + " (seed \(seed))."
    }

    /// The time of a row, in microseconds.
    func time(_ row: Int) -> Int64? { timeColumn.flatMap { columns[$0]?.moment(row) } }

    /// The label as numbers; `nil` where there is none to hold features against.
    func outcome() -> Outcome? {
        guard let label = plan.label, let vector = columns[label.column], timeColumn != nil else { return nil }
        return Outcome(vector, times: (0..<rows.count).map { time($0) })
    }
}

/// The label as numbers, and the order of time.
struct Outcome {
    /// The label of each row; of two values the rarer is 1. NaN where there is none.
    let values: [Double]
    /// Whether it has two values.
    let isBinary: Bool
    /// The rows with a label and a time, by time.
    let order: [Int]

    /// The rows that features are fitted on: the earlier 70 %.
    var earlier: ArraySlice<Int> { order[..<boundary] }
    /// The rows that they are scored on.
    var later: ArraySlice<Int> { order[boundary...] }
    private let boundary: Int

    init?(_ vector: ExpressionVector, times: [Int64?]) {
        let column = RankedColumn(vector)
        var (counts, firsts) = ([Int](repeating: 0, count: column.count), [Int](repeating: 0, count: column.count))
        for (row, rank) in column.ranks.enumerated() where rank >= 0 {
            if counts[Int(rank)] == 0 { firsts[Int(rank)] = row }
            counts[Int(rank)] += 1
        }
        // What is no number is no label.
        let distinct = counts.indices.filter { !(column.numbers?[$0].isNaN ?? false) }
        isBinary = distinct.count == 2
        if distinct.count < 2 { return nil }
        let values: [Double]
        if isBinary {
            // The rarer value is 1; of two equally frequent ones the greater, so that the choice is the same each time.
            let one = distinct.min { left, right in
                counts[left] != counts[right]
                    ? counts[left] < counts[right]
                    : "\(vector.value(firsts[left]))" > "\(vector.value(firsts[right]))"
            }
            let isLabel = counts.indices.map { distinct.contains($0) }
            values = column.ranks.map { rank in
                rank < 0 || !isLabel[Int(rank)] ? .nan : Int(rank) == one ? 1 : 0
            }
        } else {
            guard let numbers = column.numbers else { return nil }
            values = column.ranks.map { $0 < 0 ? .nan : numbers[Int($0)] }
        }
        self.values = values
        var rows: [(time: Int64, row: Int)] = []
        for (row, time) in times.enumerated() where !values[row].isNaN {
            if let time { rows.append((time, row)) }
        }
        order = rows.sorted { $0 < $1 }.map(\.row)
        boundary = order.count * 7 / 10
    }
}

extension TrainingFrame {
    /// Where the view of a column is defined.
    func place(of column: String) -> DefinitionPlace? {
        plan.views.first { view in view.columns.contains { $0.name == column } }?.view.place
    }
}
