import Features
import OnlineStore
import Synchronization
import Tables
import TextFormats
import TrainingSets

import protocol Workspace.ErrorWithExitStatus
import struct Workspace.Timestamp
import func Workspace.nearestName

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is served: a workspace's definitions, and the online store that their features are in.
///
/// Any thread may ask; each question blocks it until the store has answered.
package final class ServedFeatures: Sendable {
    private let definitions: Definitions
    private let storage: any OnlineStorage
    private let features: OnlineFeatures
    private let plans = Mutex<[PlanKey: ServedPlan]>([:])

    /// How many ways to ask are kept ready. Clients ask in a few ways, and one that asks in thousands must not fill memory.
    private static let mostPlans = 256

    private struct PlanKey: Hashable {
        let features: FeatureQuestion.Features
        let hasFullNames: Bool
    }

    /// Serves what is defined from a store.
    package init(_ definitions: Definitions, _ storage: any OnlineStorage) {
        (self.definitions, self.storage) = (definitions, storage)
        features = OnlineFeatures(storage)
    }

    /// The views that can be asked about.
    package var views: [String] { definitions.views.map(\.name) }

    /// How far the store is filled with each view; `nil` for a view of which nothing is there.
    package func states() throws(ServingRefusal) -> [(view: String, state: ViewState?)] {
        var states: [(view: String, state: ViewState?)] = []
        for view in views {
            do {
                states.append((view, try ViewState(of: view, in: storage)))
            } catch {
                throw ServingRefusal(503, error.description, retryAfter: 1)
            }
        }
        return states
    }

    /// Answers a question.
    package func answer(_ question: FeatureQuestion) throws(ServingRefusal) -> ServedAnswer {
        let plan = try plan(question)
        let now = Self.now
        let moment: Int64
        if let text = question.moment {
            do {
                let (micros, isTooLarge) = try Timestamp(parsing: text).seconds.multipliedReportingOverflow(by: 1_000_000)
                if isTooLarge { throw ServingRefusal.invalid(["at"], "The year is out of range") }
                moment = micros
            } catch let refusal as ServingRefusal {
                throw refusal
            } catch {
                throw .invalid(["at"], "\(error)")
            }
        } else {
            moment = now
        }
        let spine = try plan.spine(question, at: moment)
        do {
            let answer = try features.answer(plan.plan, at: spine)
            return ServedAnswer(plan: plan, question: question, answer: answer, moment: moment, time: now)
        } catch let error as OnlineReadError {
            switch error {
            case .notMaterialized: throw ServingRefusal(503, error.description)
            case .tooEarly: throw .invalid(["at"], error.description)
            }
        } catch {
            guard (error as? any ErrorWithExitStatus)?.exitStatus == .misused else {
                throw ServingRefusal(503, "\(error)", retryAfter: 1)
            }
            throw .invalid(["entities"], "\(error)")
        }
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

    /// The present, in microseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// The answer to a question.
package struct ServedAnswer: Sendable {
    /// How it was found.
    let plan: ServedPlan
    /// What was asked.
    let question: FeatureQuestion
    /// What was found.
    let answer: OnlineAnswer
    /// The moment that was asked for, in microseconds since 1970.
    let moment: Int64
    /// When it was asked, in microseconds since 1970.
    let time: Int64
}
