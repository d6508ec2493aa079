import ArgumentParser
import Features
import OnlineStore
import Tables
import TextFormats
import TrainingSets
import Workspace

/// `vintage features verify`.
struct FeaturesVerify: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare what an online store answers with what the join over the sources yields.",
        discussion: """
            Draws entities of each view and moments from the first that the store answers for until now, asks the store, and joins \
            all rows of these entities: those of the files, and those that were pushed and are in none. Prints a line for each \
            value that differs, with both values and the row that the join's is of, and ends with status 1 if there is one.

            Examples:
              vintage features verify --online
              vintage features verify --online --service arrival --sample 1000 --seed 7 --json
            """)

    @Flag(help: "Verify an online store.")
    var online = false

    @Option(help: ArgumentHelp("Verify the views of one service; by default all views.", valueName: "name"))
    var service: RawArgument?

    @Option(help: ArgumentHelp("How many entities of each view are drawn.", valueName: "count"))
    var sample = 100

    @Option(help: ArgumentHelp("How many moments each is asked at.", valueName: "count"))
    var moments = 4

    @Option(help: ArgumentHelp("The same seed draws the same from the same data.", valueName: "number"))
    var seed: UInt64 = 0

    @OptionGroup var store: OnlineArguments
    @OptionGroup var json: JSONOption

    func validate() throws {
        if !online { throw ValidationError("Say what is to be verified: '--online'.") }
        if sample < 1 || moments < 1 { throw ValidationError("'--sample' and '--moments' take a number from 1 on.") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        let views =
            try service.map { service in
                Array(Set(try held.definitions.plan(forService: service.text).views.map(\.view.name))).sorted()
            } ?? held.definitions.views.map(\.name)
        let verification = OnlineVerification(
            try store.open(session), held.definitions, held.sources(in: session.workspace),
            threads: session.workspace.configuration.workers)
        let results = try views.map { view in
            try verification.verify(view, entities: sample, moments: moments, now: microsecondsNow(), seed: seed)
        }
        if json.isOn {
            var object = JSONObject()
            object["views"] = JSON(results) { .object($0.json) }
            session.print(object)
        } else {
            for result in results {
                for difference in result.differences { session.print("\(result.view): \(difference.line)") }
                session.print("\(result.view): \(result.compared) values compared, \(result.differences.count) differ")
            }
        }
        return results.contains { !$0.differences.isEmpty } ? .found : .done
    }
}

extension OnlineVerification.Difference {
    private var time: String { ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment)) }

    fileprivate var line: String {
        "\(feature) of \(entity.joined(separator: ",")) at \(time) is '\(online)' in the store, "
            + "but '\(offline)' by the join" + (source.map { ", of \($0)" } ?? "")
    }

    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["entity"] = JSON(entity) { .string($0) }
        object["at"] = .string(time)
        object["feature"] = .string(feature)
        object["online"] = .string(online)
        object["offline"] = .string(offline)
        object["source"] = JSON(source)
        return object
    }
}

extension OnlineVerification.Result {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["view"] = .string(view)
        object["compared"] = JSON(compared)
        object["differences"] = JSON(differences) { .object($0.json) }
        return object
    }
}
