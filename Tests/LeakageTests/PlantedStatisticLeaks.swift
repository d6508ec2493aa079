import Leakage
import Tables
import Testing

/// Features that give the label away, whatever they are made of.
@Suite("Planted leaks in statistics")
struct PlantedStatisticLeaks {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: LeakageRule
        /// Whether the label is a number, ``World/Label/tendency``.
        var isNumeric = false
        let make: @Sendable (inout World) -> Column

        var testDescription: String { name }
    }

    static func means(_ world: World, _ value: (_ group: [Int], _ row: Int) -> Double?) -> Column {
        let groups = Dictionary(grouping: world.labels.indices) { world.labels[$0].user }
        return Column(world.labels.indices.map { value(groups[world.labels[$0].user] ?? [], $0) }, .float64)
    }

    static func rate(_ world: World, _ rows: [Int]) -> Double? {
        rows.isEmpty ? nil : Double(rows.count { world.labels[$0].churned }) / Double(rows.count)
    }

    static let cases: [Case] = [
        Case(name: "a copy of the label", rule: .singleFeaturePredictor) { world in
            Column(booleans: world.labels.map { $0.churned })
        },
        Case(name: "the opposite of the label", rule: .singleFeaturePredictor) { world in
            Column(world.labels.map { $0.churned ? 0 : 1.5 }, .float64)
        },
        Case(name: "a number that is greater where the label is true", rule: .singleFeaturePredictor) { world in
            Column(world.labels.map { ($0.churned ? 3.0 : 0) + world.random.normal() / 2 }, .float64)
        },
        Case(name: "a range in the middle where the label is true", rule: .singleFeaturePredictor) { world in
            Column(
                world.labels.map { label -> Double? in
                    let far = (world.random.chance(0.5) ? 1.0 : -1) * (1 + world.random.uniform())
                    return label.churned ? world.random.uniform() - 0.5 : far
                }, .float64)
        },
        Case(name: "a text that says the outcome", rule: .singleFeaturePredictor) { world in
            Column(
                strings: world.labels.map { label in
                    label.churned
                        ? ["closed", "cancelled"][world.random.below(2)] : ["open", "paused"][world.random.below(2)]
                })
        },
        Case(name: "a rare value that says the outcome", rule: .singleFeaturePredictor) { world in
            Column(world.labels.map { world.random.chance(0.3) ? ($0.churned ? 2.0 : 1) : nil }, .float64)
        },
        Case(name: "an hour that comes after the outcome", rule: .singleFeaturePredictor) { world in
            Column(
                world.labels.map { label -> Int64? in
                    World.start + Int64(label.churned ? 70 + world.random.below(9) : world.random.below(60)) * World.day
                }, World.moments)
        },
        Case(name: "a copy of a number", rule: .singleFeaturePredictor, isNumeric: true) { world in
            Column(world.labels.map { $0.tendency * 1.8 + 32 }, .float64)
        },
        Case(name: "a number that bends with the label", rule: .singleFeaturePredictor, isNumeric: true) { world in
            Column(world.labels.map { $0.tendency * $0.tendency * $0.tendency + $0.tendency }, .float64)
        },
        Case(name: "a value that is missing unless the label is true", rule: .missingFollowsLabel) { world in
            Column(world.labels.map { $0.churned ? world.random.normal() : nil }, .float64)
        },
        Case(name: "a value that is missing mostly where the label is true", rule: .missingFollowsLabel) { world in
            Column(
                world.labels.map { world.random.chance($0.churned ? 0.85 : 0.1) ? nil : world.random.normal() },
                .float64)
        },
        Case(name: "a date that only closed accounts have", rule: .missingFollowsLabel) { world in
            Column(
                world.labels.map { label -> Int64? in
                    label.churned && world.random.chance(0.4)
                        ? label.at + Int64(world.random.below(9)) * World.hour : nil
                }, World.moments)
        },
        Case(name: "a text that is missing where the label is true", rule: .missingFollowsLabel) { world in
            Column(strings: world.labels.map { $0.churned ? nil : ["x", "y"][world.random.below(2)] })
        },
        Case(name: "a value that is missing for great labels", rule: .missingFollowsLabel, isNumeric: true) { world in
            Column(world.labels.map { $0.tendency > 0 ? nil : world.random.normal() }, .float64)
        },
        Case(name: "the mean label of the user", rule: .targetEncoding) { world in
            means(world) { group, _ in rate(world, group) }
        },
        Case(name: "the mean label of the user's other rows", rule: .targetEncoding) { world in
            means(world) { group, row in rate(world, group.filter { $0 != row }) }
        },
        Case(name: "the mean label of the other folds", rule: .targetEncoding) { world in
            means(world) { group, row in rate(world, group.filter { $0 % 5 != row % 5 }) }
        },
        Case(name: "a smoothed mean label", rule: .targetEncoding) { world in
            means(world) { group, _ in
                (Double(group.count { world.labels[$0].churned }) + 10 * 0.3) / (Double(group.count) + 10)
            }
        },
        Case(name: "a running mean of labels not settled yet", rule: .targetEncoding) { world in
            means(world) { group, row in rate(world, group.filter { world.labels[$0].at < world.labels[row].at }) }
        },
        Case(name: "a mean of numbers", rule: .targetEncoding, isNumeric: true) { world in
            means(world) { group, _ in group.reduce(0) { $0 + world.labels[$1].tendency } / Double(group.count) }
        },
    ]

    @Test("a planted leak in statistics is caught by its rule", arguments: cases)
    func caught(_ planted: Case) throws {
        var world = World(21, labels: 600)
        let column = planted.make(&world)
        let report = try world.judge(World.definitions(extras: ["leak"]), extras: [("leak", column)]) { columns in
            if planted.isNumeric { columns[2].column = Column(world.labels.map { $0.tendency }, .float64) }
        }
        let rules = report.violations.filter { $0.subject == "leak" }.map(\.rule)
        #expect(rules.contains(planted.rule), "\(report.lines.joined(separator: "\n"))")
        #expect(report.violations.allSatisfy { $0.subject == "leak" || $0.rule == .spineMismatch })
    }

    @Test("an encoding fitted on the training rows alone still has their labels in it")
    func trainOnly() throws {
        let world = World(22, labels: 600)
        let cut = World.start + 40 * World.day
        let isTrain = world.labels.map { $0.at < cut }
        let encoding = Self.means(world) { group, _ in Self.rate(world, group.filter { isTrain[$0] }) }
        let sides = Column(
            strings: world.labels.map { $0.at < cut ? "train" : $0.at < cut + 3 * World.day ? nil : "test" })
        let report = try world.judge(
            World.definitions(extras: ["leak"]), extras: [("leak", encoding)], others: [("part", sides)],
            split: .column("part"))
        #expect(report.violations.map(\.rule) == [.targetEncoding])
    }
}
