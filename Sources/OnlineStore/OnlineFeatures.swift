import Features
import Tables
import TrainingSets

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Answers what the features of entities are, from an online store: what the point-in-time join yields at that moment.
///
///     let features = OnlineFeatures(storage, definitions)
///     let answer = try features.answer(try definitions.plan(forService: "arrival"), at: spine)
///     answer.features[0].values.cell(at: 0)
///
/// The rows that the store keeps of an entity are joined as those of files are: by the same code.
public final class OnlineFeatures: Sendable {
    private let storage: any OnlineStorage

    /// Answers from a store.
    public init(_ storage: any OnlineStorage) { self.storage = storage }

    /// The features of entities at moments.
    ///
    /// - Parameter spine: the entities' keys, and the moments.
    /// - Throws: ``OnlineReadError``, ``OnlineStoreError``, and what the join throws.
    /// - Complexity: one exchange with the store for each view.
    public func answer(_ plan: ServicePlan, at spine: SpineTable) throws -> OnlineAnswer {
        var found: [[OnlineAnswer.Feature]] = []
        for view in plan.views { found.append(try features(of: view, at: spine)) }
        return OnlineAnswer(count: spine.count, features: plan.columns.map { found[$0.view][$0.column] })
    }

    private func features(of plan: ViewPlan, at spine: SpineTable) throws -> [OnlineAnswer.Feature] {
        let name = plan.view.name
        guard let bytes = try storage.mark(ViewMark.name(of: name)) else {
            throw OnlineReadError.notMaterialized(view: name)
        }
        guard let mark = ViewMark(bytes) else { throw OnlineStoreError.damaged(store: storage.name, what: "a mark") }
        let keys = try EntityKey.bytes(of: spine.columns, by: plan.keys)
        let known = Array(Set(keys.compactMap { $0 }))
        let values = try storage.values(of: known.map { OnlineKey(space: mark.space, entity: $0) })
        var columns = mark.fields.map { GrowingColumn($0.type) }
        var (isKnown, horizons) = (Set<[UInt8]>(), [[UInt8]: Int64]())
        for (key, value) in zip(known, values) {
            guard let value else { continue }
            guard let rows = EntityRows.read(value, into: &columns) else {
                throw OnlineStoreError.damaged(store: storage.name, what: "rows of the view '\(name)'")
            }
            if !rows.numbers.isEmpty { isKnown.insert(key) }
            horizons[key] = rows.horizon
        }
        let moments = spine.labelTimes
        for (key, moment) in zip(keys, moments) {
            let horizon = key.flatMap { horizons[$0] } ?? mark.horizon
            if moment < horizon { throw OnlineReadError.tooEarly(view: name, horizon: horizon) }
        }
        let rows = RecordBatch(Schema(mark.fields), columns.map { $0.finish() })
        let prepared = try PreparedView(plan, fields: mark.fields, name: "the online store")
        let (results, latest) = try prepared.features(of: rows, at: spine)
        var eventTimes: [Int64] = []
        if latest != nil { try prepared.source(rows).forEachBatch { eventTimes += $0.eventTimes } }
        return plan.columns.indices.map { index in
            let isPlain = plan.columns[index].window == nil
            let statuses = (0..<spine.count).map { row -> OnlineAnswer.Status in
                if !results[index].isNull(at: row) { return .present }
                guard let key = keys[row], isKnown.contains(key) else { return .notFound }
                return isPlain && latest?[row] ?? 0 < 0 ? .outsideTimeToLive : .null
            }
            let times = (0..<spine.count).map { row -> Int64? in
                guard isPlain, let latest, latest[row] >= 0 else { return nil }
                return eventTimes[Int(latest[row])]
            }
            return OnlineAnswer.Feature(
                name: plan.columns[index].name, view: name, values: results[index], statuses: statuses,
                eventTimes: times)
        }
    }
}

/// The features of some entities.
public struct OnlineAnswer: Sendable {
    /// What can be said of a value.
    public enum Status: String, Sendable {
        /// It is there.
        case present
        /// The fact that it is of says nothing.
        case null
        /// The store has nothing of the entity.
        case notFound = "not_found"
        /// What there is of the entity is too old, or not yet known.
        case outsideTimeToLive = "outside_ttl"
    }

    /// One column of an answer.
    public struct Feature: Sendable {
        /// Its name.
        public let name: String
        /// The view that it is of.
        public let view: String
        /// The value for each row that was asked for.
        public let values: Column
        /// What can be said of each.
        public let statuses: [Status]
        /// When the fact happened that each value is of, in microseconds; `nil` for aggregations, which are of many.
        public let eventTimes: [Int64?]
    }

    /// How many rows were asked for.
    public let count: Int
    /// The features, in the order that was asked for.
    public let features: [Feature]
}

/// Why a question to an online store has no answer.
public enum OnlineReadError: Error, Equatable {
    /// Nothing of the view is in the store.
    case notMaterialized(view: String)
    /// The store keeps what it takes to answer for later moments only.
    case tooEarly(view: String, horizon: Int64)
}

extension OnlineReadError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .notMaterialized(let view):
            "the online store has nothing of the view '\(view)'; fill it with 'vintage features materialize'"
        case .tooEarly(let view, let horizon):
            "the online store answers for the view '\(view)' from "
                + ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(horizon))
                + " on; ask 'vintage features asof' for earlier moments, or keep more with 'materialize --history'"
        }
    }
}

extension OnlineReadError: ErrorWithExitStatus {
    /// The question is one that the store cannot answer.
    public var exitStatus: ExitStatus { .misused }
}
