import Features
import ObjectStore
import OnlineStore
import Synchronization
import Tables
import TextFormats
import TrainingSets

import protocol Workspace.ErrorWithExitStatus

/// What is served: a workspace's definitions, and the online store that their features are in.
///
/// Any thread may ask; each question blocks it until the store has answered.
package final class ServedFeatures: Sendable {
    private let definitions: Definitions
    private let storage: any OnlineStorage
    private let features: OnlineFeatures
    private let pusher: Pusher
    private let plans = Mutex<[PlanKey: ServedPlan]>([:])

    /// How many ways to ask are kept ready. Clients ask in a few ways, and one that asks in thousands must not fill memory.
    private static let mostPlans = 256

    private struct PlanKey: Hashable {
        let features: FeatureQuestion.Features
        let hasFullNames: Bool
    }

    /// Serves what is defined from a store.
    ///
    /// - Parameter models: the snapshots of the models whose vectors are wanted now, by view; by default a vector may be of any.
    package init(
        _ definitions: Definitions, _ storage: any OnlineStorage, models: (@Sendable () -> [String: ObjectID])? = nil
    ) {
        (self.definitions, self.storage) = (definitions, storage)
        features = OnlineFeatures(storage, definitions, models: models)
        pusher = Pusher(storage, definitions)
    }

    // MARK: How far the store is filled

    /// How far the store is filled with a view.
    struct FilledView: Sendable {
        let view: String
        /// `nil` if nothing of it is there.
        let state: ViewState?
        /// Whether it was filled by the definitions that are served.
        let isCurrent: Bool
    }

    /// How far the store is filled with each view.
    ///
    /// - Throws: a refusal if the store does not say.
    func filledViews() throws(ServingRefusal) -> [FilledView] {
        var views: [FilledView] = []
        for view in definitions.views {
            do {
                let state = try ViewState(of: view.name, in: storage)
                let digest = try definitions.digest(ofView: view.name).description
                views.append(FilledView(view: view.name, state: state, isCurrent: state?.definition == digest))
            } catch {
                throw Self.refusal(error, of: "entities")
            }
        }
        return views
    }

    /// Checks that every question can be answered.
    ///
    /// - Throws: a refusal that says what is missing.
    func checkReadiness() throws(ServingRefusal) {
        for view in try filledViews() where !view.isCurrent {
            let error: OnlineReadError =
                view.state == nil ? .notMaterialized(view: view.view) : .definitionChanged(view: view.view)
            throw ServingRefusal(503, error.description, retryAfter: 10)
        }
    }

    // MARK: Questions

    /// Answers a question.
    package func answer(_ question: FeatureQuestion) throws(ServingRefusal) -> ServedAnswer {
        try answer(question, try plan(question)) { plan, spine in try features.answer(plan, at: spine) }
    }

    /// Answers a question by the policy of its service, without the store.
    ///
    /// - Returns: `nil` if the policy is to say that there is no answer.
    func answerWithoutStore(_ question: FeatureQuestion) throws(ServingRefusal) -> ServedAnswer? {
        let plan = try plan(question)
        if plan.plan.service.onOutage == .error { return nil }
        return try answer(question, plan) { plan, spine in try features.answerWithoutStore(plan, at: spine) }
    }

    private func answer(
        _ question: FeatureQuestion, _ plan: ServedPlan, _ body: (ServicePlan, SpineTable) throws -> OnlineAnswer
    ) throws(ServingRefusal) -> ServedAnswer {
        let moment =
            try question.moment.map { (text) throws(ServingRefusal) in try Self.moment(text) } ?? microsecondsNow()
        let spine = try plan.spine(question, at: moment)
        do {
            return ServedAnswer(
                plan: plan, question: question, spine: spine, answer: try body(plan.plan, spine), moment: moment)
        } catch {
            throw Self.refusal(error, of: "entities")
        }
    }

    private static func moment(_ text: String) throws(ServingRefusal) -> Int64 {
        guard case .success(let column) = Column.reading([.string(text)], .timestamp(.microsecond, zone: "UTC")),
            case .integer(let moment) = column.cell(at: 0)
        else { throw .invalid(["at"], "Input should be a date and a time, such as 2026-01-01T12:00:00Z") }
        return moment
    }

    private func plan(_ question: FeatureQuestion) throws(ServingRefusal) -> ServedPlan {
        let key = PlanKey(features: question.features, hasFullNames: question.hasFullNames)
        if let plan = plans.withLock({ $0[key] }) { return plan }
        let plan: ServicePlan
        do {
            switch question.features {
            case .service(let name): plan = try definitions.plan(forService: name)
            case .list(let names): plan = try definitions.plan(forFeatures: names)
            }
        } catch {
            throw ServingRefusal(404, error.description)
        }
        let served = try ServedPlan(plan, hasFullNames: question.hasFullNames)
        plans.withLock { plans in
            if plans.count >= Self.mostPlans { plans.removeAll() }
            plans[key] = served
        }
        return served
    }

    // MARK: Rows

    /// Takes in rows. Once this returns, every answer counts them.
    package func push(_ rows: PushedRows) throws(ServingRefusal) -> Pusher.Outcome {
        do {
            return try pusher.push(rows.rows, to: rows.source, now: microsecondsNow())
        } catch {
            throw Self.refusal(error, of: error is UnknownDefinition ? "push_source_name" : "df")
        }
    }

    // MARK: Failures

    /// What a client is told of an error.
    ///
    /// - Parameter place: the part of the body that is wrong, if the body is.
    private static func refusal(_ error: any Error, of place: String) -> ServingRefusal {
        switch error {
        case OnlineReadError.tooEarly: return .invalid(["at"], "\(error)")
        case OnlineReadError.staleEmbedding(_, _, _, let counts):
            // Until somebody makes the vectors anew.
            return ServingRefusal(503, "\(error)", retryAfter: 10, stale: counts)
        case OnlineReadError.notMaterialized:
            // So does a store look that was begun anew and has lost what it had.
            return ServingRefusal(503, "\(error)", retryAfter: 10, isOutage: true)
        case is OnlineReadError, PushError.notMaterialized, PushError.definitionChanged, PushError.typeChanged,
            PushError.tooManyBytes:
            // Until somebody fills the store, which takes a while.
            return ServingRefusal(503, "\(error)", retryAfter: 10)
        case OnlineStoreError.damaged: return ServingRefusal(500, "\(error)")
        case is OnlineStoreError: return ServingRefusal(503, "\(error)", retryAfter: 1, isOutage: true)
        case is PushError, is UnknownDefinition: return .invalid([place], "\(error)")
        default:
            let isWrongQuestion = (error as? any ErrorWithExitStatus)?.exitStatus == .misused
            return isWrongQuestion ? .invalid([place], "\(error)") : ServingRefusal(500, "\(error)")
        }
    }
}

/// The answer to a question.
package struct ServedAnswer: Sendable {
    /// How it was found.
    let plan: ServedPlan
    /// What was asked.
    let question: FeatureQuestion
    /// The entities and the moment, as the join takes them.
    let spine: SpineTable
    /// What was found.
    let answer: OnlineAnswer
    /// The moment that was asked for, in microseconds since 1970.
    let moment: Int64

    /// The policy by which stale vectors were answered; `nil` if there are none.
    var stalePolicy: FeatureService.StaleEmbeddingPolicy? {
        let isStale = answer.features.contains { $0.stale.contains { $0 != nil } }
        return isStale ? plan.plan.service.onStaleEmbedding : nil
    }
}
