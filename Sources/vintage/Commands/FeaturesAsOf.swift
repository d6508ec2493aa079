import ArgumentParser
import Features
import ObjectStore
import OnlineStore
import Tables
import TextFormats
import TrainingSets
import Workspace

/// `vintage features asof`.
struct FeaturesAsOf: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "asof",
        abstract: "Answer what the features of a few entities were at a time.",
        discussion: """
            Prints each feature's value as it was known at the time, with the event time and the availability time of the fact \
            that it is of and the snapshot that this was read from. Of an aggregation the number of facts that went into it \
            is shown, with the times of the newest of them. What a join yields for a label at that time is the same.

            Examples:
              vintage features asof --service arrival --entities origin=JFK,carrier=AA --at 2013-06-01T12:00
              vintage features asof --service arrival --entities tailnum=N14228 --at 2013-06-01T12:00 --json
            """)

    @Option(help: ArgumentHelp("The service whose features are computed.", valueName: "name"))
    var service: RawArgument?

    @OptionGroup var entities: EntityArguments

    @Option(help: ArgumentHelp("The time at which they are asked for, in UTC unless it says.", valueName: "time"))
    var at: RawArgument

    @OptionGroup var state: FeatureStateArguments
    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let held = try state.state(session)
        let plan = try held.plan(service)
        let moment = try microseconds(parsing: at.text)
        let spine = try entities.spine(plan, moment)
        let builder = try TrainingSetBuilder(
            plan, spine: spine, sources: held.sources(in: session.workspace), embargo: state.embargo?.span,
            threads: session.workspace.configuration.workers,
            limit: state.limit(beside: session.workspace.root))
        let set = try builder.build(keepsFacts: true)
        let answers = entities.texts.indices.map { Answer(set, row: $0) }
        if json.isOn {
            var object = JSONObject()
            object["service"] = .string(plan.service.name)
            object["at"] = .string(ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment)))
            object["entities"] = JSON(zip(entities.texts, answers)) { entity, answer in
                var object = JSONObject()
                object["entity"] = .string(entity.text)
                object["features"] = JSON(answer.values) { .object($0.json) }
                return .object(object)
            }
            session.print(object)
            return .done
        }
        for (entity, answer) in zip(entities.texts, answers) {
            if entities.texts.count > 1 { session.print(session.palette.id(entity.text)) }
            var lines = Table([.left, .left, .right, .left, .left, .left])
            lines.add(["feature", "value", "facts", "event time", "available", "snapshot"])
            for value in answer.values { lines.add(value.line) }
            for line in lines.lines { session.print(line) }
        }
        return .done
    }
}

/// The features of one entity.
private struct Answer {
    struct Value {
        let name: String
        let cell: Cell
        let type: ColumnType
        /// How many facts it is of.
        let count: Int
        /// The fact, or the newest of them.
        let fact: TrainingSet.Fact?
        let inputs: [Snapshot.Input]
    }

    let values: [Value]

    init(_ set: TrainingSet, row: Int) {
        let ofViews = set.plan.columns.map { place in
            let (plan, view) = (set.plan.views[place.view], set.views[place.view])
            let name = plan.columns[place.column].name
            let column = set.table[name]
            let aggregated = view.aggregatedFacts[place.column]?[row]
            let fact = aggregated.map(\.newest) ?? view.latestFacts?[row]
            let count = aggregated?.count ?? (fact == nil ? 0 : 1)
            // An aggregation is of all tables of its source, of which any may have had a fact.
            let inputs = aggregated != nil ? view.files.map(\.input) : [fact.flatMap { view.files[$0.file].input }]
            var distinct: [Snapshot.Input] = []
            for input in inputs.compactMap({ $0 }) where !distinct.contains(input) { distinct.append(input) }
            return Value(
                name: name, cell: column?.cell(at: row) ?? .null, type: column?.type ?? .string, count: count,
                fact: fact,
                inputs: distinct)
        }
        let made = set.plan.service.derivedNames.map { name in
            let column = set.table[name]
            return Value(
                name: name, cell: column?.cell(at: row) ?? .null, type: column?.type ?? .string, count: 0, fact: nil,
                inputs: [])
        }
        values = ofViews + made
    }
}

extension Answer.Value {
    private static let moment = ColumnType.timestamp(.microsecond, zone: "UTC")

    private func text(_ moment: Int64?) -> String { moment.map { Self.moment.text(of: .integer($0)) } ?? "" }

    var line: [String] {
        [
            name, type.text(of: cell), "\(count)", text(fact?.eventTime), text(fact?.availabilityTime),
            inputs.map { "\($0.artifact) \($0.snapshot.short)" }.joined(separator: ", "),
        ]
    }

    var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["value"] = JSON(cell, type)
        object["facts"] = JSON(count)
        object["event_time"] = JSON(fact.map { text($0.eventTime) })
        object["availability_time"] = JSON(fact.map { text($0.availabilityTime) })
        object["inputs"] = JSON(inputs) { .object($0.json) }
        return object
    }
}
