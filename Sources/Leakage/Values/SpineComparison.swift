import Features
import Tables

/// Compares the rows of a training set with its spine: keys, time and label, row by row.
struct SpineComparison {
    let set: JudgedSet
    let spine: GuardTable

    init(_ set: JudgedSet, _ spine: GuardTable) { (self.set, self.spine) = (set, spine) }

    func findings() throws -> [LeakageFinding] {
        func found(_ message: String, _ evidence: [LeakageFinding.Evidence]) -> [LeakageFinding] {
            [LeakageFinding(.spineMismatch, service: set.plan.service.name, message, evidence: evidence)]
        }
        let counts = (try set.table.rowCount(), try spine.rowCount())
        if counts.0 != counts.1 {
            return found(
                "the training set has \(counts.0) rows and its spine \(counts.1); rows were dropped or multiplied",
                [.init("rows", "\(counts.0)"), .init("spine-rows", "\(counts.1)")])
        }
        let (held, wanted) = (set.table.types, spine.types)
        var names = set.plan.views.flatMap { $0.keys.map(\.spineColumn) }
        names += [set.timeColumn, set.plan.label?.column].compactMap { $0 }
        for name in Set(names).sorted() where held[name] != nil && wanted[name] != nil {
            // What a clock showed is no moment to compare.
            let fields = (set.table.schema[name]?.type, spine.schema[name]?.type)
            if fields.0?.isNaiveTimestamp != fields.1?.isNaiveTimestamp { continue }
            // A join that took the spine's own column, which never changes, has its values.
            if let column = set.table.column(name), column === spine.column(name) { continue }
            let (left, right) = (try hashes(set.table, name), try hashes(spine, name))
            let differing = zip(left, right).enumerated().filter { $0.element.0 != $0.element.1 }
            if let first = differing.first {
                return found(
                    "the column '\(name)' is not the spine's in \(differing.count) rows, the first of them row "
                        + "\(first.offset + 1); rows were reordered or altered",
                    [.init("column", name), .init("rows", "\(differing.count)"), .init("first", "\(first.offset + 1)")])
            }
        }
        return []
    }

    private func hashes(_ table: GuardTable, _ name: String) throws -> [UInt64] {
        var hashes: [UInt64] = []
        let isNumber = set.table.types[name] == .float64 || spine.types[name] == .float64
        try table.forEachBatch([name]) { batch in
            if isNumber {
                // One of the two may hold whole numbers where the other has fractions.
                var builder = VectorBuilder(.float64, capacity: batch.count)
                builder.append(batch.columns[0])
                hashes += KeyHash.ofRows([builder.vector], count: batch.count)
            } else {
                hashes += KeyHash.ofRows(batch)
            }
        }
        return hashes
    }
}
