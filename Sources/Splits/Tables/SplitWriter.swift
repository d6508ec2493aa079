import FileSystem
import SystemPackage
import Tables
import TextFormats

extension TableSplit {
    /// Writes the split: a table with added columns, or a folder with a table for each part.
    ///
    /// Rows keep their order. A table gets the column `split` with each row's part, or why it is left out; or the column
    /// `fold` with the number of the fold in which the row judges, and where rows are left out a column `fold_1`, `fold_2` … with
    /// its role in each. A folder gets `train`, `validation` and `test`, or `fold-1/train` and so on, in the format of the
    /// source, without the rows that are left out. The report is written beside the table, or into the folder.
    ///
    /// - Parameters:
    ///   - column: the name of the added column, instead of `split` or `fold`.
    ///   - reader: the table that the split was decided on.
    /// - Throws: ``SplitError``, `TableError`, `FileError`.
    public func write(_ reader: TableReader, to place: OutputPlace, column: String? = nil) throws {
        if let format = place.format {
            let name = column ?? (request.isFolded ? "fold" : "split")
            try place.path.removingLastComponent().makeDirectories()
            try writeTable(reader, to: place.path, format, name)
            var record = report.json
            record["column"] = JSON(name)
            try place.writeRecord(record, ending: ".split.json")
        } else {
            try place.writeFolder(report.json) { folder in try writeParts(reader, in: folder) }
        }
    }

    /// Checks that a table's columns leave the names of those that a split adds free.
    ///
    /// - Throws: ``SplitError/columnExists(_:table:)``.
    public static func checkNames(_ reader: TableReader, _ request: SplitRequest, column: String?) throws(SplitError) {
        let name = column ?? (request.isFolded ? "fold" : "split")
        var names = [name]
        if request.method == .kfold {
            let count = request.folds ?? SplitRequest.defaultFolds
            if count > 0 { names += (1...count).map { "\(name)_\($0)" } }
        }
        if let taken = names.first(where: { reader.schema.index(of: $0) != nil }) {
            throw .columnExists(taken, table: reader.name)
        }
    }

    // MARK: A table

    private func writeTable(_ reader: TableReader, to path: FilePath, _ format: TableFormat, _ name: String) throws {
        var added: [(field: Field, column: (Range<Int>) -> Column)] = []
        switch outcome {
        case .holdOut(let split):
            added.append((Field(name, .string), { rows in Self.texts(rows) { split.roles[$0] } }))
        case .folds(let folds):
            added.append(
                (
                    Field(name, .int32),
                    { rows in Column(rows.map { Optional(folds.fold[$0] + 1) }, .int32) }
                ))
            for number in 0..<(folds.leavesOut ? folds.count : 0) {
                added.append(
                    (
                        Field("\(name)_\(number + 1)", .string),
                        { rows in Self.texts(rows) { folds.role(of: $0, in: number) } }
                    ))
            }
        }
        let schema = Schema(reader.schema.fields + added.map(\.field))
        let writer = try TableWriter(.file(path), schema, format)
        let batches = try reader.batches()
        var start = 0
        while let batch = try batches.next() {
            let rows = start..<(start + batch.count)
            try writer.write(
                RecordBatch(schema, batch.columns + added.map { $0.column(rows) }, count: batch.count))
            start = rows.upperBound
        }
        try writer.finish()
    }

    private static func texts(_ rows: Range<Int>, _ role: (Int) -> RowRole) -> Column {
        let names = RowRole.allCases.map { Array($0.name.utf8) }
        var builder = StringColumnBuilder()
        for row in rows { builder.append(names[Int(role(row).rawValue)]) }
        return builder.finish()
    }

    // MARK: A folder

    private func writeParts(_ reader: TableReader, in folder: FilePath) throws {
        switch outcome {
        case .holdOut(let split):
            let parts = report.parts.compactMap { part in RowRole.allCases.first { $0.name == part.name } }
            try Self.write(reader, parts, in: folder) { split.roles[$0] }
        case .folds(let folds):
            // Fold by fold, so that few files are open and little is in memory however many there are.
            for number in 0..<folds.count {
                let inner = folder.appending("fold-\(number + 1)")
                try inner.makeDirectories()
                try Self.write(reader, [.train, .test], in: inner) { folds.role(of: $0, in: number) }
            }
        }
    }

    private static func write(
        _ reader: TableReader, _ parts: [RowRole], in folder: FilePath, _ role: (Int) -> RowRole
    ) throws {
        let writers = try parts.map { part in
            try TableWriter(
                .file(folder.appending("\(part.name).\(reader.format.rawValue)")), reader.schema, reader.format)
        }
        let batches = try reader.batches()
        var start = 0
        while let batch = try batches.next() {
            var rows = [[Int32]](repeating: [], count: RowRole.allCases.count)
            for row in 0..<batch.count { rows[Int(role(start + row).rawValue)].append(Int32(row)) }
            for (part, writer) in zip(parts, writers) {
                let chosen = rows[Int(part.rawValue)]
                if !chosen.isEmpty { try writer.write(batch.gather(chosen)) }
            }
            start += batch.count
        }
        for writer in writers { try writer.finish() }
    }
}

extension RecordBatch {
    /// Some of the rows.
    func gather(_ rows: [Int32]) -> RecordBatch {
        rows.count == count ? self : RecordBatch(schema, columns.map { $0.gather(rows) }, count: rows.count)
    }
}
