import Features
import Tables

/// Works out expressions in some rows of a source.
struct FactValues {
    let table: any FactTable
    let bound: BoundViewPlan
    let threads: Int
    /// Where the memory of columns is that are taken as they are.
    let storage: ColumnStorage

    /// A value that is wanted, in the rows of a selection.
    struct Request {
        let expression: BoundExpression
        /// The column, if the expression is one and nothing else.
        let column: String?
        /// As messages call it.
        let text: String
        /// A row of the source for each place, -1 for none.
        let rows: [Int32]
    }

    /// The values of each request at each place.
    func values(_ requests: [Request]) throws -> [Column] {
        var found: [Int: Column] = [:]
        // Columns that are taken as they are go from the file to their places.
        var rest = Array(requests.indices)
        while let first = rest.first(where: { isColumn(requests[$0]) }) {
            let rows = requests[first].rows
            let own = rest.filter { isColumn(requests[$0]) && requests[$0].rows == rows }
            let names = Set(own.compactMap { requests[$0].column }).sorted()
            guard let columns = try table.values(of: names, given: rows, storage: storage, threads: threads) else {
                // One at a time, where they are not to be in memory together.
                guard case .files = storage else { break }
                for index in own { found[index] = try computed([requests[index]])[0].moved(to: storage) }
                rest.removeAll { own.contains($0) }
                continue
            }
            let data = Dictionary(uniqueKeysWithValues: zip(names, columns))
            for index in own { found[index] = requests[index].column.flatMap { data[$0] } }
            rest.removeAll { own.contains($0) }
        }
        for (index, column) in zip(rest, try computed(rest.map { requests[$0] })) { found[index] = column }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Whether a request is for a column of the data as it is.
    private func isColumn(_ request: Request) -> Bool {
        guard let name = request.column else { return false }
        return !table.source.derived.contains { $0.name == name }
    }

    /// The values of requests, of which all rows that any of them needs are read first.
    private func computed(_ requests: [Request]) throws -> [Column] {
        if requests.isEmpty { return [] }
        var lists: [[Int32]] = []
        // Plain features of a view share one list; the others have their own.
        for request in requests where !lists.contains(request.rows) { lists.append(request.rows) }
        let selection = RowSelection(lists)
        let names = table.source.columnsOfData(for: requests.flatMap { $0.expression.columns })
        let rows = selection.rows
        let read = try table.values(of: names, at: rows, threads: threads)
        let data = Dictionary(uniqueKeysWithValues: zip(names, read))
        return try lists.reduce(into: [Int: Column]()) { found, list in
            let places = selection.places(of: list)
            // Only rows that are wanted for an expression may fail in it.
            var own: RowSelection?
            for (index, request) in requests.enumerated() where request.rows == list {
                if isColumn(request), let name = request.column, let column = data[name] {
                    found[index] = column.gather(places, workers: threads)
                    continue
                }
                if lists.count == 1 {
                    found[index] = try evaluate(request, data, rows).gather(places, workers: threads)
                    continue
                }
                let subset = own ?? RowSelection([places])
                own = subset
                let subsetRows = subset.rows
                let subsetData = data.mapValues { $0.gather(subsetRows, workers: threads) }
                let values = try evaluate(request, subsetData, subsetRows.map { rows[Int($0)] })
                found[index] = values.gather(subset.places(of: places), workers: threads)
            }
        }.sorted { $0.key < $1.key }.map(\.value)
    }

    private static var pieceSize: Int { 1 << 15 }

    /// An expression's values in rows whose data is given.
    private func evaluate(_ request: Request, _ data: [String: Column], _ rows: [Int32]) throws -> Column {
        let needed = table.source.columnsOfData(for: request.expression.columns)
        let names = Set(table.source.derivedColumns(for: request.expression.columns).map(\.name))
        let derived = bound.derived.filter { names.contains($0.name) }
        let pieces = rows.indices.pieces(of: Self.pieceSize)
        let parts = Parts(columns: 1, pieces: pieces.count)
        let type = request.expression.type.columnType
        try inParallel(pieces.count, workers: threads) { (piece) throws(EvaluationFailure) in
            let own = pieces[piece]
            var batch = ExpressionBatch(count: own.count, columns: [:])
            for name in needed {
                guard let column = data[name] else { continue }
                guard let vector = ExpressionVector(column.slice(own)) else {
                    throw .unsuitable(name, column.type)
                }
                batch.add(name, vector)
            }
            for column in derived {
                let text = "derive.\(column.name)"
                batch.add(column.name, try Self.evaluate(column.expression, batch, own.lowerBound, text))
            }
            let vector = try Self.evaluate(request.expression, batch, own.lowerBound, request.text)
            guard let column = vector.column() else { throw .tooManyBytes(request.text) }
            parts.set(column, 0, piece)
        } described: { (failure: EvaluationFailure) in
            switch failure {
            case .unsuitable(let name, let type):
                return TrainingSetError.unsuitable(column: name, type: "\(type)", table: table.source.name)
            case .tooManyBytes(let text): return TrainingSetError.tooManyBytes(column: text)
            case .evaluation(let error, let text, let row):
                let place = table.place(ofRow: Int(rows[row]))
                return TrainingSetError.evaluation(error, expression: text, table: place.table, row: place.row)
            }
        }
        let columns = parts.take(0)
        if columns.isEmpty { return Column.nulls(type, count: 0) }
        guard let whole = Column.concatenate(columns, type: type, workers: threads) else {
            throw TrainingSetError.tooManyBytes(column: request.text)
        }
        return whole
    }

    private enum EvaluationFailure: Error {
        case unsuitable(String, ColumnType)
        case tooManyBytes(String)
        case evaluation(ExpressionEvaluationError, String, row: Int)
    }

    private static func evaluate(
        _ expression: BoundExpression, _ batch: ExpressionBatch, _ first: Int, _ text: String
    ) throws(EvaluationFailure) -> ExpressionVector {
        do throws(ExpressionEvaluationError) {
            return try expression.evaluate(batch)
        } catch {
            throw .evaluation(error, text, row: first + error.row)
        }
    }
}

/// As `inParallel`, with the failure of a part told in other words.
private func inParallel<Failure: Error>(
    _ parts: Int, workers: Int, _ body: (Int) throws(Failure) -> Void, described: (Failure) -> any Error
) throws {
    do throws(Failure) {
        try Tables.inParallel(parts, workers: workers, body)
    } catch {
        throw described(error)
    }
}
