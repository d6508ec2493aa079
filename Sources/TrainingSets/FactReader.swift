import Features
import Tables

/// Rows of a source with their times, after its own filter.
struct FactBatch {
    /// The number of the first row in the source.
    let firstRow: Int
    let count: Int
    /// When each fact happened, in microseconds.
    let eventTimes: WholeNumbers
    /// When it became known, in microseconds.
    let availabilityTimes: WholeNumbers
    /// The rows that are rows of the source; `nil` for all.
    let isRow: [Bool]?
    fileprivate let columns: RecordBatch
    fileprivate let derived: [String: ExpressionVector]
    /// What expressions are computed over.
    let expressions: ExpressionBatch

    /// A column of the data, or a derived one.
    func value(_ name: String) -> ColumnValue {
        if let vector = derived[name] { return .vector(vector) }
        guard let column = columns[name] else {
            preconditionFailure("a batch has the columns that it was read for; '\(name)' is missing")
        }
        return .column(column)
    }
}

/// Reads the rows of a source, with the columns that one pass over them needs.
struct FactReader {
    private let table: any FactTable
    private let bound: BoundViewPlan
    private let columnsOfData: [String]
    private let derived: [(name: String, expression: BoundExpression)]
    /// The columns of the data that expressions read.
    private let expressionColumns: [String]
    /// Columns that are only compared as keys, whose texts may come with a dictionary.
    private let dictionaries: Set<String>
    private let threads: Int

    private var source: FeatureSource { table.source }

    /// Prepares a pass.
    ///
    /// - Parameters:
    ///   - names: the columns that are needed as they are, besides the times.
    ///   - expressions: the expressions that will be computed, besides the source's own.
    ///   - given: what expressions name that is no column of the source, and is given to them with each batch.
    init(
        _ table: any FactTable, _ bound: BoundViewPlan, names: [String], expressions: [BoundExpression],
        given: [String] = [], threads: Int
    ) {
        let source = table.source
        let times = [source.eventTime] + [source.availability?.column].compactMap { $0 }
        let all = expressions + [bound.sourceFilter].compactMap { $0 }
        let given = Set(given)
        let needed = times + names + all.flatMap(\.columns).filter { !given.contains($0) }
        let isDerived = Set(source.derivedColumns(for: needed).map(\.name))
        let derived = bound.derived.filter { isDerived.contains($0.name) }
        let columnsOfData = source.columnsOfData(for: needed)
        let inExpressions = Set((all + derived.map(\.expression)).flatMap(\.columns)).subtracting(isDerived)
            .subtracting(given)
        self.table = table
        self.bound = bound
        self.columnsOfData = columnsOfData
        self.derived = derived
        expressionColumns = inExpressions.sorted()
        dictionaries = Set(names).subtracting(inExpressions)
        self.threads = threads
    }

    /// Begins to read the first rows.
    func readAhead() { table.readAhead(columnsOfData, dictionaries: dictionaries, threads: threads) }

    /// Calls `body` with all rows, batch by batch, in order.
    func forEachBatch(_ body: (FactBatch) throws -> Void) throws {
        try table.forEachBatch(columnsOfData, dictionaries: dictionaries, threads: threads) { first, columns in
            try body(try facts(first, columns))
        }
    }

    private func facts(_ first: Int, _ columns: RecordBatch) throws -> FactBatch {
        var vectors: [String: ExpressionVector] = [:]
        for name in expressionColumns {
            guard let column = columns[name] else { continue }
            guard let vector = ExpressionVector(column) else {
                throw TrainingSetError.unsuitable(column: name, type: "\(column.type)", table: source.name)
            }
            vectors[name] = vector
        }
        var batch = ExpressionBatch(count: columns.count, columns: vectors)
        var results: [String: ExpressionVector] = [:]
        for column in derived {
            let vector = try evaluate(column.expression, batch, first, "derive.\(column.name)")
            batch.add(column.name, vector)
            results[column.name] = vector
        }
        let isRow = try bound.sourceFilter.flatMap { try evaluate($0, batch, first, "where").truths }
        let value = { (name: String) -> ColumnValue? in
            results[name].map { .vector($0) } ?? columns[name].map { .column($0) }
        }
        let events = try moments(value, source.eventTime, "event time", isRow, first)
        var available = events
        if let availability = source.availability {
            if let column = availability.column {
                available = try moments(value, column, "availability time", isRow, first)
            }
            available = available.adding(availability.lag.seconds * 1_000_000)
        }
        return FactBatch(
            firstRow: first, count: columns.count, eventTimes: events, availabilityTimes: available, isRow: isRow,
            columns: columns, derived: results, expressions: batch)
    }

    /// The moments of a column, of which each row has one.
    private func moments(
        _ value: (String) -> ColumnValue?, _ name: String, _ what: String, _ isRow: [Bool]?, _ first: Int
    ) throws -> WholeNumbers {
        let moments: WholeNumbers?
        let validity: [Bool]?
        switch value(name) {
        case .column(let column)?:
            moments = WholeNumbers(moments: column, .up)
            validity = column.validities
        case .vector(.timestamp(let vector))?:
            moments = .computed(vector.values)
            validity = vector.validity
        case .vector?, nil:
            moments = nil
            validity = nil
        }
        guard let moments else {
            throw TrainingSetError.notMoments(
                column: name, type: value(name)?.typeName ?? "column that is not there", table: source.name)
        }
        if let validity, let row = validity.indices.first(where: { !validity[$0] && isRow?[$0] ?? true }) {
            let place = table.place(ofRow: first + row)
            throw TrainingSetError.noTime(column: name, what: what, table: place.table, row: place.row)
        }
        return moments
    }

    /// Computes an expression over a batch; an error names the file and the row.
    func evaluate(
        _ expression: BoundExpression, _ batch: ExpressionBatch, _ first: Int, _ text: String
    ) throws -> ExpressionVector {
        do throws(ExpressionEvaluationError) {
            return try expression.evaluate(batch)
        } catch {
            let place = table.place(ofRow: first + error.row)
            throw TrainingSetError.evaluation(error, expression: text, table: place.table, row: place.row)
        }
    }
}
