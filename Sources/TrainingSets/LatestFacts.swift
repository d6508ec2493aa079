import Features
import PointInTime
import Tables

/// The latest row of each entity that was known at a time, of any age: the row that a plain feature of a label at that time
/// would be of, were there no time to live.
///
///     let facts = try LatestFacts(try definitions.latestRowPlan(of: view), sources, at: moment, threads: 2)
///     let vectors = try facts.column("vector")    // a row for each of the entities
package final class LatestFacts {
    /// By which plan they were found.
    package let plan: ViewPlan
    /// The entities' keys, in the plan's order.
    package let keys: [Column]
    /// When each fact happened, in microseconds since 1970.
    package let eventTimes: [Int64]
    /// The rows of the source, ascending.
    private let rows: [Int32]
    private let table: SourceTable
    private let threads: Int

    /// How many entities there are.
    package var count: Int { rows.count }

    /// Finds the rows.
    ///
    /// - Parameters:
    ///   - plan: of ``Features/Definitions/latestRowPlan(of:source:)``.
    ///   - moment: what was known then, in microseconds since 1970.
    package init(_ plan: ViewPlan, _ sources: any SourceCatalog, at moment: Int64, threads: Int) throws {
        let table = try SourceTable(plan.source, try sources.files(of: plan.source), batchSize: 1 << 20)
        let names = plan.keys.map(\.sourceColumn)
        // Every row asks for its entity's latest; those that are given themselves are the latest.
        let all = try Self.keys(plan, table, threads: threads)
        let count = all[0].count
        let time = Column([Int64?](repeating: moment, count: count), .timestamp(.microsecond, zone: "UTC"))
        let timeName = "the time of \(names.joined(separator: ", "))"
        let spine = try SpineTable(
            RecordBatch(zip(plan.keys.map(\.spineColumn), all).map { ($0, $1) } + [(timeName, time)]),
            name: plan.source.name, time: timeName)
        let join = try ViewJoin(
            plan, table, SpineIndex(spine, threads: threads, limit: nil), embargo: 0, threads: threads,
            storage: .memory)
        let found = try join.run()
        let latest = found.latest ?? []
        let rows = latest.indices.filter { latest[$0] == Int32($0) }.map(Int32.init)
        let times = found.columns[0].gather(rows, workers: threads)
        guard let moments = WholeNumbers(moments: times, .up) else {
            throw TrainingSetError.notMoments(
                column: plan.source.eventTime, type: "\(times.type)", table: plan.source.name)
        }
        eventTimes = moments.withBuffer { Array($0) }
        keys = all.map { $0.gather(rows, workers: threads) }
        (self.plan, self.rows, self.table, self.threads) = (plan, rows, table, threads)
    }

    /// The keys of all rows.
    private static func keys(_ plan: ViewPlan, _ table: SourceTable, threads: Int) throws -> [Column] {
        let bound = try plan.bound(toData: table.expressionTypes)
        try table.check(plan.columnsOfData)
        let names = plan.keys.map(\.sourceColumn)
        var parts: [[Column]] = Array(repeating: [], count: names.count)
        try FactReader(table, bound, names: names, expressions: [], threads: threads).forEachBatch { facts in
            for (number, name) in names.enumerated() {
                let column: Column? =
                    switch facts.value(name) {
                    case .column(let column): column
                    case .vector(let vector): vector.column()
                    }
                guard let column else { throw TrainingSetError.tooManyBytes(column: name) }
                parts[number].append(column)
            }
        }
        return try zip(names, parts).map { name, parts in
            let type = parts.first?.type ?? .string
            guard let column = parts.isEmpty ? .nulls(type, count: 0) : Column.concatenate(parts, type: type) else {
                throw TrainingSetError.tooManyBytes(column: name)
            }
            return column
        }
    }

    /// The file that a fact is in.
    package func file(of fact: Int) -> SourceFile { table.files[table.file(ofRow: Int(rows[fact]))].file }

    /// The number of a fact's row in the source.
    package func row(of fact: Int) -> Int32 { rows[fact] }

    /// The table and the row in it, from 1, that a fact is.
    package func place(of fact: Int) -> (table: String, row: Int) { table.place(ofRow: Int(rows[fact])) }

    /// The values of a column of the data in these rows, whatever its type.
    package func column(_ name: String) throws -> Column {
        var parts: [Column] = []
        try forEachPart(of: name) { parts.append($0) }
        let type = parts.first?.type ?? table.files[0].reader.schema[name]?.type ?? .string
        if parts.isEmpty { return Column.nulls(type, count: 0) }
        guard let whole = Column.concatenate(parts, type: type, workers: threads) else {
            throw TrainingSetError.tooManyBytes(column: name)
        }
        return whole
    }

    /// Calls `body` with the values of a column of the data in these rows, some after another: no more than a row group is in
    /// memory.
    package func forEachPart(of name: String, _ body: (Column) throws -> Void) throws {
        var (first, begin) = (0, 0)
        var type: ColumnType?
        for file in table.files {
            let reader = file.reader
            guard let found = reader.schema[name]?.type else {
                throw TableError.noColumn(name, table: reader.name, nearest: nil)
            }
            if let type, found != type {
                throw TrainingSetError.typesDiffer(
                    column: name, type: "\(found)", table: reader.name, other: table.files[0].reader.name,
                    otherType: "\(type)")
            }
            type = found
            let end = first + (file.count ?? 0)
            let own = begin..<(rows[begin...].firstIndex { $0 >= end } ?? rows.count)
            // A row group at a time, so that no more than one is there beside the result.
            let groups: [(number: Int?, size: Int)] =
                reader.rowGroupSizes.isEmpty
                ? [(nil, end - first)] : reader.rowGroupSizes.enumerated().map { ($0.offset, $0.element) }
            var place = own.lowerBound
            for group in groups {
                let last = first + group.size
                let stop = rows[place..<own.upperBound].firstIndex { $0 >= last } ?? own.upperBound
                if place < stop {
                    let read = try reader.read([name], rowGroups: group.number.map { [$0] }, workers: threads).columns[
                        0]
                    let wanted = rows[place..<stop].map { $0 - Int32(first) }
                    try body(wanted.count == read.count ? read : read.gather(wanted, workers: threads))
                }
                (place, first) = (stop, last)
            }
            begin = own.upperBound
        }
    }
}
