import ArgumentParser
import Inference
import Learning
import Tables
import TextFormats
import Workspace

/// `vintage model` and what is below it.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Say what a model's new version changed.",
        discussion: """
            Examples:
              vintage model diff models/late@v3 models/late --data features/arrival
            """,
        subcommands: [ModelDiff.self])
}

/// `vintage model diff`.
struct ModelDiff: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what differs between two models: data, code, settings, metrics, and predictions.",
        discussion: """
            What is the same in both is left out. With --data both predict its rows, and it is told which classes became \
            which, how many rows became right and how many wrong (where the table has the label), and how far the \
            predictions are apart. --exit-code ends with status 1 if any prediction's class, or number, differs.

            Examples:
              vintage model diff models/late@v3 models/late
              vintage model diff HEAD~1:models/late models/late --data data/flights.parquet --json
            """)

    @Option(
        help: ArgumentHelp("Rows that both predict: a table, or a folder with one.", valueName: "[rev:]path"),
        completion: .file())
    var data: RawArgument?

    @Flag(name: .customLong("exit-code"), help: "End with status 1 if predictions differ; needs --data.")
    var hasExitCode = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The old version.", valueName: "[rev:]path"), completion: .directory)
    var old: RawArgument

    @Argument(help: ArgumentHelp("The new version.", valueName: "[rev:]path"), completion: .directory)
    var new: RawArgument

    func validate() throws {
        if hasExitCode, data == nil { throw ValidationError("--exit-code goes with --data") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let comparison = RunComparison(try [old, new].map { try session.recordedRun($0) })
        let predictions = try data.map { data in
            try PredictionComparison(
                Predictor(Model(try session.dataPlace(old))), Predictor(Model(try session.dataPlace(new))),
                try session.rows(data, table.options), workers: session.workspace.configuration.workers)
        }
        if json.isOn {
            var object = comparison.json
            if let predictions { object["predictions"] = .object(predictions.json) }
            session.print(object)
        } else {
            for line in comparison.table(session.palette) + (predictions?.lines ?? []) { session.print(line) }
        }
        return hasExitCode && predictions?.isSame == false ? .found : .done
    }
}

extension PredictionComparison {
    /// Whether nothing that a user would see differs.
    fileprivate var isSame: Bool { flips.isEmpty && difference?.most ?? 0 == 0 }

    /// For scripts.
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["rows"] = JSON(rows)
        object["flips"] = JSON(flips) { flip in
            var object = JSONObject()
            object["from"] = .string(flip.from)
            object["to"] = .string(flip.to)
            object["rows"] = JSON(flip.count)
            object["first_row"] = JSON(flip.firstRow)
            return .object(object)
        }
        object["newly_right"] = newlyRight.map { JSON($0) } ?? .null
        object["newly_wrong"] = newlyWrong.map { JSON($0) } ?? .null
        object["mean_difference"] = difference.map { JSON($0.mean) } ?? .null
        object["greatest_difference"] = difference.map { JSON($0.most) } ?? .null
        return object
    }

    /// For people.
    fileprivate var lines: [String] {
        let flipped = flips.reduce(0) { $0 + $1.count }
        var lines = [""]
        if newlyRight != nil || !flips.isEmpty || difference == nil {
            let judged = newlyRight.flatMap { right in newlyWrong.map { "; \(right) became right, \($0) wrong" } } ?? ""
            lines.append("\(flipped) of \(counted(rows, "prediction")) flipped\(judged)")
            for flip in flips.prefix(20) {
                let rows = counted(flip.count, "row")
                lines.append("  \(flip.from) → \(flip.to)  \(rows), the first is \(flip.firstRow)")
            }
        }
        if let difference {
            lines.append(
                "predictions are \(decimals(difference.mean)) apart on average, and \(decimals(difference.most)) at most, "
                    + "in row \(difference.row)")
        }
        return lines
    }
}
