import ArgumentParser
import FileSystem
import Tables
import TextFormats
import TrainingSets
import Workspace

/// `vintage features join`.
struct FeaturesJoin: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join features to rows to be labelled, as they were known at each label's time.",
        discussion: """
            Writes the rows to be labelled with a service's features beside them: no row more or less, in their order. \
            Data is read in the store, as vintage.lock names it; definitions are the files under features/. With --as-of both \
            are taken as they were, so that a past run can be repeated byte for byte after data was restated. The leakage guard \
            judges the result before it is put in place; a violation ends with status 1 and no output.

            Examples:
              vintage features join --spine labels.parquet --service arrival -o train.parquet
              vintage features join --spine labels.csv --service arrival --as-of 2013-06-01 -o train.csv
            """)

    @Option(help: ArgumentHelp("The service whose features are computed.", valueName: "name"))
    var service: RawArgument?

    @OptionGroup var state: FeatureStateArguments
    @OptionGroup var spine: SpineArguments

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where the training set goes: .parquet or .csv.", valueName: "file"), completion: .file())
    var output: RawArgument

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let held = try state.state(session)
        let plan = try held.plan(service)
        let found = try spine.find(plan, held, isStored: false, session)
        let file = session.console.filePath(output)
        let limit = state.limit(beside: file.removingLastComponent())
        let builder = try TrainingSetBuilder(
            plan, spine: try spine.read(found, for: plan, limit: limit, session),
            sources: held.sources(in: session.workspace), embargo: state.embargo?.span,
            threads: session.workspace.configuration.workers, limit: limit)
        let set = try builder.build()
        try set.write(
            to: file, guards: [try JoinGuard(session, state, held, zone: spine.zone)])
        if json.isOn {
            session.print(set.json(held, output: output.text))
        } else {
            session.print(
                "\(counted(set.table.count, "row")) with \(counted(plan.columnNames.count, "feature")) of '\(plan.service.name)' in "
                    + output.text)
        }
        return .done
    }
}
