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
            Draws pairs of an entity and a moment for each view, asks the store, and joins all rows of these entities: those of \
            the files, and those that were pushed and are in none yet. Moments are ones that the store answers for, up to now. \
            Each value that differs is listed with both values and the rows that they are of, and the status is 1 if there is \
            one.

            Examples:
              vintage features verify --online
              vintage features verify --online --service arrival --sample 10000 --seed 7 --json
            """)

    @Flag(help: "Verify an online store.")
    var online = false

    @Option(help: ArgumentHelp("Verify the views of one service; by default all views.", valueName: "name"))
    var service: RawArgument?

    @Option(help: ArgumentHelp("How many pairs of an entity and a moment are drawn for each view.", valueName: "count"))
    var sample = 1000

    @Option(help: ArgumentHelp("The same seed draws the same from the same data.", valueName: "number"))
    var seed: UInt64 = 0

    @OptionGroup var store: OnlineArguments
    @OptionGroup var json: JSONOption

    func validate() throws {
        if !online { throw ValidationError("Say what is to be verified: '--online'.") }
        if sample < 1 { throw ValidationError("'--sample' takes a number from 1 on.") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        let views =
            try service.map { service in
                Set(try held.definitions.plan(forService: service.text).views.map(\.view.name)).sorted()
            } ?? held.definitions.views.map(\.name)
        let verification = OnlineVerification(
            try store.open(session), held.definitions, held.sources(in: session.workspace),
            threads: session.workspace.configuration.workers)
        let results = try views.map {
            try verification.verify($0, pairs: sample, now: microsecondsNow(), seed: seed)
        }
        if json.isOn {
            var object = JSONObject()
            object["views"] = JSON(results) { .object($0.json) }
            session.print(object)
        } else {
            if results.isEmpty { session.print("There are no views under features/.") }
            for line in results.flatMap(\.lines) { session.print(line) }
        }
        return results.contains { !$0.differences.isEmpty } ? .found : .done
    }
}

private func text(_ moment: Int64) -> String {
    ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment))
}

extension OnlineVerification.Side {
    /// How many rows of an aggregation are shown.
    private static let sourcesShown = 3

    fileprivate var shown: String { value.map { "'\($0)'" } ?? "null" }

    fileprivate var line: String {
        if sources.isEmpty { return "no row" }
        let more = sources.count - Self.sourcesShown
        return sources.prefix(Self.sourcesShown).map(\.description).joined(separator: "; ")
            + (more > 0 ? "; and \(more) more" : "")
    }

    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["value"] = JSON(value)
        object["event_time"] = JSON(eventTime.map(text))
        object["sources"] = JSON(sources) { .object($0.json) }
        return object
    }
}

extension RowSource {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        switch self {
        case .file(let path, let row, let artifact, let snapshot):
            object["file"] = JSON(path)
            object["row"] = JSON(row)
            object["artifact"] = JSON(artifact.isEmpty ? nil : artifact)
            object["snapshot"] = JSON(snapshot.isEmpty ? nil : snapshot)
        case .push(let moment): object["pushed"] = .string(text(moment))
        }
        return object
    }
}

extension OnlineVerification.Difference {
    fileprivate var lines: [String] {
        [
            "\(feature) of \(entity) at \(text(moment)) is \(online.shown) in the store, \(offline.shown) by the join",
            "  in the store of \(online.line)", "  by the join of \(offline.line)",
        ]
    }

    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["entity"] = .string(entity)
        object["at"] = .string(text(moment))
        object["feature"] = .string(feature)
        object["online"] = .object(online.json)
        object["offline"] = .object(offline.json)
        return object
    }
}

extension OnlineVerification.Result {
    fileprivate var lines: [String] {
        var lines = differences.flatMap(\.lines)
        lines.append(
            "\(values) values compared, of \(pairs) moments of \(entities) entities; \(differences.count) differ")
        if skipped > 0 {
            lines.append("\(skipped) moments were not compared, as their entities were written to meanwhile")
        }
        if pushedRows > 0 { lines.append("\(pushedRows) pushed rows are in no file yet, and were joined as well") }
        if hasOtherFiles {
            lines.append(
                "the files are others than when the store was filled; fill it with 'vintage features materialize'")
        }
        return lines.map { $0.hasPrefix("  ") ? $0 : "\(view): \($0)" }
    }

    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["view"] = .string(view)
        object["entities"] = JSON(entities)
        object["pairs"] = JSON(pairs)
        object["values"] = JSON(values)
        object["skipped"] = JSON(skipped)
        object["pushed_rows"] = JSON(pushedRows)
        object["other_files"] = .bool(hasOtherFiles)
        object["differences"] = JSON(differences) { .object($0.json) }
        return object
    }
}
