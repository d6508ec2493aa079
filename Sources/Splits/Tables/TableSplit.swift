import Tables

/// A split of a table's rows, decided; ``SplitWriter`` writes it.
///
///     var request = SplitRequest(.time)
///     request.time = "time"
///     request.horizon = .days(1)
///     let split = try TableSplit(reader, request)
///     split.report.json
///
/// Only the columns that decide are read.
public struct TableSplit: Sendable {
    /// What each row is.
    public enum Outcome: Sendable {
        /// Parts, set apart once.
        case holdOut(HoldOut)
        /// Folds, which judge in turn.
        case folds(Folds)
    }

    /// What was asked for.
    public let request: SplitRequest
    /// What each row is.
    public let outcome: Outcome
    /// All that was decided.
    public var report: SplitReport

    /// Decides.
    ///
    /// - Parameter name: what the report calls the table, so that it is the same on every machine; the reader's by default.
    /// - Throws: ``SplitError``, `TableError`.
    public init(_ reader: TableReader, _ request: SplitRequest, name: String? = nil) throws {
        try request.validate()
        // What is wrong with the numbers is told before anything is read.
        let shares = try request.shares()
        let rowCount = try reader.countedRows()
        if rowCount == 0 { throw SplitError.noRows(table: reader.name) }
        let axis = try request.time.map { try TimeAxis($0, try reader.column($0), table: reader.name) }
        let groups = request.group.isEmpty ? nil : try reader.keys(request.group)
        let strata = request.stratify.isEmpty ? nil : try reader.keys(request.stratify)
        var random = RandomSource(seed: request.seed)
        let outcome: Outcome
        var borders: [Int64] = []
        switch (request.method, axis) {
        case (.time, let axis?):
            let blocks: TimeBlocks
            if let test = request.testFrom {
                let moments = [request.validationFrom, test].compactMap { $0 }
                blocks = try TimeBlocks(axis.times, borders: moments.map { axis.ticks(of: $0) })
            } else {
                blocks = try TimeBlocks(axis.times, shares)
            }
            borders = blocks.borders
            outcome = .holdOut(
                try HoldOut(axis.times, blocks, axis.span(of: request), groups: groups?.categories))
        case (.kfold, let axis?):
            let folds = try Folds(
                purging: axis.times, count: shares.parts.count, axis.span(of: request), groups: groups?.categories)
            borders = folds.blocks?.borders ?? []
            outcome = .folds(folds)
        case (.group, _):
            let groups = groups?.categories ?? Categories(one: rowCount)
            let assignment = try Assignment(grouped: groups, strata: strata?.categories, shares, &random)
            outcome = try Self.outcome(assignment, request)
        default:
            let strata = strata?.categories ?? Categories(one: rowCount)
            let assignment = try Assignment(stratified: strata, shares, &random)
            outcome = try Self.outcome(assignment, request)
        }
        self.request = request
        self.outcome = outcome
        report = SplitReport(
            table: name ?? reader.name, request, outcome, axis, borders: borders, groupCount: groups?.categories.count,
            strata)
    }

    private static func outcome(_ assignment: Assignment, _ request: SplitRequest) throws(SplitError) -> Outcome {
        request.isFolded ? .folds(try Folds(assignment)) : .holdOut(try HoldOut(assignment))
    }
}

extension TimeAxis {
    /// What is kept apart, in ticks.
    fileprivate func span(of request: SplitRequest) -> LabelSpan {
        LabelSpan(horizon: ticks(of: request.horizon), embargo: ticks(of: request.embargo))
    }
}

extension TableReader {
    /// How many rows there are; a CSV file is read for it.
    func countedRows() throws -> Int {
        if let rowCount { return rowCount }
        guard let first = schema.fields.first(where: { $0.type.isCarried }) else { return 0 }
        var count = 0
        let batches = try batches([first.name])
        while let batch = try batches.next() { count += batch.count }
        return count
    }

    /// Which rows agree in some columns.
    func keys(_ names: [String]) throws -> RowKeys {
        try RowKeys(try read(names, dictionaries: Set(names)))
    }
}
