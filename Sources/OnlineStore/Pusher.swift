import Features
import Tables
import TextFormats
import TrainingSets

import func Workspace.nearestName

/// Takes rows of a source as they happen, so that the next answer knows them.
///
///     let pusher = Pusher(storage, definitions)
///     try pusher.push(rows, to: "weather", now: microsecondsNow())
///
/// Once ``push(_:to:now:)`` returns, the rows are in the store for good and count in every answer, as rows of the source's files
/// would that come after all others. They are kept until the files have them.
public struct Pusher: Sendable {
    /// What came of a push.
    public struct Outcome: Sendable, Equatable {
        /// How many rows were pushed.
        public let rows: Int
        /// The views that they went to, by name.
        public let views: [String]
        /// How many entities' rows were written, of all views together.
        public let entities: Int
    }

    private let storage: any OnlineStorage
    private let definitions: Definitions

    /// How often rows are applied anew because a view was filled meanwhile.
    private static let attempts = 10
    private static let rowsAtOnce = 1000

    /// Prepares to push to a store.
    public init(_ storage: any OnlineStorage, _ definitions: Definitions) {
        (self.storage, self.definitions) = (storage, definitions)
    }

    /// Pushes rows to a source: all of them, or none where it throws before anything was written.
    ///
    /// - Parameters:
    ///   - rows: objects of columns and their values; columns that are left out are null.
    ///   - numbers: what messages call each row; from 1 unless given.
    ///   - now: the moment, in microseconds since 1970.
    /// - Throws: ``PushError``, ``OnlineStoreError``, ``Features/UnknownDefinition``. When the store breaks off, the rows may
    ///   be in it or not.
    package func push(
        _ rows: [JSON], numbers: [Int]? = nil, to source: String, now: Int64
    ) throws -> Outcome {
        let (source, targets) = try targets(source)
        let numbers = numbers ?? Array(1...max(1, rows.count))
        let table = try table(rows, numbers, Self.fields(targets), source, targets.map(\.plan))
        return try push(table, numbers, source, targets, now: now)
    }

    /// Pushes rows of a table to a source: all of them, or none where it throws before anything was written.
    ///
    /// - Parameters:
    ///   - rows: columns of the source that are not there are null; values of other types are taken where they fit exactly.
    ///   - first: what messages call the first row.
    ///   - now: the moment, in microseconds since 1970.
    /// - Throws: as ``push(_:numbers:to:now:)``, and ``Tables/TableError/ambiguousColumn(_:table:)``.
    package func push(_ rows: RecordBatch, first: Int, to source: String, now: Int64) throws -> Outcome {
        let (source, targets) = try targets(source)
        let numbers = Array(first..<first + rows.count)
        let table = try table(rows, numbers, Self.fields(targets), source, targets.map(\.plan))
        return try push(table, numbers, source, targets, now: now)
    }

    /// The columns of the source, as they were when a view was filled last.
    private static func fields(_ targets: [Target]) -> [Field] {
        targets.max { $0.mark.watermark < $1.mark.watermark }?.mark.sourceFields ?? []
    }

    /// A view of the source, and its mark if it is in the store.
    private struct Target {
        let plan: ViewPlan
        let mark: ViewMark
    }

    private func targets(_ name: String) throws -> (FeatureSource, [Target]) {
        let source = try definitions.source(name)
        let plans = try definitions.views.filter { $0.source == name }.map { try definitions.plan(forView: $0.name) }
        let (targets, changed) = try targets(plans)
        if let changed { throw PushError.definitionChanged(view: changed) }
        if targets.isEmpty { throw PushError.notMaterialized(source: name) }
        return (source, targets)
    }

    /// The views that are in the store, and one that is there by another definition, if there is one.
    private func targets(_ plans: [ViewPlan]) throws -> ([Target], changed: String?) {
        let marks = try storage.read([], marks: plans.map { ViewMark.name(of: $0.view.name) }).marks
        var (targets, changed) = ([Target](), String?.none)
        for (plan, bytes) in zip(plans, marks) {
            guard let bytes else { continue }
            let mark = try ViewMark(bytes, in: storage)
            if try mark.isOf(plan.view.name, in: definitions) {
                targets.append(Target(plan: plan, mark: mark))
            } else {
                changed = plan.view.name
            }
        }
        return (targets, changed)
    }

    // MARK: Rows

    private func table(
        _ rows: [JSON], _ numbers: [Int], _ fields: [Field], _ source: FeatureSource, _ plans: [ViewPlan]
    ) throws -> RecordBatch {
        let needed = Self.needed(source, plans)
        var columns = fields.map { GrowingColumn($0.type) }
        let places = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
        for (number, row) in zip(numbers, rows) {
            guard case .object(let object) = row else { throw PushError.notAnObject(row: number) }
            for (name, _) in object.members where places[name] == nil {
                throw PushError.unknownColumn(
                    name, row: number, source: source.name,
                    nearest: nearestName(to: name, among: fields.map(\.name)))
            }
            for (place, field) in fields.enumerated() {
                let value = object[field.name]
                if case .null = value, needed.contains(field.name) {
                    throw PushError.missing(column: field.name, row: number)
                }
                guard columns[place].append(value, zone: source.zone) else {
                    throw PushError.wrongType(column: field.name, row: number, expected: "\(field.type)")
                }
            }
        }
        return RecordBatch(Schema(fields), columns.map { $0.finish() }, count: rows.count)
    }

