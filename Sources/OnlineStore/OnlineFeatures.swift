import Features
import ObjectStore
import Synchronization
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
/// The rows that the store keeps of an entity are joined as those of files are: by the same code. Any thread may ask, and what
/// a plan takes to answer is kept for the next question.
public final class OnlineFeatures: Sendable {
    private let storage: any OnlineStorage
    private let definitions: Definitions
    private let models: (@Sendable () -> [String: ObjectID])?
    private let prepared = Mutex<[ObjectID: [PreparedMark]]>([:])
    private let remembered = RememberedRows(limit: 64 << 20)

    /// How many plans are kept.
    private static let plansKept = 256
    /// How often a question is asked again because views were filled anew meanwhile.
    private static let attempts = 10

    /// Answers from a store.
    ///
    /// - Parameter models: the snapshots of the models whose vectors are wanted now, by view, a view without one where there is
    ///   no such model; by default a vector may be of any.
    public init(
        _ storage: any OnlineStorage, _ definitions: Definitions, models: (@Sendable () -> [String: ObjectID])? = nil
    ) {
        (self.storage, self.definitions, self.models) = (storage, definitions, models)
    }

    /// The features of entities at moments.
    ///
    /// - Parameter spine: the entities' keys, and the moments.
    /// - Throws: ``OnlineReadError``, ``OnlineStoreError``, and what the join throws.
    /// - Complexity: one exchange with the store, and another where a view was filled since it was last asked for.
    public func answer(_ plan: ServicePlan, at spine: SpineTable) throws -> OnlineAnswer {
        let names = plan.views.map { ViewMark.name(of: $0.view.name) }
        var marks = prepared.withLock { $0[plan.digest] } ?? []
        for _ in 0..<Self.attempts {
            let questions = try marks.enumerated().map { try EntityQuestion(spine, plan.views[$0], $1.mark) }
            let (values, found) = try storage.read(questions.flatMap(\.keys), marks: names)
            // Rows lie where the mark of their view says: another mark, other places.
            guard marks.count == names.count, zip(marks, found).allSatisfy({ $0.bytes == $1 }) else {
                marks = try zip(plan.views, found).map { try prepare($0, $1) }
                let marks = marks
                prepared.withLock { prepared in
                    if prepared.count >= Self.plansKept { prepared = [:] }
                    prepared[plan.digest] = marks
                }
                continue
            }
            var (answers, first) = ([[OnlineAnswer.Feature]](), 0)
            for (question, view) in zip(questions, marks) {
                let rows = values[first..<first + question.keys.count]
                if plan.service.onOutage == .stale { remembered.remember(question.keys, rows) }
                answers.append(try features(question, rows.map { .some($0) }, view, at: spine))
                first += question.keys.count
            }
            return try answer(plan, plan.columns.map { answers[$0.view][$0.column] }, at: spine)
        }
        throw OnlineStoreError.busy(store: storage.name)
    }

    /// What the service's policy has to say of entities at moments when the store does not answer.
    ///
    /// - Parameter spine: the entities' keys, and the moments.
    /// - Returns: an answer in which values that nobody knows are ``OnlineAnswer/Status/unavailable``.
    /// - Throws: what ``answer(_:at:)`` throws besides ``OnlineStoreError``.
    public func answerWithoutStore(_ plan: ServicePlan, at spine: SpineTable) throws -> OnlineAnswer {
        let marks = plan.service.onOutage == .stale ? prepared.withLock { $0[plan.digest] } ?? [] : []
        guard marks.count == plan.views.count else {
            let nothing = Column([Int64?](repeating: nil, count: spine.count), .int64)
            let names =
                plan.columns.map { (plan.views[$0.view].columns[$0.column].name, plan.views[$0.view].view.name) }
                + plan.service.derivedNames.map { ($0, OnlineAnswer.derivedView(of: plan.service)) }
            let features = names.map { name, view in
                OnlineAnswer.Feature(
                    name: name, view: view, values: nothing,
                    statuses: Array(repeating: .unavailable, count: spine.count),
                    eventTimes: Array(repeating: nil, count: spine.count))
            }
            return OnlineAnswer(count: spine.count, features: features)
        }
        let answers = try marks.enumerated().map { index, mark in
            let question = try EntityQuestion(spine, plan.views[index], mark.mark)
            return try features(question, remembered.rows(of: question.keys), mark, at: spine)
        }
        return try answer(plan, plan.columns.map { answers[$0.view][$0.column] }, at: spine)
    }

