import Features
import Tables
import TrainingSets

extension PushJournal {
    /// How many rows of files are held at a time.
    private static let rowsAtOnce = 1 << 21

    /// The rows that the files of the source have too: alike in all columns, one for one.
    ///
    /// - Parameters:
    ///   - plan: a view of the source.
    ///   - until: rows of files that became known later are as if they were not there.
    /// - Returns: the rows' places, counted through all entries.
    /// - Complexity: a pass over the moments of the source, unless nothing was pushed.
    func arrivals(_ plan: ViewPlan, _ files: [SourceFile], until: Int64?, threads: Int) throws -> Set<Int> {
        if rowCount == 0 { return [] }
        let source = try ViewSource(plan, files: files, threads: threads)
        let pushed = try rows(source.sourceFields, source: plan.source.name)
        var moments: Set<Int64> = []
        let columns = source.fields.compactMap { pushed[$0.name] }
        let ofView = RecordBatch(Schema(source.fields), columns, count: pushed.count)
        try PreparedView(plan, fields: source.fields, name: "the pushed rows").source(ofView).forEachBatch {
            moments.formUnion($0.eventTimes)
        }
        var numbers: [Int32] = []
        try source.forEachBatch { facts in
            for row in 0..<facts.count where moments.contains(facts.eventTimes[row]) {
                if let until, facts.availabilityTimes[row] > until { continue }
                numbers.append(Int32(truncatingIfNeeded: facts.firstRow + row))
            }
        }
        var inFiles: [[UInt8]: Int] = [:]
        for first in stride(from: 0, to: numbers.count, by: Self.rowsAtOnce) {
            let some = Array(numbers[first..<min(first + Self.rowsAtOnce, numbers.count)])
            for row in try Self.bytesOfRows(source.sourceRows(some)) { inFiles[row, default: 0] += 1 }
        }
        var arrived: Set<Int> = []
        for (number, row) in try Self.bytesOfRows(pushed).enumerated() {
            guard let left = inFiles[row], left > 0 else { continue }
            inFiles[row] = left - 1
            arrived.insert(number)
        }
        return arrived
    }

    /// All that each row says.
    private static func bytesOfRows(_ rows: RecordBatch) throws -> [[UInt8]] {
        try ColumnView.with(rows.columns[...]) { columns in
            (0..<rows.count).map { row in
                var bytes: [UInt8] = []
                for column in columns { column.append(CollectionOfOne(row), to: &bytes) }
                return bytes
            }
        }
    }
}
