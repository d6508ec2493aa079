import Splits
import Tables

/// The rows of a table that a model is trained and judged with.
struct TrainingData {
    /// Some of a table's rows, with the columns that are needed.
    struct Part {
        let part: RowPart
        /// The rows.
        let batch: RecordBatch
        /// Where each stands in its table, from 0.
        let rows: [Int32]
        /// What messages call the table.
        let table: String
    }

    /// The parts that have rows, the training first.
    let parts: [Part]
    /// The columns that are taken as numbers.
    let numbers: [String]
    /// The columns that are taken as categories.
    let categories: [String]
    /// What messages call the tables.
    let name: String

    /// What rows are read for.
    enum Purpose {
        /// A training, which needs rows to learn from.
        case training
        /// To judge a model; all rows do where nothing parts them.
        case judging
    }

    /// Reads what the settings ask for.
    ///
    /// - Parameter options: what is told of the tables beside their bytes.
    /// - Throws: ``LearningError``, `TableError`, `SplitError`.
    init(
        _ place: DataPlace, _ configuration: TrainingConfiguration, _ options: TableOptions,
        purpose: Purpose = .training, workers: Int
    ) throws {
        let tables = try place.tables()
        name = place.name
        var parts: [Part] = []
        var columns: (numbers: [String], categories: [String])?
        for (source, part) in tables {
            let reader = try TableReader(source, options)
            let chosen = try columns ?? Self.features(reader, configuration)
            columns = chosen
            let special =
                [configuration.label] + [configuration.weight, configuration.ranking?.group].compactMap { $0 }
                + configuration.slices
            var names = chosen.numbers + chosen.categories
            for name in special where !names.contains(name) { names.append(name) }
            let texts = Set(names.filter { reader.schema[$0]?.type == .string })
            let batch = try reader.read(names, dictionaries: texts, workers: workers)
            if let part {
                if configuration.split != nil, purpose == .training {
                    throw LearningError.misuse(
                        "\(place.name) is split already, into files; leave 'split' out of the settings")
                }
                parts.append(
                    Part(part: part, batch: batch, rows: Array(0..<Int32(batch.count)), table: reader.name))
                continue
            }
            if purpose == .judging, !Self.isSplit(reader, configuration) {
                let all = Array(0..<Int32(batch.count))
                parts.append(Part(part: .test, batch: batch, rows: all, table: reader.name))
                continue
            }
            let roles = try Self.roles(reader, configuration)
            for part in RowPart.allCases {
                let rows = roles.indices.filter { roles[$0] == part }.map { Int32(truncatingIfNeeded: $0) }
                let some = RecordBatch(
                    batch.schema, batch.columns.map { $0.gather(rows, workers: workers) }, count: rows.count)
                parts.append(Part(part: part, batch: some, rows: rows, table: reader.name))
            }
        }
        self.parts = parts.filter { !$0.rows.isEmpty }
        (numbers, categories) = columns ?? ([], [])
        if purpose == .judging {
            if self.parts.isEmpty { throw LearningError.noRows(part: "test", table: place.name) }
            return
        }
        guard self[.train] != nil else { throw LearningError.noRows(part: "training", table: place.name) }
        if configuration.trainer.patience != nil, self[.validation] == nil {
            throw LearningError.noRows(
                part: "validation, which 'early_stopping' looks at", table: place.name)
        }
    }

    /// A part; `nil` if it has no rows.
    subscript(part: RowPart) -> Part? { parts.first { $0.part == part } }

    // MARK: Columns

    /// The columns that go in.
    private static func features(
        _ reader: TableReader, _ configuration: TrainingConfiguration
    ) throws -> (numbers: [String], categories: [String]) {
        // A column that an earlier split has left says nothing of a row.
        var purposes =
            [configuration.label, "split"] + [configuration.weight, configuration.ranking?.group].compactMap { $0 }
        switch configuration.split {
        case .column(let name): purposes.append(name)
        case .request(let request): purposes += [request.time].compactMap { $0 }
        case nil: break
        }
        func field(_ name: String) throws(TableError) -> Field {
            guard let field = reader.schema[name] else {
                throw TableError.noColumn(
                    name, table: reader.name, nearest: nearest(name, reader.schema.names))
            }
            return field
        }
        _ = try field(configuration.label)
        for name in configuration.exclude + configuration.categorical { _ = try field(name) }
        var numbers: [String] = []
        var categories: [String] = []
        if let features = configuration.features {
            for name in features {
                let type = try field(name).type
                if name == configuration.label {
                    throw LearningError.unsuitableFeature(column: name, type: "the label", table: reader.name)
                }
                if configuration.exclude.contains(name) { continue }
                if configuration.categorical.contains(name) || type == .string {
                    categories.append(name)
                } else if type.isNumber {
                    numbers.append(name)
                } else {
                    throw LearningError.unsuitableFeature(column: name, type: "\(type)", table: reader.name)
                }
            }
        } else {
            for field in reader.schema.fields
            where !purposes.contains(field.name) && !configuration.exclude.contains(field.name) {
                if configuration.categorical.contains(field.name) || field.type == .string {
                    categories.append(field.name)
                } else if field.type.isNumber {
                    numbers.append(field.name)
                }
            }
        }
        if let name = configuration.categorical.first(where: { !categories.contains($0) }) {
            throw LearningError.misuse("'categorical' names '\(name)', which is no feature; add it to 'features'")
        }
        if numbers.isEmpty && categories.isEmpty {
            throw LearningError.misuse("\(reader.name) has no column that can be a feature")
        }
        return (numbers, categories)
    }

    // MARK: Rows

    /// Whether a table has what the settings part its rows by.
    private static func isSplit(_ reader: TableReader, _ configuration: TrainingConfiguration) -> Bool {
        switch configuration.split {
        case .column(let name): reader.schema[name] != nil
        case .request(let request):
            ([request.time].compactMap { $0 } + request.group + request.stratify).allSatisfy {
                reader.schema[$0] != nil
            }
        case nil: reader.schema["split"] != nil
        }
    }

    /// What each row is for, `nil` for rows that are left out.
    private static func roles(_ reader: TableReader, _ configuration: TrainingConfiguration) throws -> [RowPart?] {
        switch configuration.split {
        case .column(let name): return try roles(reader, column: name)
        case .request(let request):
            guard case .holdOut(let split) = try TableSplit(reader, request).outcome else { return [] }
            return split.roles.map { RowPart(rawValue: $0.name) }
        case nil:
            guard reader.schema["split"] != nil else { throw LearningError.noSplit(table: reader.name) }
            return try roles(reader, column: "split")
        }
    }

    private static func roles(_ reader: TableReader, column name: String) throws -> [RowPart?] {
        let column = try reader.column(name, asDictionary: true)
        let roles = TargetCoding.texts(column).map { $0.flatMap(RowPart.init(rawValue:)) }
        if !roles.contains(.train) {
            throw LearningError.misuse(
                "no row of \(reader.name) has 'train' in the column '\(name)'; 'vintage features split' makes such a column"
            )
        }
        return roles
    }
}
