import Features
import Tables

/// How many rows some categories have in a whole table, and the sums of their labels.
struct CategorySums {
    private let numbers: HashNumbers
    private var counts: [Int]
    private var sums: [Double]

    /// Goes through a table once.
    ///
    /// - Parameters:
    ///   - category: the column of the categories.
    ///   - hashes: those of the categories that are wanted.
    ///   - split: a column with the rows that count alone, those of ``LabelColumns/training``; `nil` for all.
    init(
        _ table: GuardTable, category: String, hashes: some Collection<UInt64>, columns: LabelColumns, split: String?
    ) throws {
        numbers = HashNumbers(hashes)
        (counts, sums) = (Array(repeating: 0, count: numbers.count), Array(repeating: 0, count: numbers.count))
        let types = table.types
        let names = [category, columns.label, columns.time] + [split].compactMap { $0 }
        try table.forEachBatch(names, where: { _ in true }) { batch, _ in
            let vectors = batch.columns.indices.dropFirst().map { place in
                var builder = VectorBuilder(types[names[place]] ?? .string, capacity: batch.count)
                builder.append(batch.columns[place])
                return builder.vector
            }
            guard let labels = vectors[0].numbers else { return }
            let isTimed = vectors[1].validity
            let sides = split.map { _ in LabelColumns.isTraining(vectors[2]) }
            let isValid = batch.columns[0].nullCount == 0 ? nil : batch.columns[0].validities
            let category = RecordBatch([("", batch.columns[0])])
            for (row, hash) in KeyHash.ofRows(category).enumerated() {
                guard let number = numbers[hash], !labels[row].isNaN, isTimed?[row] ?? true, isValid?[row] ?? true,
                    sides?[row] ?? true
                else { continue }
                counts[number] += 1
                sums[number] += labels[row]
            }
        }
    }

    /// The rows of a category and the sum of their labels; `nil` for one that was not wanted.
    subscript(hash: UInt64) -> (count: Int, sum: Double)? { numbers[hash].map { (counts[$0], sums[$0]) } }
}

/// The columns that tell labels.
struct LabelColumns {
    let label: String
    let time: String

    /// Whether each row of a column that says train or test says train.
    static func isTraining(_ sides: ExpressionVector) -> [Bool] {
        guard case .string(let texts) = sides else { return (0..<sides.count).map { _ in false } }
        let train = KeyHash.ofTexts(TextVector(["train"]))[0]
        return KeyHash.ofTexts(texts).enumerated().map { row, hash in hash == train && texts.validity?[row] ?? true }
    }
}