    private func table(
        _ rows: RecordBatch, _ numbers: [Int], _ fields: [Field], _ source: FeatureSource, _ plans: [ViewPlan]
    ) throws -> RecordBatch {
        var seen: Set<String> = []
        for name in rows.schema.names {
            if !fields.contains(where: { $0.name == name }) {
                throw PushError.unknownColumn(
                    name, row: numbers.first ?? 1, source: source.name,
                    nearest: nearestName(to: name, among: fields.map(\.name)))
            }
            if !seen.insert(name).inserted { throw TableError.ambiguousColumn(name, table: "what was pushed") }
        }
        let needed = Self.needed(source, plans)
        let columns = try fields.map { field in
            let given = rows[field.name] ?? Column.nulls(field.type, count: rows.count)
            if needed.contains(field.name), let row = (0..<rows.count).first(where: { given.isNull(at: $0) }) {
                throw PushError.missing(column: field.name, row: numbers[row])
            }
            if given.type == field.type { return given }
            switch given.converted(to: field.type, zone: source.zone) {
            case .success(let column): return column
            case .failure(let wrong):
                throw PushError.wrongType(
                    column: field.name, row: numbers[wrong.row], expected: "\(field.type)")
            }
        }
        return RecordBatch(Schema(fields), columns, count: rows.count)
    }

    /// The columns of the data that each row needs: a row without its time or its entity is no row, and nothing would ever tell
    /// of it.
    private static func needed(_ source: FeatureSource, _ plans: [ViewPlan]) -> Set<String> {
        Set(
            [source.eventTime, source.availability?.column].compactMap { $0 }
                + plans.flatMap { $0.keys.map(\.sourceColumn) }
        ).subtracting(source.derived.map(\.name))
    }

    // MARK: Writing

    private func push(
        _ rows: RecordBatch, _ numbers: [Int], _ source: FeatureSource, _ targets: [Target], now: Int64
    ) throws -> Outcome {
        if rows.count == 0 { return Outcome(rows: 0, views: targets.map(\.plan.view.name), entities: 0) }
        let id = PushID.next()
        let entry = try PushJournal.bytes(
            rows, id: id, source: source.name, spaces: targets.map(\.mark.space))
        let key = PushJournal.key(id, source: source.name)
        let pushes = Array(repeating: id, count: rows.count)
        var (targets, written) = (targets, 0)
        var isInJournal = false
        for _ in 0..<Self.attempts {
            let views = try targets.map { try PushedView($0.plan, $0.mark, rows, pushes, now: now) }
            if !isInJournal {
                for (target, view) in zip(targets, views) {
                    try PushedVectors(target.plan, rows)?.check(view.rowsThatCount, version: target.mark.vectors) {
                        numbers[$0]
                    }
                }
            }
            let spaces = targets.map(\.mark.space)
            // What a filling found in the files meanwhile is in the journal no more.
            let change = { (old: [UInt8]?) in isInJournal ? old.map { PushJournal.adding(spaces, to: $0) } : entry }
            written = try write(views, (key, change))
            isInJournal = true
            // A view that was filled meanwhile looks into the journal once its new rows are the ones that answer. If its mark
            // is still the old one now, it will find these there; if not, they may have gone to rows that are of no more use.
            // A view that was filled by another definition at this moment takes them when it is filled next.
            let (current, _) = try self.targets(targets.map(\.plan))
            if zip(current, targets).allSatisfy({ $0.mark.space == $1.mark.space }), current.count == targets.count {
                return Outcome(rows: rows.count, views: targets.map(\.plan.view.name), entities: written)
            }
            targets = current
        }
        throw OnlineStoreError.busy(store: storage.name)
    }

    /// Writes the entities' rows, and the entry of the journal with them.
    private func write(
        _ views: [PushedView], _ entry: (key: OnlineKey, change: ([UInt8]?) -> [UInt8]?)?
    ) throws -> Int {
        let keys = views.flatMap(\.keys)
        var failure: (any Error)?
        try storage.update(keys + (entry.map { [$0.key] } ?? []), marks: []) { old throws(OnlineStoreError) in
            var new: [[UInt8]?] = []
            do {
                for view in views {
                    let own = Array(old[new.count..<new.count + view.keys.count])
                    guard let merged = try view.merged(own) else {
                        throw OnlineStoreError.damaged(store: storage.name, what: "rows of a view")
                    }
                    new += merged
                }
            } catch let error as OnlineStoreError {
                throw error
            } catch {
                failure = error
                return old
            }
            return new + (entry.map { [$0.change(old[keys.count])] } ?? [])
        }
        if let failure { throw failure }
        return keys.count
    }

    /// Applies to a view what the journal has and a filling of it did not know.
    ///
    /// - Parameter known: the pushes that the filling took in.
    func apply(_ journal: PushJournal, to plan: ViewPlan, _ mark: ViewMark, known: Set<PushID>, now: Int64) throws {
        let journal = journal.removing(known)
        let rows = try journal.rows(mark.fields, source: plan.source.name)
        let pushes = journal.origins
        for first in stride(from: 0, to: rows.count, by: Self.rowsAtOnce) {
            let some = first..<min(first + Self.rowsAtOnce, rows.count)
            let view = try PushedView(plan, mark, rows.slice(some), Array(pushes[some]), now: now)
            _ = try write([view], nil)
        }
    }
}
