import Tables

import enum Features.ExpressionType
import enum Features.ExpressionVector

/// A table that the guard reads: in memory, or one or more files whose rows follow each other.
public struct GuardTable: Sendable {
    private enum Content: Sendable {
        case batch(RecordBatch)
        case readers([TableReader])
    }

    private let content: Content
    /// What messages call it.
    public let name: String

    /// A table in memory.
    public init(_ batch: RecordBatch, name: String) {
        content = .batch(batch)
        self.name = name
    }

    /// The rows of files, in the order that the files are given in; at least one.
    public init(_ readers: [TableReader], name: String? = nil) {
        precondition(!readers.isEmpty, "a table has a file")
        content = .readers(readers)
        self.name = name ?? readers[0].name
    }

    /// The columns; of several files, the first's.
    public var schema: Schema {
        switch content {
        case .batch(let batch): batch.schema
        case .readers(let readers): readers[0].schema
        }
    }

    /// The columns whose values expressions can hold, with their types as expressions see them.
    ///
    /// Files that were read with inferred types may differ; a column that is somewhere a fraction is one.
    var types: [String: ExpressionType] {
        var types: [String: ExpressionType] = [:]
        let schemas: [Schema] =
            switch content {
            case .batch(let batch): [batch.schema]
            case .readers(let readers): readers.map(\.schema)
            }
        for schema in schemas {
            for field in schema.fields {
                guard let type = field.type.expressionType else { continue }
                types[field.name] = types[field.name] == .float64 ? .float64 : type
            }
        }
        return types
    }

    /// A column of a table in memory.
    func column(_ name: String) -> Column? {
        if case .batch(let batch) = content { return batch[name] }
        return nil
    }

    /// How many rows of a table in memory are handed over at once.
    private static let pieceSize = 1 << 16

    /// Whether each row group of a file may be in memory as a whole, a column at a time.
    private static func hasModestGroups(_ reader: TableReader) -> Bool {
        !reader.rowGroupSizes.isEmpty && !reader.rowGroupSizes.contains { $0 > 1 << 22 }
    }

    /// Hands over the rows of some columns, piece by piece, texts with dictionaries where the file has them.
    ///
    /// - Parameters:
    ///   - isNeeded: whether any of some rows is needed: a row group of a Parquet file is passed over otherwise.
    ///   - body: takes the rows, and the number of the first.
    func forEachBatch(
        _ names: [String], where isNeeded: (Range<Int>) -> Bool, _ body: (RecordBatch, _ first: Int) throws -> Void
    ) throws {
        switch content {
        case .batch(let batch):
            var columns: [(name: String, column: Column)] = []
            for name in names {
                guard let column = batch[name] else { throw TableError.noColumn(name, table: self.name, nearest: nil) }
                columns.append((name, column))
            }
            let schema = Schema(columns.map { Field($0.name, $0.column.type) })
            for piece in (0..<batch.count).pieces(of: Self.pieceSize) where isNeeded(piece) {
                try body(
                    RecordBatch(schema, columns.map { $0.column.slice(piece) }, count: piece.count), piece.lowerBound)
            }
        case .readers(let readers):
            var first = 0
            for reader in readers {
                if reader.rowGroupSizes.isEmpty {
                    let batches = try reader.batches(names, workers: 1)
                    while let batch = try batches.next() {
                        try body(batch, first)
                        first += batch.count
                    }
                }
                let texts = Set(names.filter { reader.schema[$0]?.type == .string })
                for (group, count) in reader.rowGroupSizes.enumerated() {
                    let next = first + count
                    if isNeeded(first..<next) {
                        if Self.hasModestGroups(reader) {
                            let batch = try reader.read(names, dictionaries: texts, rowGroups: [group], workers: 1)
                            try body(batch, first)
                        } else {
                            let batches = try reader.batches(names, rowGroups: [group], workers: 1)
                            while let batch = try batches.next() {
                                try body(batch, first)
                                first += batch.count
                            }
                        }
                    }
                    first = next
                }
            }
        }
    }

    /// The rows of each row group, with the least and the greatest moment of a column in it; `nil` if the files do not say.
    func rowGroups(by name: String) throws -> [(rows: Range<Int>, moments: ClosedRange<Int64>)]? {
        guard case .readers(let readers) = content else { return nil }
        var groups: [(rows: Range<Int>, moments: ClosedRange<Int64>)] = []
        var first = 0
        for reader in readers {
            guard Self.hasModestGroups(reader), reader.schema[name]?.type.expressionType == .timestamp else {
                return nil
            }
            for (group, count) in reader.rowGroupSizes.enumerated() where count > 0 {
                guard let range = try reader.statistics(name, rowGroup: group).range else { return nil }
                var builder = VectorBuilder(.timestamp, capacity: 2)
                builder.append(range)
                guard let least = builder.vector.moment(0), let greatest = builder.vector.moment(1), least <= greatest
                else { return nil }
                // Statistics and values may be rounded in different ways.
                groups.append((first..<first + count, max(least, .min + 1) - 1...min(greatest, .max - 1) + 1))
                first += count
            }
        }
        return groups
    }

