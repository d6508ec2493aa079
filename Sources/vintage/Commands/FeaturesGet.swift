import ArgumentParser
import Embeddings
import Features
import OnlineStore
import Tables
import TextFormats
import TrainingSets
import Workspace

/// `vintage features get`.
struct FeaturesGet: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Answer what the features of a few entities are, from an online store.",
        discussion: """
            Prints each feature's value with what can be said of it, present, null, not_found, outside_ttl or stale, and the \
            event time of the row that a plain feature is of. 'vintage features materialize' fills the store; what is answered \
            is what a join yields for a label at that moment.

            Behind the status of a vector stands why it should no longer be relied on, as 'present (text-changed)'. The \
            service's 'on_stale_embedding' may say that such a vector is not given out, or that nothing is answered then, \
            with status 1.

            Examples:
              vintage features get --service arrival --entities origin=JFK,carrier=AA
              vintage features get --service arrival --entities tailnum=N14228 --at 2013-06-01T12:00 --json
            """)

    @Option(help: ArgumentHelp("The service whose features are asked for.", valueName: "name"))
    var service: RawArgument?

    @OptionGroup var entities: EntityArguments

    @Option(
        help: ArgumentHelp("The moment that is asked for, in UTC unless it says; now unless given.", valueName: "time"))
    var at: RawArgument?

    @OptionGroup var online: OnlineArguments
    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        let plan = try held.plan(service)
        let moment = try at.map { try microseconds(parsing: $0.text) } ?? microsecondsNow()
        let spine = try entities.spine(plan, moment)
        let models = try WantedModels(of: session.workspace, held.definitions)
        let features = OnlineFeatures(try online.open(session), held.definitions) { models.byView() }
        let answer = try features.answer(plan, at: spine)
        if json.isOn {
            var object = JSONObject()
            object["service"] = .string(plan.service.name)
            object["at"] = .string(ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment)))
            object["entities"] = JSON(entities.texts.indices) { row in
                var object = JSONObject()
                object["entity"] = .string(entities.texts[row].text)
                object["features"] = JSON(answer.features) { .object($0.json(row)) }
                return .object(object)
            }
            session.print(object)
            return .done
        }
        for (row, entity) in entities.texts.enumerated() {
            if entities.texts.count > 1 { session.print(session.palette.id(entity.text)) }
            var lines = Table([.left, .left, .left, .left])
            lines.add(["feature", "value", "status", "event time"])
            for feature in answer.features { lines.add(feature.line(row)) }
            for line in lines.lines { session.print(line) }
        }
        return .done
    }
}

extension OnlineAnswer.Feature {
    private func time(_ row: Int) -> String? {
        eventTimes[row].map { ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer($0)) }
    }

    private func reason(_ row: Int) -> String? { stale.isEmpty ? nil : stale[row]?.rawValue }

    fileprivate func line(_ row: Int) -> [String] {
        let reason = reason(row).map { " (\($0))" } ?? ""
        return [name, values.type.text(of: values.cell(at: row)), statuses[row].rawValue + reason, time(row) ?? ""]
    }

    fileprivate func json(_ row: Int) -> JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["value"] = JSON(values.cell(at: row), values.type)
        object["status"] = .string(statuses[row].rawValue)
        object["event_time"] = JSON(time(row))
        if let reason = reason(row) { object["stale"] = .string(reason) }
        return object
    }
}