    /// The answer that views give: what the service says of stale vectors is followed, and what it makes of features is made.
    private func answer(
        _ plan: ServicePlan, _ features: [OnlineAnswer.Feature], at spine: SpineTable
    ) throws -> OnlineAnswer {
        let answer = try OnlineAnswer(count: spine.count, features: features)
            .following(plan.service.onStaleEmbedding, plan, at: spine)
        return try answer.deriving(plan, at: spine)
    }

    /// What a view takes to answer, by the mark that says where its rows are.
    private func prepare(_ plan: ViewPlan, _ bytes: [UInt8]?) throws -> PreparedMark {
        let name = plan.view.name
        guard let bytes else { throw OnlineReadError.notMaterialized(view: name) }
        let mark = try ViewMark(bytes, in: storage)
        guard try mark.isOf(name, in: definitions) else { throw OnlineReadError.definitionChanged(view: name) }
        return PreparedMark(
            bytes: bytes, mark: mark, view: try PreparedView(plan, fields: mark.fields, name: "the online store"))
    }

    /// The features of a view.
    ///
    /// - Parameter values: the rows of each entity that is asked for, `nil` in it for none; `nil` where nobody knows them.
    private func features(
        _ question: EntityQuestion, _ values: [[UInt8]??], _ prepared: PreparedMark, at spine: SpineTable
    ) throws -> [OnlineAnswer.Feature] {
        let (plan, mark) = (prepared.view.plan, prepared.mark)
        let name = plan.view.name
        var columns = mark.fields.map { GrowingColumn($0.type) }
        var (isKnown, horizons) = ([Bool](), [Int64]())
        // Which rows each entity has, and which of all rows have vectors of another text.
        var (ranges, staleTexts, count) = ([Range<Int>](), [Int: StaleReason](), 0)
        for (key, value) in zip(question.keys, values) {
            isKnown.append(false)
            horizons.append(mark.horizon)
            ranges.append(count..<count)
            guard case .some(.some(let value)) = value else { continue }
            guard let rows = EntityRows.read(value, at: key, into: &columns) else {
                throw OnlineStoreError.damagedRows(of: key, plan, in: storage)
            }
            isKnown[isKnown.count - 1] = rows.count > 0
            // A fill leaves rows that are as they should be, so that theirs may be an earlier one.
            horizons[horizons.count - 1] = max(rows.horizon, mark.horizon)
            ranges[ranges.count - 1] = count..<count + rows.count
            if let stale = rows.staleText { staleTexts[count + stale.place] = stale.reason }
            count += rows.count
        }
        for (place, moment) in zip(question.places, spine.labelTimes) {
            let horizon = place.map { horizons[$0] } ?? mark.horizon
            if moment < horizon { throw OnlineReadError.tooEarly(view: name, horizon: horizon) }
        }
        let rows = RecordBatch(Schema(mark.fields), columns.map { $0.finish() })
        let (results, latest) = try prepared.view.features(of: rows, at: spine)
        let facts = try latest == nil ? FactTimes() : FactTimes(prepared.view, rows)
        let eventTimes = facts.events
        let staleness =
            plan.view.embedding == nil
            ? nil : VectorStaleness(plan, mark, rows, models: models?(), texts: staleTexts)
        let isUnavailable = question.places.map { place in place.map { values[$0] == nil } ?? false }
        let known =
            isUnavailable.contains(true) ? isUnavailable.indices.map { isUnavailable[$0] ? -1 : Int32($0) } : nil
        return plan.columns.indices.map { index in
            let isPlain = plan.columns[index].window == nil
            let statuses = (0..<spine.count).map { row -> OnlineAnswer.Status in
                if isUnavailable[row] { return .unavailable }
                if !results[index].isNull(at: row) { return .present }
                guard let place = question.places[row], isKnown[place] else { return .notFound }
                return isPlain && latest?[row] ?? 0 < 0 ? .outsideTimeToLive : .null
            }
            let times = (0..<spine.count).map { row -> Int64? in
                guard isPlain, let latest, latest[row] >= 0 else { return nil }
                return eventTimes[Int(latest[row])]
            }
            var stale: [StaleReason?] = []
            if let staleness, let latest, plan.isVector(index) {
                stale = (0..<spine.count).map { row -> StaleReason? in
                    switch statuses[row] {
                    case .present: return staleness.reason(ofRow: Int(latest[row]))
                    case .outsideTimeToLive:
                        guard plan.view.timeToLive != nil, let place = question.places[row] else { return nil }
                        let cut = spine.labelTimes[row] - plan.view.embargo.seconds * 1_000_000
                        return facts.isAnyKnown(of: ranges[place], at: cut) ? .pastTimeToLive : nil
                    default: return nil
                    }
                }
            }
            return OnlineAnswer.Feature(
                name: plan.columns[index].name, view: name,
                // Of rows that nobody knows even a count is none.
                values: known.map { results[index].gather($0) } ?? results[index], statuses: statuses,
                eventTimes: times, stale: stale)
        }
    }
}