    /// Hands over all rows of some columns, piece by piece.
    package func forEachBatch(_ names: [String], _ body: (RecordBatch) throws -> Void) throws {
        try forEachBatch(names, where: { _ in true }) { batch, _ in try body(batch) }
    }

    /// How many rows there are; CSV files are read for it.
    func rowCount() throws -> Int {
        switch content {
        case .batch(let batch): return batch.count
        case .readers(let readers):
            var count = 0
            for reader in readers {
                if let known = reader.rowCount {
                    count += known
                } else {
                    let batches = try reader.batches(reader.schema.names.first.map { [$0] })
                    while let batch = try batches.next() { count += batch.count }
                }
            }
            return count
        }
    }

    /// The values of some rows, which ascend.
    ///
    /// Of a Parquet file one column of one row group is in memory at a time, beside the values.
    ///
    /// - Parameter roundsUp: whether a part of a microsecond counts as a whole one.
    func values(_ names: [String], rows: [Int], roundsUp: Bool = false) throws -> [String: ExpressionVector] {
        let types = types
        var builders = names.map { VectorBuilder(types[$0] ?? .string, capacity: rows.count, roundsUp: roundsUp) }
        var next = 0
        func isNeeded(_ range: Range<Int>) -> Bool { next < rows.count && rows[next] < range.upperBound }
        func taken(of range: Range<Int>) -> [Int32] {
            var taken: [Int32] = []
            while isNeeded(range) {
                taken.append(Int32(rows[next] - range.lowerBound))
                next += 1
            }
            return taken
        }
        if case .batch(let batch) = content {
            let own = rows.map { Int32($0) }
            for (place, name) in names.enumerated() {
                guard let column = batch[name] else { throw TableError.noColumn(name, table: self.name, nearest: nil) }
                builders[place].append(column, rows: own)
                // Rows from everywhere need not bring a column that is in a file into memory for long.
                column.letGo()
            }
        } else if case .readers(let readers) = content, readers.allSatisfy(Self.hasModestGroups) {
            var first = 0
            for reader in readers {
                for (group, count) in reader.rowGroupSizes.enumerated() {
                    let own = taken(of: first..<first + count)
                    first += count
                    if own.isEmpty { continue }
                    for (place, name) in names.enumerated() {
                        let texts: Set = reader.schema[name]?.type == .string ? [name] : []
                        let read = try reader.read([name], dictionaries: texts, rowGroups: [group], workers: 1)
                        builders[place].append(read.columns[0], rows: own)
                    }
                }
            }
        } else {
            try forEachBatch(names, where: isNeeded) { batch, first in
                let own = taken(of: first..<first + batch.count)
                if own.isEmpty { return }
                for place in names.indices { builders[place].append(batch.columns[place], rows: own) }
            }
        }
        return Dictionary(zip(names, builders.map(\.vector))) { first, _ in first }
    }

    /// Some rows, all if there are no more than `limit`; the same for the same seed.
    ///
    /// - Parameter readRows: the rows lie in some row groups with about so many rows, if a file has more.
    func sampledRows(limit: Int, seed: UInt64, readRows: Int = .max) throws -> (rows: [Int], total: Int) {
        let total = try rowCount()
        if total <= limit { return (Array(0..<total), total) }
        var generator = SeededGenerator(seed: seed)
        var pieces: [Range<Int>] = []
        var count = 0
        for piece in rowGroups(total).shuffled(using: &generator) where count < readRows {
            pieces.append(piece)
            count += piece.count
        }
        if count <= limit { return (pieces.flatMap { $0 }.sorted(), total) }
        var chosen: Set<Int> = []
        while chosen.count < limit {
            var place = Int(generator.next() % UInt64(count))
            for piece in pieces {
                if place < piece.count {
                    chosen.insert(piece.lowerBound + place)
                    break
                }
                place -= piece.count
            }
        }
        return (chosen.sorted(), total)
    }

    /// The rows of each row group; of what has none, all rows.
    private func rowGroups(_ total: Int) -> [Range<Int>] {
        guard case .readers(let readers) = content, readers.allSatisfy(Self.hasModestGroups) else { return [0..<total] }
        var groups: [Range<Int>] = []
        var first = 0
        for count in readers.flatMap(\.rowGroupSizes) {
            groups.append(first..<first + count)
            first += count
        }
        return groups
    }
}

/// Random numbers that are the same for the same seed, on any machine (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mixed(state)
    }
}

/// Spreads the bits of a number.
@inline(__always)
func mixed(_ number: UInt64) -> UInt64 {
    var bits = number
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
}
