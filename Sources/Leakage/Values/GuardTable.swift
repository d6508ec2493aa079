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
            try body(RecordBatch(schema, columns.map(\.column), count: batch.count), 0)
        case .readers(let readers):
            var first = 0
            for reader in readers {
                if reader.rowGroupSizes.isEmpty {
                    let batches = try reader.batches(names)
                    while let batch = try batches.next() {
                        try body(batch, first)
                        first += batch.count
                    }
                }
                let texts = Set(names.filter { reader.schema[$0]?.type == .string })
                for (group, count) in reader.rowGroupSizes.enumerated() {
                    if isNeeded(first..<first + count) {
                        try body(reader.read(names, dictionaries: texts, rowGroups: [group]), first)
                    }
                    first += count
                }
            }
        }
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
    /// - Parameter roundsUp: whether a part of a microsecond counts as a whole one.
    func values(_ names: [String], rows: [Int], roundsUp: Bool = false) throws -> [String: ExpressionVector] {
        let types = types
        var builders = names.map { VectorBuilder(types[$0] ?? .string, capacity: rows.count, roundsUp: roundsUp) }
        var next = 0
        func isNeeded(_ range: Range<Int>) -> Bool { next < rows.count && rows[next] < range.upperBound }
        try forEachBatch(names, where: isNeeded) { batch, first in
            var here: [Int32] = []
            while next < rows.count, rows[next] < first + batch.count {
                here.append(Int32(rows[next] - first))
                next += 1
            }
            if here.isEmpty { return }
            for place in names.indices { builders[place].append(batch.columns[place], rows: here) }
        }
        return Dictionary(zip(names, builders.map(\.vector))) { first, _ in first }
    }

    /// Some rows, all if there are no more than `limit`; the same for the same seed.
    func sampledRows(limit: Int, seed: UInt64) throws -> (rows: [Int], total: Int) {
        let total = try rowCount()
        if total <= limit { return (Array(0..<total), total) }
        var generator = SeededGenerator(seed: seed)
        var chosen: Set<Int> = []
        while chosen.count < limit { chosen.insert(Int(generator.next() % UInt64(total))) }
        return (chosen.sorted(), total)
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
