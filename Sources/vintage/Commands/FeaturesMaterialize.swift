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

            Rows that were pushed are in a journal of the store until the files have them. Where a run that reads the rows finds \
            some whose journal was lost, it says so and ends with status 1.

            --since and --history never leave a fact out: an older one that is still current at the first moment, or in a window \
            there, is kept. Moments before the first are refused by 'vintage features get'. A store that answers from an \
            earlier moment on goes on to do so as long as nothing changes, and is filled anew if an earlier one is asked for.

            Examples:
              vintage features materialize
              vintage features materialize --since 2013-06-01 --until 2013-07-01
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

    @Option(
        help: ArgumentHelp(
            "Keep what it takes to answer for moments from this one on, in place of --history.", valueName: "time"))
    var since: RawArgument?

    @Flag(help: "Take away rows of pushes that the store's journal has lost.")
    var forgetLost = false

    @OptionGroup var online: OnlineArguments
    @OptionGroup var json: JSONOption

    func validate() throws {
        if since != nil, history != nil {
            throw ValidationError("--since and --history both say from when on answers are kept; give one of them")
        }
    }

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
        let now = microsecondsNow()
        let outcomes = try materializer.materialize(
            views, until: until, now: now, history: try kept(until ?? now), forgetsLost: forgetLost)
        if json.isOn {
            var object = JSONObject()
            object["views"] = JSON(outcomes) { .object($0.json) }
            session.print(object)
            return status(outcomes)
        }
        if outcomes.isEmpty { session.print("There are no views under features/.") }
        for outcome in outcomes {
            let done = outcome.wasCurrent ? "nothing changed" : "\(outcome.written) written"
            let rows = counted(outcome.rows, "row")
            let entities = counted(outcome.entities, "entity", plural: "entities")
            session.print("\(outcome.view): \(rows) of \(entities), \(done)")
            if outcome.lostRows > 0 {
                let lost = counted(outcome.lostRows, "row")
                let what =
                    outcome.keepsLostRows
                    ? "the store alone has, and which would count twice once the files have them; push them again with a "
                        + "new store, or take them away with --forget-lost" : "are gone from the store; push them again"
                writeToStandardError(
                    "vintage: the view '\(outcome.view)' has \(lost) of pushes that the journal has lost, which \(what)\n"
                )
            }
        }
        return status(outcomes)
    }
}

extension FeaturesMaterialize {
    /// Rows whose journal is lost are a corruption that was found.
    private func status(_ outcomes: [Materializer.Outcome]) -> ExitStatus {
        outcomes.contains { $0.lostRows > 0 } && !forgetLost ? .found : .done
    }

    /// How long before the end moments can be asked for, in microseconds.
    private func kept(_ end: Int64) throws -> Int64 {
        guard let since else { return (history?.span ?? .days(1)).seconds * 1_000_000 }
        let first = try Timestamp(parsing: since.text).seconds * 1_000_000
        if first > end {
            throw TrainingSetError.misuse(
                "--since \(since.text) is after \(until == nil ? "now" : "--until"), so that no moment could be asked for; "
                    + "give an earlier one")
        }
        return end - first
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
        object["lost"] = JSON(lostRows)
        return object
    }
}
