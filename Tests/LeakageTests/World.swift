import Features
import FileSystem
import Leakage
import Tables

/// Users, what they do, and what becomes of them: made from a seed, joined honestly or not.
struct World {
    struct Event {
        var user: Int
        var happened: Int64
        var known: Int64
        var amount: Double?
        var score: Int64
        var kind: String
        var id: Int
    }

    struct Label {
        var user: Int
        var at: Int64
        var churned: Bool
        /// What a good model could know: the label follows it, not closely.
        var tendency: Double
    }

    static let second: Int64 = 1_000_000
    static let hour = 3600 * second
    static let day = 24 * hour
    /// 2026-01-01.
    static let start: Int64 = 1_767_225_600 * second

    var events: [Event] = []
    var labels: [Label] = []
    var random: SeededData

    /// - Parameter longestDelay: how long an event may take to become known.
    init(
        _ seed: UInt64, users: Int = 25, eventsOfEach: Int = 40, labels count: Int = 500, longestDelay: Int64 = 2 * day
    ) {
        random = SeededData(seed)
        for user in 0..<users {
            for _ in 0..<eventsOfEach {
                let happened = Self.start + Int64(random.below(60 * 24 * 60)) * 60 * Self.second
                let delay = Int64(random.uniform() * Double(longestDelay) / 1e6) * Self.second
                events.append(
                    Event(
                        user: user, happened: happened, known: happened + delay,
                        amount: random.chance(0.05) ? nil : (random.normal() * 1000).rounded() / 8,
                        score: Int64(random.below(1_000_000)), kind: ["a", "b", "c", "d"][random.below(4)],
                        id: events.count))
            }
        }
        events.shuffle(using: &random)
        for _ in 0..<count {
            let tendency = random.normal()
            labels.append(
                Label(
                    user: random.below(users),
                    at: Self.start + Self.day * 5 + Int64(random.below(54 * 24 * 60)) * 60 * Self.second,
                    churned: random.normal() < tendency - 0.6, tendency: tendency))
        }
    }

    /// The definitions; `source` replaces what is said of the source beside its path and event time.
    static func definitions(
        source: String = "availability: known", latest: String = "ttl: 10d", record: String = "",
        horizon: String = "3d",
        extras: [String] = [], label: String = ""
    ) -> String {
        """
        entities:
          user: {keys: {user: string}}
        sources:
          events:
            path: data/events.parquet
            event_time: happened
            \(source)
          extra:
            path: data/extra.parquet
            event_time: happened
            availability: known
        views:
          latest:
            entity: user
            source: events
            \(latest)
            features: [amount, score, kind]
          record:
            entity: user
            source: events
            windows: [1d, 7d]
            \(record)
            features:
              n: count()
              total: sum(amount)
              avg: mean(amount)
              spread: stddev(amount)
              top: max(score)
              kinds: count_distinct(kind)
              middle: quantile(score, 0.5)
              newest: last(kind)
          extras:
            entity: user
            source: extra
            features: [\((extras + ["unused"]).joined(separator: ", "))]
        labels:
          churn:
            column: churned
            time: at
            horizon: \(horizon)
            \(label)
        services:
          s:
            label: churn
            features: [\((["latest", "record"] + extras.map { "extras.\($0)" }).joined(separator: ", "))]

        """
    }

    static func plan(_ definitions: String, _ service: String = "s") throws -> ServicePlan {
        try Definitions(files: [(path: try RelativePath("features/a.yaml"), bytes: Array(definitions.utf8))])
            .plan(forService: service)
    }

    static func name(_ user: Int) -> String { "user-\(user)" }
    static let moments = ColumnType.timestamp(.microsecond, zone: "UTC")

    /// The events as a table.
    var source: GuardTable {
        GuardTable(
            RecordBatch([
                ("user", Column(strings: events.map { Self.name($0.user) })),
                ("happened", Column(events.map { $0.happened }, Self.moments)),
                ("known", Column(events.map { $0.known }, Self.moments)),
                ("amount", Column(events.map { $0.amount }, .float64)),
                ("score", Column(events.map { $0.score }, .int64)),
                ("kind", Column(strings: events.map { $0.kind })),
                ("id", Column(events.map { Int64($0.id) }, .int64)),
            ]), name: "events")
    }

    /// The spine's columns.
    var spine: [(name: String, column: Column)] {
        [
            ("user", Column(strings: labels.map { Self.name($0.user) })),
            ("at", Column(labels.map { $0.at }, Self.moments)),
            ("churned", Column(booleans: labels.map { $0.churned })),
        ]
    }
}