/// A view as its mark has it, ready to answer.
private struct PreparedMark: Sendable {
    let bytes: [UInt8]
    let mark: ViewMark
    let view: PreparedView
}

/// Which rows of a view are asked for.
private struct EntityQuestion {
    /// The entities, each once.
    let keys: [OnlineKey]
    /// For each label its entity's place among them; `nil` where a key is null.
    let places: [Int?]

    init(_ spine: SpineTable, _ plan: ViewPlan, _ mark: ViewMark) throws {
        var (keys, known) = ([OnlineKey](), [[UInt8]: Int]())
        places = try EntityKey.bytes(of: spine.columns, by: plan.keys).map { entity in
            guard let entity else { return nil }
            if let place = known[entity] { return place }
            known[entity] = keys.count
            keys.append(OnlineKey(space: mark.space, entity: entity))
            return keys.count - 1
        }
        self.keys = keys
    }
}

/// The features of some entities.
public struct OnlineAnswer: Sendable {
    /// What can be said of a value.
    public enum Status: String, Sendable, CaseIterable {
        /// It is there.
        case present
        /// The fact that it is of says nothing.
        case null
        /// The store has nothing of the entity.
        case notFound = "not_found"
        /// What there is of the entity is too old, or not yet known.
        case outsideTimeToLive = "outside_ttl"
        /// There is a vector that should no longer be relied on, and the service does not give it out.
        case stale
        /// The store did not answer, and nobody remembers what it said last.
        case unavailable
    }

    /// One column of an answer.
    public struct Feature: Sendable {
        /// Its name.
        public let name: String
        /// The view that it is of; `service:` and the service's name for one that the service makes itself.
        public let view: String
        /// The value for each row that was asked for.
        public let values: Column
        /// What can be said of each.
        public let statuses: [Status]
        /// When the fact happened that each value is of, in microseconds; `nil` for aggregations, which are of many.
        public let eventTimes: [Int64?]
        /// Why each value should no longer be relied on, `nil` for one that may; empty for a feature that is no vector.
        public var stale: [StaleReason?] = []
    }

    /// How many rows were asked for.
    public let count: Int
    /// The features, in the order that was asked for.
    public internal(set) var features: [Feature]
}

/// Why a question to an online store has no answer.
public enum OnlineReadError: Error, Equatable {
    /// Nothing of the view is in the store.
    case notMaterialized(view: String)
    /// The view, its entity or its source was defined otherwise when the store was filled.
    case definitionChanged(view: String)
    /// The store keeps what it takes to answer for later moments only.
    case tooEarly(view: String, horizon: Int64)
    /// The vector of an entity should no longer be relied on, and the service answers nothing then; `counts` says of how many
    /// that is true.
    case staleEmbedding(entity: String, view: String, reason: StaleReason, counts: [StaleCount])
}

extension OnlineReadError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .notMaterialized(let view):
            "the online store has nothing of the view '\(view)'; fill it with 'vintage features materialize'"
        case .definitionChanged(let view):
            "the view '\(view)' is defined otherwise than when the online store was filled; "
                + "fill it anew with 'vintage features materialize'"
        case .tooEarly(let view, let horizon):
            "the online store answers for the view '\(view)' from "
                + ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(horizon))
                + " on; ask 'vintage features asof' for earlier moments, or keep more with 'materialize --history'"
        case .staleEmbedding(let entity, let view, let reason, _):
            "the vector of \(entity) in the view '\(view)' is stale (\(reason.rawValue)), which the service answers with an error; "
                + "'vintage features stale' lists what to make anew, then fill the store, or set 'on_stale_embedding'"
        }
    }
}

extension OnlineReadError: ErrorWithExitStatus {
    /// The question is one that the store cannot answer; a vector that is stale is found.
    public var exitStatus: ExitStatus {
        if case .staleEmbedding = self { .found } else { .misused }
    }
}
