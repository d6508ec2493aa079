import PointInTime
import Tables

/// A column of the spine by which rows are found, and how it is compared.
struct SpineKey: Hashable {
    let column: String
    let kind: KeyKind
}

/// The spine's rows by entity and time, for each way in which a service finds entities, each worked out once.
final class SpineIndex {
    /// The spine by one key.
    struct Keyed {
        let keys: [SpineKey]
        let coder: KeyCoder
        /// The code of each row's key, where the spine is arranged in parts.
        fileprivate let codes: [Int32]
        fileprivate let whole: Spine?
    }

    /// How many bytes it takes to join a label, about.
    static let bytesPerLabel = 64
    /// Each part reads the sources' times once more, so that more parts would take longer than anyone waits.
    static let mostParts = 64

    let table: SpineTable
    let threads: Int
    /// In how many parts labels are joined, so that no more than one is arranged at a time. All labels of a key are in one.
    let partCount: Int
    private var known: [[SpineKey]: Keyed] = [:]

    /// - Parameter limit: how much memory arranged labels may take, about.
    init(_ table: SpineTable, threads: Int, limit: Int?) {
        self.table = table
        self.threads = threads
        let bytes = table.count * Self.bytesPerLabel
        partCount = limit.map { max(1, min(Self.mostParts, (bytes + $0) / max(1, $0))) } ?? 1
    }

    /// The labels of a part by a key, without an embargo; labels of other parts find nothing.
    func spine(_ keyed: Keyed, part: Int) throws(PointInTimeError) -> Spine {
        if let whole = keyed.whole { return whole }
        let count = Int32(partCount)
        let codes = keyed.codes.map { $0 % count == part ? $0 : -1 }
        return try table.times.withBuffer { (times) throws(PointInTimeError) in
            try Spine(entities: codes.span, labelTimes: times.span, threads: threads)
        }
    }

    /// The spine by a key.
    func keyed(by keys: [SpineKey], view: String) throws -> Keyed {
        if let found = known[keys] { return found }
        let parts = try keys.map { key in
            guard let column = table.keyColumn(key.column) else {
                throw TableError.noColumn(key.column, table: table.name, nearest: nil)
            }
            if column.type.isNaiveTimestamp { throw TableError.naiveTimestamp(key.column, table: table.name) }
            guard let part = KeyPart(.column(column), as: key.kind) else {
                throw TrainingSetError.wrongKeyType(
                    column: key.column, type: "\(column.type)", expected: key.kind.rawValue, table: table.name)
            }
            return part
        }
        var coder = KeyCoder(kinds: keys.map(\.kind.engineKind))
        do {
            guard let codes = try KeyPart.encode(parts, &coder) else {
                throw TrainingSetError.tooManyBytes(column: keys[0].column)
            }
            for key in keys { table.keyColumn(key.column)?.letGo() }
            let spine =
                partCount > 1
                ? nil
                : try table.times.withBuffer { times in
                    try Spine(entities: codes.span, labelTimes: times.span, threads: threads)
                }
            let keyed = Keyed(keys: keys, coder: coder, codes: partCount > 1 ? codes : [], whole: spine)
            known[keys] = keyed
            return keyed
        } catch let error as PointInTimeError {
            throw TrainingSetError.join(error, view: view)
        }
    }
}
