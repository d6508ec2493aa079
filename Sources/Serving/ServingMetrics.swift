import Features
import OnlineStore
import Synchronization
import TrainingSets

/// What the server counts, as Prometheus reads it.
final class ServingMetrics: Sendable {
    /// Counts of durations by upper bounds, the last without one.
    private struct Histogram {
        var counts: [UInt64]
        var sum = 0.0

        mutating func observe(_ value: Double, _ bounds: [Double]) {
            counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            sum += value
        }
    }

    private struct Answered: Hashable {
        let route: String
        let status: Int
    }

    private struct Served {
        var counts: [OnlineAnswer.Status: UInt64] = [:]
        var staleness: Histogram
    }

    private struct Stale: Hashable {
        let view: String
        let reason: StaleReason
        let policy: FeatureService.StaleEmbeddingPolicy
    }

    private struct State {
        var requests: [Answered: Histogram] = [:]
        var views: [String: Served] = [:]
        var rows: UInt64 = 0
        var pushed: UInt64 = 0
        var withoutStore: [FeatureService.OutagePolicy: UInt64] = [:]
        var stale: [Stale: UInt64] = [:]
    }

    private let state = Mutex(State())

    private static let latencyBounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let stalenessBounds = [1.0, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000]

    /// A request was answered.
    func countRequest(_ route: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[
                Answered(route: route, status: status),
                default: Histogram(counts: Array(repeating: 0, count: Self.latencyBounds.count + 1))
            ].observe(seconds, Self.latencyBounds)
        }
    }

    private struct Counted {
        let view: String
        var present: UInt64 = 0
        var null: UInt64 = 0
        var notFound: UInt64 = 0
        var outside: UInt64 = 0
        var stale: UInt64 = 0
        var unavailable: UInt64 = 0
        /// When the oldest fact happened, in microseconds.
        var oldest: Int64?
    }

    /// Rows were pushed.
    func countPush(_ rows: Int) { state.withLock { $0.pushed += UInt64(rows) } }

    /// Features were served without the store.
    func countOutage(_ policy: FeatureService.OutagePolicy) {
        state.withLock { $0.withoutStore[policy, default: 0] += 1 }
    }

    /// Vectors that should no longer be relied on were asked for.
    func countStale(_ counts: [StaleCount], _ policy: FeatureService.StaleEmbeddingPolicy) {
        if counts.isEmpty { return }
        state.withLock { state in
            for count in counts {
                let key = Stale(view: count.view, reason: count.reason, policy: policy)
                state.stale[key, default: 0] += UInt64(count.count)
            }
        }
    }

    /// Features were served.
    func count(_ served: ServedAnswer) {
        countStale(served.answer.staleCounts, served.plan.plan.service.onStaleEmbedding)
        var counts: [Counted] = []
        for feature in served.answer.features {
            if counts.last?.view != feature.view { counts.append(Counted(view: feature.view)) }
            let last = counts.count - 1
            for status in feature.statuses {
                switch status {
                case .present: counts[last].present += 1
                case .null: counts[last].null += 1
                case .notFound: counts[last].notFound += 1
                case .outsideTimeToLive: counts[last].outside += 1
                case .stale: counts[last].stale += 1
                case .unavailable: counts[last].unavailable += 1
                }
            }
            for case let time? in feature.eventTimes { counts[last].oldest = min(counts[last].oldest ?? time, time) }
        }
        state.withLock { state in
            state.rows += UInt64(served.answer.count)
            for count in counts {
                var view =
                    state.views.removeValue(forKey: count.view)
                    ?? Served(staleness: Histogram(counts: Array(repeating: 0, count: Self.stalenessBounds.count + 1)))
                view.counts[.present, default: 0] += count.present
                view.counts[.null, default: 0] += count.null
                view.counts[.notFound, default: 0] += count.notFound
                view.counts[.outsideTimeToLive, default: 0] += count.outside
                view.counts[.stale, default: 0] += count.stale
                view.counts[.unavailable, default: 0] += count.unavailable
                if let oldest = count.oldest {
                    view.staleness.observe(Double(max(0, served.moment - oldest)) / 1_000_000, Self.stalenessBounds)
                }
                state.views[count.view] = view
            }
        }
    }

    /// The text that Prometheus reads.
    ///
    /// - Parameters:
    ///   - views: how far the store is filled; `nil` if it did not say.
    ///   - waiting: the requests that wait for the store.
    ///   - recorder: what keeps answers, if anything does.
    ///   - now: the present, in microseconds.
    func text(
        _ views: [ServedFeatures.FilledView]?, waiting: Int, _ recorder: AnswerRecorder?, now: Int64
    ) -> String {
        var text = ""
        func head(_ name: String, _ type: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        func add(_ histogram: Histogram, _ name: String, _ labels: String, _ bounds: [Double]) {
            var total: UInt64 = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
                text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
            }
            text += "\(name)_sum{\(labels)} \(histogram.sum)\n\(name)_count{\(labels)} \(total)\n"
        }
        state.withLock { state in
            head("vintage_request_duration_seconds", "histogram", "How long requests took, by route and status.")
            let answered = state.requests.keys.sorted { ($0.route, $0.status) < ($1.route, $1.status) }
            for key in answered {
                guard let histogram = state.requests[key] else { continue }
                let labels = "route=\"\(Self.escaped(key.route))\",status=\"\(key.status)\""
                add(histogram, "vintage_request_duration_seconds", labels, Self.latencyBounds)
            }
            head("vintage_entities_served_total", "counter", "Entities that were asked about and answered.")
            text += "vintage_entities_served_total \(state.rows)\n"
            head("vintage_rows_pushed_total", "counter", "Rows that were pushed and taken in.")
            text += "vintage_rows_pushed_total \(state.pushed)\n"
            head(
                "vintage_answers_without_store_total", "counter",
                "Requests that were answered without the store, by the policy of their service.")
            for policy in [FeatureService.OutagePolicy.nulls, .stale] {
                text += "vintage_answers_without_store_total{policy=\"\(policy.rawValue)\"} "
                text += "\(state.withoutStore[policy] ?? 0)\n"
            }
            head("vintage_values_served_total", "counter", "Values that were served, by view and status.")
            for (view, served) in state.views.sorted(by: { $0.key < $1.key }) {
                for status in OnlineAnswer.Status.allCases {
                    let labels = "view=\"\(Self.escaped(view))\",status=\"\(status.rawValue)\""
                    text += "vintage_values_served_total{\(labels)} \(served.counts[status] ?? 0)\n"
                }
            }
            head(
                "vintage_stale_embeddings_total", "counter",
                "Vectors that were asked for and should no longer be relied on, by view, reason and policy.")
            let stale = state.stale.sorted {
                ($0.key.view, $0.key.reason.rawValue, $0.key.policy.rawValue)
                    < ($1.key.view, $1.key.reason.rawValue, $1.key.policy.rawValue)
            }
            for (key, count) in stale {
                let labels =
                    "view=\"\(Self.escaped(key.view))\",reason=\"\(key.reason.rawValue)\",policy=\"\(key.policy.rawValue)\""
                text += "vintage_stale_embeddings_total{\(labels)} \(count)\n"
            }
            head(
                "vintage_staleness_seconds", "histogram",
                "How old the oldest fact in an answer was at the moment that was asked for, by view.")
            for (view, served) in state.views.sorted(by: { $0.key < $1.key }) {
                add(
                    served.staleness, "vintage_staleness_seconds", "view=\"\(Self.escaped(view))\"",
                    Self.stalenessBounds)
            }
        }
        if let recorder {
            head("vintage_rows_recorded_total", "counter", "Rows of answers that were recorded, and that were lost.")
            for (result, count) in [("written", recorder.written), ("lost", recorder.lost)] {
                text += "vintage_rows_recorded_total{result=\"\(result)\"} \(count)\n"
            }
        }
        head("vintage_requests_waiting", "gauge", "Requests that wait for the store or are answered by it.")
        text += "vintage_requests_waiting \(waiting)\n"
        head("vintage_store_up", "gauge", "Whether the online store answers.")
        text += "vintage_store_up \(views == nil ? 0 : 1)\n"
        head("vintage_watermark_lag_seconds", "gauge", "How long ago the store was filled with a view.")
        for view in views ?? [] {
            guard let state = view.state else { continue }
            let lag = Double(now - state.watermark) / 1_000_000
            text += "vintage_watermark_lag_seconds{view=\"\(Self.escaped(view.view))\"} \(lag)\n"
        }
        head("vintage_view_ready", "gauge", "Whether the store has a view as it is defined.")
        for view in views ?? [] {
            text += "vintage_view_ready{view=\"\(Self.escaped(view.view))\"} \(view.isCurrent ? 1 : 0)\n"
        }
        return text
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
