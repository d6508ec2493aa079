import Features
import PointInTime
import Tables

/// Works out the features that a service asks of one view.
final class ViewJoin {
    private let plan: ViewPlan
    private let bound: BoundViewPlan
    private let table: any FactTable
    private let index: SpineIndex
    private let entities: SpineIndex.Keyed
    private let embargo: Int64
    private let threads: Int
    private let storage: ColumnStorage
    /// The columns that are the latest row's.
    private let latest: [Int]
    private let windows: [WindowFeatures]

    /// Prepares a view.
    ///
    /// - Parameters:
    ///   - embargo: the gap kept between the last fact and a label's time, in microseconds.
    ///   - storage: where the memory of columns is that are taken as they are.
    ///   - tracesFacts: whether the facts of each value are told too.
    ///   - bound: the plan as it was bound to such a table before.
    init(
        _ plan: ViewPlan, _ table: any FactTable, _ index: SpineIndex, embargo: Int64, threads: Int,
        storage: ColumnStorage, tracesFacts: Bool = false, bound: BoundViewPlan? = nil
    ) throws {
        let bound = try bound ?? FactParts.bind(plan, to: table)
        let keys = plan.keys.map { SpineKey(column: $0.spineColumn, kind: KeyKind($0.type)) }
        (self.plan, self.bound, self.table, self.index) = (plan, bound, table, index)
        (self.embargo, self.threads, self.storage) = (embargo, threads, storage)
        if plan.columns.allSatisfy({ $0.window == nil }) {
            // Until the labels are arranged, the first facts are there.
            FactReader(
                table, bound, names: plan.keys.map(\.sourceColumn),
                expressions: [bound.filter, bound.retracted].compactMap { $0 }, threads: threads
            ).readAhead()
        }
        entities = try index.keyed(by: keys, view: plan.view.name)
        latest = plan.columns.indices.filter { plan.columns[$0].window == nil }
        var types = table.expressionTypes
        for column in bound.derived { types[column.name] = column.expression.type }
        let aggregated = plan.columns.indices.filter { plan.columns[$0].window != nil }
        var groups: [[String]] = []
        for column in aggregated where !groups.contains(plan.columns[column].groupKeys) {
            groups.append(plan.columns[column].groupKeys)
        }
        windows = try groups.map { group in
            let groupKeys = try group.map { name in
                guard let kind = types[name].flatMap({ KeyKind($0) }) else {
                    throw TrainingSetError.wrongKeyType(
                        column: name, type: types[name]?.description ?? "column that is not there",
                        expected: "string, int64, boolean or timestamp", table: table.source.name)
                }
                return SpineKey(column: name, kind: kind)
            }
            return try WindowFeatures(
                bound, columns: aggregated.filter { plan.columns[$0].groupKeys == group }, groupKeys: group,
                keyed: try index.keyed(by: keys + groupKeys, view: plan.view.name), types: types,
                labelCount: index.table.count, tracesFacts: tracesFacts)
        }
    }

    /// What came of a view.
    struct Result {
        /// The values of the view's columns.
        let columns: [Column]
        /// For each label the row that a plain feature is of; `nil` if there are none.
        let latest: [Int32]?
        /// The facts of each aggregation, by its place among the view's columns, if they were asked for.
        let traces: [Int: FactTrace]
    }

    /// Works out the view.
    func run() throws -> Result {
        do {
            return try columns()
        } catch let error as PointInTimeError {
            throw TrainingSetError.join(error, view: plan.view.name)
        }
    }

