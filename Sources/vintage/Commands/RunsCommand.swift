import ArgumentParser
import FileSystem
import Learning
import ObjectStore
import TextFormats
import Workspace

/// `vintage runs` and what is below it.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List and compare the trainings that made models.",
        discussion: """
            Each snapshot of a model is one training: its data, its settings, the commit of the code, how good it was. \
            'runs' lists those of all models, or of some, newest first; 'runs compare' says what differs and draws the curves.

            Examples:
              vintage runs
              vintage runs models/late --sort auc -n 5
              vintage runs compare models/late@v3 models/late
            """,
        subcommands: [RunsList.self, RunsCompare.self], defaultSubcommand: RunsList.self)
}

/// `vintage runs list`.
struct RunsList: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List trainings, newest first.",
        discussion: """
            The metrics are those of the part that counts most: the test, else the validation, else the training.

            Examples:
              vintage runs list
              vintage runs list models/late --sort rmse
            """)

    @Argument(help: ArgumentHelp("The models; all by default.", valueName: "path"), completion: .directory)
    var models: [RawArgument] = []

    @Option(help: ArgumentHelp("The best by this metric first: \(Metric.names).", valueName: "metric"))
    var sort: Metric?

    @Option(
        name: [.customShort("n"), .customLong("max-count")],
        help: ArgumentHelp("Show at most so many.", valueName: "n"))
    var limit: UInt32?

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        var runs = try RecordedRun.all(of: try models.map { try session.path($0) }, in: session.workspace)
        if let sort { runs.sort(by: sort) }
        runs = Array(runs.prefix(limit.map { Int($0) } ?? .max))
        if json.isOn {
            var object = JSONObject()
            object["runs"] = JSON(runs) { .object($0.json) }
            session.print(object)
            return .done
        }
        if runs.isEmpty {
            session.print("no model was trained here yet; 'vintage train' makes one")
            return .done
        }
        for line in runs.lines(session.palette) { session.print(line) }
        return .done
    }
}

/// `vintage runs compare`.
struct RunsCompare: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say what differs between trainings: data, code, settings, metrics and curves.",
        discussion: """
            Settings that are the same in all are left out, and so are snapshots of data. The curves are drawn over each \
            other: a and A are the training's and the validation's loss of the first, b and B those of the second.

            Examples:
              vintage runs compare models/late@v3 models/late
              vintage runs compare HEAD~1:models/late models/late models/trees --json
            """)

    @Argument(help: ArgumentHelp("The models, two or more.", valueName: "[rev:]path"), completion: .directory)
    var models: [RawArgument]

    @OptionGroup var json: JSONOption

    func validate() throws {
        if !(2...26).contains(models.count) { throw ValidationError("Name from 2 to 26 models") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let comparison = RunComparison(try models.map { try session.recordedRun($0) })
        if json.isOn {
            session.print(comparison.json)
        } else {
            for line in comparison.lines(session.palette) { session.print(line) }
        }
        return .done
    }
}

extension Session {
    /// The training that made a model.
    ///
    /// - Throws: ``Learning/LearningError/misuse(_:)`` if none did.
    func recordedRun(_ model: RawArgument) throws -> RecordedRun {
        guard let input = try dataPlace(model).input, let run = try RecordedRun(input, in: workspace) else {
            throw LearningError.misuse("\(model.text) is no model that 'vintage train' stored")
        }
        return run
    }
}

extension Metric: ExpressibleByArgument {
    /// The names of all, for a help text.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
