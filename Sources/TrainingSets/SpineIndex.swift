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
        let spine: Spine
    }

    let table: SpineTable
    let threads: Int
    private var known: [[SpineKey]: Keyed] = [:]

    init(_ table: SpineTable, threads: Int) {
        self.table = table
        self.threads = threads
    }

    /// The spine by a key, without an embargo.
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
            let spine = try table.times.withBuffer { times in
                try Spine(entities: codes.span, labelTimes: times.span, threads: threads)
            }
            let keyed = Keyed(keys: keys, coder: coder, spine: spine)
            known[keys] = keyed
            return keyed
        } catch let error as PointInTimeError {
            throw TrainingSetError.join(error, view: view)
        }
    }
}