    private func columns() throws -> Result {
        let reader = parts.reader(
            names: plan.keys.map(\.sourceColumn) + windows.flatMap(\.names),
            expressions: [bound.filter, bound.retracted].compactMap { $0 } + windows.flatMap(\.expressions),
            given: windows.flatMap(\.filterNames))
        if windows.contains(where: \.needsOrder) {
            try reader.forEachBatch { facts in for window in windows { try window.lookAhead(facts, reader) } }
            for window in windows { window.sortTexts() }
        }
        var rows: [Int32]?
        for part in 0..<index.partCount {
            guard let found = try join(part, reader) else { continue }
            guard var known = rows.take() else {
                rows = found
                continue
            }
            // A label is in one part.
            for label in found.indices where found[label] >= 0 { known[label] = found[label] }
            rows = known
        }
        var results: [Int: Column] = [:]
        var requests: [(column: Int, request: FactValues.Request, perLabel: Int?)] = []
        for column in latest {
            if let rows, let request = request(column, rows) { requests.append((column, request, nil)) }
        }
        var traces: [Int: FactTrace] = [:]
        for window in windows {
            let finished = try window.finish()
            for (column, trace) in window.traces(in: finished) { traces[column] = trace }
            for (column, result) in zip(window.columns, finished) {
                switch result {
                case .column(let values): results[column] = try values.moved(to: storage)
                case .rows(let rows, let perLabel):
                    guard let request = request(column, rows) else { continue }
                    requests.append((column, request, isList(column) ? perLabel : nil))
                }
            }
        }
        let values = try FactValues(table: table, bound: bound, threads: threads, storage: storage).values(
            requests.map(\.request))
        for (request, values) in zip(requests, values) {
            results[request.column] = try request.perLabel.map { try lists(values, of: $0, request.column) } ?? values
        }
        return Result(columns: plan.columns.indices.compactMap { results[$0] }, latest: rows, traces: traces)
    }

    /// Joins a part of the labels. The row of the source for each of its labels, if there are plain features.
    private func join(_ part: Int, _ reader: FactReader) throws -> [Int32]? {
        let spine = try index.spine(entities, part: part).withEmbargo(embargo)
        let corrections = try corrections(spine)
        let join = latest.isEmpty ? nil : try LatestRows(spine, plan.view.timeToLive, corrections, threads)
        for window in windows { try window.begin(index, part: part, corrections, embargo: embargo, threads: threads) }
        try reader.forEachBatch { facts in
            let keys = try parts.keys(facts)
            let codes = try codes(keys, facts)
            let isCounted = try parts.isCounted(facts, reader)
            for window in windows {
                try window.add(
                    facts, reader, entities: codes, parts: keys, isCounted: isCounted, threads: threads)
            }
            try join?.add(facts, codes, isCounted)
        }
        for window in windows { try window.finishPart() }
        return join?.finish()
    }

    /// The facts in some rows; -1 is none.
    func facts(in rows: [Int32]) throws -> [TrainingSet.Fact?] {
        let selection = RowSelection([rows])
        let wanted = selection.rows
        var found: [TrainingSet.Fact] = []
        try parts.reader(names: [], expressions: []).forEachBatch { batch in
            batch.eventTimes.withBuffer { events in
                batch.availabilityTimes.withBuffer { available in
                    while found.count < wanted.count, Int(wanted[found.count]) < batch.firstRow + batch.count {
                        let row = Int(wanted[found.count]) - batch.firstRow
                        found.append(
                            TrainingSet.Fact(
                                eventTime: events[row], availabilityTime: available[row],
                                file: table.file(ofRow: batch.firstRow + row)))
                    }
                }
            }
        }
        return selection.places(of: rows).map { $0 < 0 ? nil : found[Int($0)] }
    }

    // MARK: Facts

    private var parts: FactParts { FactParts(plan: plan, bound: bound, table: table, threads: threads) }

    /// The codes of the entities of rows of the source.
    private func codes(_ parts: [KeyPart], _ facts: FactBatch) throws -> [Int32] {
        guard var codes = try KeyPart.codes(parts, entities.coder, threads: threads) else {
            throw TrainingSetError.tooManyBytes(column: plan.keys[0].sourceColumn)
        }
        codes.clear(where: facts.isRow)
        return codes
    }

    /// Which rows are replaced by others, and when. A row with a null in its event key is a fact of its own.
    private func corrections(_ spine: Spine) throws -> Corrections {
        let eventKey = plan.source.eventKey
        if eventKey.isEmpty { return .none }
        let versions = Versions(spine, threads)
        let reader = parts.reader(
            names: plan.keys.map(\.sourceColumn) + eventKey, expressions: [bound.retracted].compactMap { $0 })
        try reader.forEachBatch { facts in
            var codes = try codes(try parts.keys(facts), facts)
            let eventKeys = try parts.eventKeys(facts)
            for key in eventKeys { codes.clear(where: key.part.validity) }
            try versions.add(facts, codes, eventKeys, try parts.retractions(facts, reader))
        }
        return versions.finish()
    }