/// How a join of the world goes wrong.
struct Join {
    /// The rows that may be taken for a plain feature, beside those of the user.
    var isCurrent: (World.Event, _ time: Int64) -> Bool = {
        $0.happened <= $1 && $0.known <= $1 && $1 - $0.happened <= 10 * World.day
    }
    /// The rows of a window.
    var isInWindow: (World.Event, _ time: Int64, _ length: Int64) -> Bool = {
        $0.known < $1 && $0.happened >= $1 - $2 && $0.happened < $1
    }
    /// Of those, the one that is taken: the latest, if not the first after the label.
    var takesFirst = false
    /// Versions of one fact, of which the one known last by the time counts.
    var versions = false

    /// The training set's columns.
    func columns(_ world: World) -> [(name: String, column: Column)] {
        var byUser: [Int: [(order: Int, event: World.Event)]] = [:]
        for (order, event) in world.events.enumerated() { byUser[event.user, default: []].append((order, event)) }
        var current: [World.Event?] = []
        var windows: [[[World.Event]]] = [[], []]
        for label in world.labels {
            let all = (byUser[label.user] ?? []).sorted {
                ($0.event.happened, $0.event.known, $0.order) < ($1.event.happened, $1.event.known, $1.order)
            }
            func latest(_ rows: [(order: Int, event: World.Event)]) -> [World.Event] {
                guard versions else { return rows.map(\.event) }
                return rows.filter { row in
                    !rows.contains { other in
                        other.event.id == row.event.id
                            && (row.event.known, row.order) < (other.event.known, other.order)
                    }
                }.map(\.event)
            }
            let rows = latest(all.filter { isCurrent($0.event, label.at) })
            current.append(takesFirst ? rows.first : rows.last)
            for (place, length) in [World.day, 7 * World.day].enumerated() {
                windows[place].append(latest(all.filter { isInWindow($0.event, label.at, length) }))
            }
        }
        var columns = world.spine
        columns += [
            ("amount", Column(current.map { $0?.amount }, .float64)),
            ("score", Column(current.map { $0?.score }, .int64)),
            ("kind", Column(strings: current.map { $0?.kind })),
        ]
        let made = zip(["1d", "7d"], windows).map { length, rows in Self.aggregates(length, rows) }
        for place in made[0].indices { columns += [made[0][place], made[1][place]] }
        return columns
    }

    private static func aggregates(_ length: String, _ rows: [[World.Event]]) -> [(name: String, column: Column)] {
        let amounts = rows.map { $0.compactMap(\.amount) }
        func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
        let spreads = amounts.map { values -> Double? in
            guard values.count > 1, let mean = mean(values) else { return nil }
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
        }
        let medians = rows.map { rows -> Double? in
            let sorted = rows.map(\.score).sorted()
            if sorted.isEmpty { return nil }
            let middle = sorted.count / 2
            return sorted.count % 2 == 1
                ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
        }
        return [
            ("n_\(length)", Column(rows.map { Int64($0.count) }, .int64)),
            ("total_\(length)", Column(amounts.map { $0.isEmpty ? nil : $0.reduce(0, +) }, .float64)),
            ("avg_\(length)", Column(amounts.map(mean), .float64)),
            ("spread_\(length)", Column(spreads, .float64)),
            ("top_\(length)", Column(rows.map { $0.map(\.score).max() }, .int64)),
            ("kinds_\(length)", Column(rows.map { Int64(Set($0.map(\.kind)).count) }, .int64)),
            ("middle_\(length)", Column(medians, .float64)),
            ("newest_\(length)", Column(strings: rows.map { $0.last?.kind })),
        ]
    }
}

extension World {
    /// Judges what a join made of this world, with further columns as features.
    func judge(
        _ definitions: String, _ join: Join = Join(), extras: [(name: String, column: Column)] = [],
        others: [(name: String, column: Column)] = [], split: JudgedSet.Split? = nil,
        settings: LeakageSettings = LeakageSettings(), change: ((inout [(name: String, column: Column)]) -> Void)? = nil
    ) throws -> LeakageReport {
        var columns = join.columns(self) + extras + others
        change?(&columns)
        let set = JudgedSet(
            plan: try Self.plan(definitions), table: GuardTable(RecordBatch(columns), name: "train"),
            spine: GuardTable(RecordBatch(spine), name: "spine"), sources: ["events": source], split: split)
        return try LeakageGuard(settings, today: "2026-06-01").check(set)
    }
}
