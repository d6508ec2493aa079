import Leakage
import Tables
import Testing

/// Training sets whose values come from where they must not, one way each.
@Suite("Planted leaks in values")
struct PlantedValueLeaks {
    /// A leak, the rule that must catch it, and some of the columns that it must name.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: LeakageRule
        let columns: [String]
        var definitions = World.definitions()
        let make: @Sendable (inout World) -> Join

        var testDescription: String { name }
    }

    static let embargoed = World.definitions(latest: "ttl: 10d\n    embargo: 2d", record: "embargo: 2d")

    static let cases: [Case] = [
        Case(name: "the latest event, known or not", rule: .futureValue, columns: ["amount", "score"]) { _ in
            Join(isCurrent: { $0.happened <= $1 && $1 - $0.happened <= 10 * World.day })
        },
        Case(name: "the next event after the label", rule: .futureValue, columns: ["amount", "score"]) { _ in
            Join(isCurrent: { $0.happened > $1 }, takesFirst: true)
        },
        Case(name: "the user's last event of all", rule: .futureValue, columns: ["score", "kind"]) { _ in
            Join(isCurrent: { _, _ in true })
        },
        Case(name: "event times in another zone", rule: .futureValue, columns: ["score"]) { _ in
            Join(isCurrent: {
                $0.happened <= $1 + 30 * World.hour && $0.known <= $1 + 30 * World.hour
                    && $1 - $0.happened <= 10 * World.day
            })
        },
        Case(name: "events of the rest of the day", rule: .futureValue, columns: ["score"]) { _ in
            Join(isCurrent: {
                let end = $1 / World.day * World.day + World.day
                return $0.happened < end && $0.known < end && $1 - $0.happened <= 10 * World.day
            })
        },
        Case(
            name: "a plain view without its embargo", rule: .futureValue, columns: ["score"], definitions: embargoed
        ) { _ in Join() },
        Case(
            name: "a plain view without its TTL", rule: .valuePastTimeToLive, columns: ["score"],
            definitions: World.definitions(latest: "ttl: 12h")
        ) { _ in Join(isCurrent: { $0.happened <= $1 && $0.known <= $1 }) },
        Case(name: "a TTL counted from availability", rule: .valuePastTimeToLive, columns: ["score"]) { world in
            for index in world.events.indices {
                world.events[index].known = world.events[index].happened + 2 * World.day
            }
            return Join(isCurrent: { $0.happened <= $1 && $0.known <= $1 && $1 - $0.known <= 10 * World.day })
        },
        Case(name: "a window of events that are not known yet", rule: .futureValue, columns: ["n_7d", "top_7d"]) { _ in
            Join(isInWindow: { $0.happened >= $1 - $2 && $0.happened < $1 })
        },
        Case(name: "a window around the label", rule: .futureValue, columns: ["n_7d", "total_7d"]) { _ in
            Join(isInWindow: { $0.happened >= $1 - $2 / 2 && $0.happened < $1 + $2 / 2 })
        },
        Case(name: "a window after the label", rule: .futureValue, columns: ["avg_7d", "newest_7d"]) { _ in
            Join(isInWindow: { $0.happened >= $1 && $0.happened < $1 + $2 })
        },
        Case(name: "statistics of all the user's rows", rule: .futureValue, columns: ["avg_7d", "spread_7d"]) { _ in
            Join(isInWindow: { _, _, _ in true })
        },
        Case(name: "a window into the label's horizon", rule: .windowInHorizon, columns: ["n_7d", "total_7d"]) { _ in
            Join(isInWindow: { $0.happened >= $1 - $2 && $0.happened < $1 + 3 * World.day })
        },
        Case(
            name: "a window without its embargo", rule: .futureValue, columns: ["n_7d", "middle_7d"],
            definitions: embargoed
        ) { _ in Join() },
        Case(name: "a window with the row at the label's time", rule: .futureValue, columns: ["n_1d", "top_7d"]) {
            world in
            // Each label is taken at the moment of an event that is known at once.
            for index in world.events.indices { world.events[index].known = world.events[index].happened }
            for index in world.labels.indices {
                let user = world.labels[index].user
                let mine = world.events.filter { $0.user == user }
                world.labels[index].at = mine[index % mine.count].happened
            }
            return Join(isInWindow: { $0.happened > $1 - $2 && $0.happened <= $1 })
        },
        Case(
            name: "corrections of next week", rule: .futureValue, columns: ["score"],
            definitions: World.definitions(source: "availability: known\n    event_key: [id]")
        ) { world in
            for event in world.events {
                var restated = event
                restated.known += 5 * World.day
                restated.score += 1_000_000
                world.events.append(restated)
            }
            return Join(isCurrent: { $0.happened <= $1 && $1 - $0.happened <= 10 * World.day }, versions: true)
        },
        Case(name: "rows from before the window", rule: .unexplainedValue, columns: ["n_1d", "total_7d"]) { _ in
            Join(isInWindow: { event, time, _ in event.known < time && event.happened < time })
        },
    ]

    @Test("a planted leak in values is caught by its rule", arguments: cases)
    func caught(_ planted: Case) throws {
        var world = World(7)
        let join = planted.make(&world)
        let report = try world.judge(planted.definitions, join)
        let found = Set(report.violations.filter { $0.rule == planted.rule }.compactMap(\.subject))
        #expect(Set(planted.columns).isSubset(of: found), "\(report.lines.joined(separator: "\n"))")
        #expect(report.exitStatus == .found)
    }

    @Test("each value leak names only its rule", arguments: cases)
    func onlyItsRule(_ planted: Case) throws {
        var world = World(8)
        let join = planted.make(&world)
        let report = try world.judge(planted.definitions, join)
        let rules = Set(report.violations.map(\.rule))
        // A leak of a view's rows shows as future values in its other view's columns too, never as a statistic of labels.
        #expect(rules.isSubset(of: [.futureValue, planted.rule]), "\(report.lines.joined(separator: "\n"))")
    }

    @Test("a value that nothing explains is named with its row")
    func altered() throws {
        let world = World(9)
        let report = try world.judge(World.definitions()) { columns in
            let place = columns.firstIndex { $0.name == "score" }!
            let score = columns[place].column
            columns[place].column = Column(
                (0..<score.count).map { row -> Int64? in
                    guard case .integer(let value) = score.cell(at: row) else { return nil }
                    return row == 11 ? value + 5_000_000 : value
                }, .int64)
        }
        let violation = try #require(report.violations.first)
        #expect(report.violations.count == 1)
        #expect(violation.rule == .unexplainedValue && violation.subject == "score")
        #expect(violation.evidence.contains { $0.name == "example" && $0.value.hasPrefix("row 12 (") })
    }

    @Test("features that were given to the wrong rows are not what the source gives")
    func shifted() throws {
        let world = World(10)
        let report = try world.judge(World.definitions()) { columns in
            for place in 3..<columns.count {
                let column = columns[place].column
                columns[place].column = column.gather((0..<column.count).map { Int32(($0 + 1) % column.count) })
            }
        }
        #expect(report.violations.contains { $0.rule == .unexplainedValue })
    }

    @Test("the training set must have the spine's rows", arguments: ["dropped", "multiplied", "reordered"])
    func spine(_ how: String) throws {
        let world = World(11)
        let report = try world.judge(World.definitions()) { columns in
            let count = Int32(columns[0].column.count)
            let rows: [Int32] =
                switch how {
                case "dropped": Array(1..<count)
                case "multiplied": Array(0..<count) + [count - 1]
                default: [1, 0] + Array(2..<count)
                }
            columns = columns.map { ($0.name, $0.column.gather(rows)) }
        }
        #expect(report.violations.map(\.rule) == [.spineMismatch])
    }
}