    // MARK: Values

    private func request(_ column: Int, _ rows: [Int32]) -> FactValues.Request? {
        guard let expression = bound.values[column] else { return nil }
        let defined = plan.columns[column]
        // An aggregation's value has the type of an expression, whatever the column's.
        var name: String?
        if case .latest(let expression) = defined.value { name = expression.column }
        return FactValues.Request(expression: expression, column: name, text: defined.feature, rows: rows)
    }

    private func isList(_ column: Int) -> Bool {
        if case .aggregation(let aggregation) = plan.columns[column].value { return aggregation.function == .lastK }
        return false
    }

    /// Lists of values, each as text in JSON.
    private func lists(_ values: Column, of count: Int, _ column: Int) throws -> Column {
        var builder = StringColumnBuilder()
        for label in 0..<values.count / count {
            let cells = (label * count..<(label + 1) * count).map { values.cell(at: $0) }.filter { $0 != .null }
            if cells.isEmpty {
                builder.appendNull()
                continue
            }
            let text = values.type.jsonText(of: cells)
            if builder.byteCount + text.utf8.count > Int(Int32.max) {
                throw TrainingSetError.tooManyBytes(column: plan.columns[column].name)
            }
            builder.append(text)
        }
        return builder.finish()
    }
}

/// The as-of join of a view's plain features.
private final class LatestRows {
    private var join: AsOfJoin?

    init(
        _ spine: Spine, _ timeToLive: TimeToLive?, _ corrections: Corrections, _ threads: Int
    ) throws(PointInTimeError) {
        join = try AsOfJoin(
            spine: spine, timeToLive: timeToLive.map { $0.seconds * 1_000_000 }, corrections: corrections,
            threads: threads)
    }

    func add(_ facts: FactBatch, _ entities: [Int32], _ isCounted: [Bool]?) throws {
        var codes = entities
        codes.clear(where: isCounted)
        try facts.eventTimes.withBuffer { events in
            try facts.availabilityTimes.withBuffer { available in
                try join?.add(
                    entities: codes.span, eventTimes: events.span, availabilityTimes: available.span,
                    firstRow: facts.firstRow)
            }
        }
    }

    func finish() -> [Int32] {
        guard let join = join.take() else { return [] }
        return join.finish()
    }
}

/// The versions of a source's facts.
private final class Versions {
    private var versions: FactVersions?
    private var coder: KeyCoder?
    private let threads: Int

    init(_ spine: Spine, _ threads: Int) {
        versions = FactVersions(spine: spine, threads: threads)
        self.threads = threads
    }

    func add(
        _ facts: FactBatch, _ entities: [Int32], _ parts: [(part: KeyPart, kind: KeyKind)], _ isRetracted: [Bool]?
    ) throws {
        var keys: WholeNumbers
        if parts.count == 1, let numbers = parts[0].part.numbers {
            keys = numbers
        } else {
            var coder = coder ?? KeyCoder(kinds: parts.map(\.kind.engineKind))
            self.coder = nil
            guard let codes = try KeyPart.encode(parts.map(\.part), &coder) else {
                throw TrainingSetError.tooManyBytes(column: "event_key")
            }
            self.coder = coder
            keys = .computed(codes.map { Int64($0) })
        }
        let retracted = isRetracted ?? [Bool](repeating: false, count: facts.count)
        try keys.withBuffer { keys in
            try facts.availabilityTimes.withBuffer { available in
                try versions?.add(
                    entities: entities.span, eventKeys: keys.span, availabilityTimes: available.span,
                    retracted: retracted.span, firstRow: facts.firstRow)
            }
        }
    }

    func finish() -> Corrections {
        guard let versions = versions.take() else { return .none }
        return versions.finish()
    }
}
