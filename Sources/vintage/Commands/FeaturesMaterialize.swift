import ArgumentParser
import Features
import OnlineStore
import TextFormats
import TrainingSets
import Workspace

/// `vintage features materialize`.
struct FeaturesMaterialize: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "materialize",
        abstract: "Fill an online store with the rows that its answers need.",
        discussion: """
            Reads the sources as the lock names them and keeps, by entity, each row that can matter to an answer from now on: \
            so what 'vintage features get' answers at a moment is what a join yields for a label at that moment. A view whose \
            data and definition are those of the last time is not read again, and entities whose rows are the same are not \
            written again. It may be ended at any moment and begun anew.

            Examples:
              vintage features materialize
              vintage features materialize --service arrival --until 2013-06-01 --store redis://localhost:6379
            """)

    @Option(help: ArgumentHelp("Fill the views of one service; by default all views.", valueName: "name"))
    var service: RawArgument?

    @Option(
        help: ArgumentHelp(
            "Leave out what became known later; by default nothing is left out, and counts when it is known.",
            valueName: "time"))
    var until: RawArgument?

    @Option(
        help: ArgumentHelp(
            "Keep what it takes to answer for moments so long before now, or before --until.", valueName: "span"))
    var history: SpanArgument?

    @OptionGroup var online: OnlineArguments
    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        let views: [String]
        if let service {
            let plan = try held.definitions.plan(forService: service.text)
            views = Array(Set(plan.views.map(\.view.name))).sorted()
        } else {
            views = held.definitions.views.map(\.name)
        }
        let materializer = Materializer(
            try online.open(session), held.definitions, held.sources(in: session.workspace),
            threads: session.workspace.configuration.workers)
        let until = try until.map { try Timestamp(parsing: $0.text).seconds * 1_000_000 }
        let outcomes = try materializer.materialize(
            views, until: until, now: microsecondsNow(), history: (history?.span ?? .days(1)).seconds * 1_000_000)
        if json.isOn {
            var object = JSONObject()
            object["views"] = JSON(outcomes) { .object($0.json) }
            session.print(object)
            return .done
        }
        if outcomes.isEmpty { session.print("There are no views under features/.") }
        for outcome in outcomes {
            let done = outcome.wasCurrent ? "nothing changed" : "\(outcome.written) written"
            let rows = counted(outcome.rows, "row")
            let entities = counted(outcome.entities, "entity", plural: "entities")
            session.print("\(outcome.view): \(rows) of \(entities), \(done)")
        }
        return .done
    }
}

extension Materializer.Outcome {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["view"] = .string(view)
        object["rows"] = JSON(rows)
        object["entities"] = JSON(entities)
        object["written"] = JSON(written)
        object["current"] = .bool(wasCurrent)
        return object
    }
}
