import ArgumentParser
import Features
import FileSystem
import Leakage
import ObjectStore
import Tables
import TextFormats
import Workspace

extension FeaturesCommand {
    /// `vintage features check`.
    struct CheckTrainingSet: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Look for leakage in a training set.",
            discussion: """
                Recomputes a sample of values from the sources by code of its own, and looks for features that give the label \
                away. Ends with status 1 for a violation. Of an artifact that 'vintage features build' made, the service and \
                the snapshots of the sources are known; else the sources are read as vintage.lock has them.

                Examples:
                  vintage features check train.parquet --service arrival --spine labels.parquet
                  vintage features check data/train --split part --json
                  vintage features check train.parquet --service arrival --test test.parquet
                """)

        @Argument(help: "The training set: a file, an artifact, or REV:path.")
        var file: RawArgument

        @Option(help: ArgumentHelp("The service whose features it holds.", valueName: "service"))
        var service: String?

        @Option(help: ArgumentHelp("The rows it was made for, to compare.", valueName: "file"), completion: .file())
        var spine: RawArgument?

        @Option(help: ArgumentHelp("A column that says train or test.", valueName: "column"))
        var split: String?

        @Option(help: ArgumentHelp("The test set, where the file is the training set.", valueName: "file"))
        var test: RawArgument?

        @OptionGroup var revision: RevisionOption
        @OptionGroup var arguments: TableArguments
        @OptionGroup var json: JSONOption

        func validate() throws {
            if split != nil, test != nil {
                throw ValidationError("--split and --test are two ways to name the test set; choose one")
            }
        }

        func run(in session: Session) throws -> ExitStatus {
            let workspace = session.workspace
            let files = try Definitions.files(of: workspace, at: revision.at?.text)
            let definitions = try Definitions(files: files)
            let versioned = try VersionedPath(file, in: session)
            let stored = try session.artifact(at: versioned)
            let provenance = try stored.flatMap { TrainingSetProvenance(try workspace.store.snapshot($0.snapshot)) }
            let plan = try plan(session, definitions, provenance)
            let options = options(plan, provenance)
            let judged: GuardTable
            if let stored {
                judged = try table(versioned, stored.path, options, session)
            } else {
                judged = GuardTable([try session.table(file, options)])
            }
            let set = try JudgedSet(
                plan: plan, table: judged,
                spine: try spine.map { GuardTable([try session.table($0, options)]) }, in: workspace,
                provenance: provenance, split: try parts(session, options))
            let report = try LeakageGuard(try LeakageSettings(files: files)).check(set)
            if json.isOn {
                session.print(report.json)
            } else {
                for line in report.lines { session.print(line) }
            }
            return report.exitStatus
        }

        private func options(_ plan: ServicePlan, _ provenance: TrainingSetProvenance?) -> TableOptions {
            var options = plan.tableOptions(zone: arguments.zone ?? provenance?.zone)
            options.format = arguments.format
            for type in arguments.types { options.types[type.column] = type.type }
            return options
        }

        private func parts(_ session: Session, _ options: TableOptions) throws -> JudgedSet.Split? {
            if let split { return .column(split) }
            return try test.map { .test(GuardTable([try session.table($0, options)])) }
        }

        private func plan(
            _ session: Session, _ definitions: Definitions, _ provenance: TrainingSetProvenance?
        ) throws -> ServicePlan {
            if let service { return try definitions.plan(forService: service) }
            guard let provenance else { throw FeaturesCheckError.noService(file.text) }
            if let plan = try provenance.plan(in: session.workspace, definitions) { return plan }
            throw FeaturesCheckError.changed(file.text, service: provenance.service)
        }

        /// The training set that is an artifact, or in one.
        private func table(
            _ versioned: VersionedPath, _ artifact: RelativePath, _ options: TableOptions, _ session: Session
        ) throws -> GuardTable {
            let (workspace, path) = (session.workspace, versioned.path)
            // A working file that was changed is judged as it is.
            if versioned.revision == nil, try workspace.root.appending(path).status()?.kind == .regular {
                return GuardTable([try session.workingTable(path, options)])
            }
            var readers: [TableReader] = []
            for entry in try workspace.list(versioned.revision, path: path, isRecursive: true) {
                guard case .file(let content, _) = entry.node else { continue }
                let name = String(decoding: entry.path.bytes, as: UTF8.self)
                // A folder may hold other things than tables.
                if entry.path != path, Tables.TableFormat(fileName: name) == nil { continue }
                readers.append(try TableReader(.stored(content, workspace.store, name: name), options))
            }
            if readers.isEmpty { throw FeaturesCheckError.noTable("\(path)") }
            return GuardTable(readers)
        }
    }

    /// `vintage features explain`.
    struct Explain: Command {
        static let configuration = CommandConfiguration(
            abstract: "Say what a rule of the leakage guard looks at, and what to do.",
            discussion: """
                Without a rule, lists them all. Docs/leakage.md has them on one page.

                Example:
                  vintage features explain future-value
                """)

        @Argument(help: "The rule, such as future-value.")
        var rule: String?

        @OptionGroup var json: JSONOption

        func run(_ console: Console) throws -> ExitStatus {
            guard let name = rule else {
                if json.isOn {
                    var object = JSONObject()
                    object["rules"] = JSON(LeakageRule.allCases) { .object($0.json) }
                    console.output.print(JSON.object(object).text)
                    return .done
                }
                var table = Table([.left, .left, .left])
                for rule in LeakageRule.allCases { table.add([rule.rawValue, "\(rule.severity)", rule.title]) }
                for line in table.lines { console.output.print(line) }
                return .done
            }
            guard let rule = LeakageRule(rawValue: name) else { throw FeaturesCheckError.unknownRule(name) }
            if json.isOn {
                console.output.print(JSON.object(rule.json).text)
            } else {
                console.output.print(
                    "\(rule.rawValue) (\(rule.severity)): \(rule.title)\n\n\(wrapped(rule.explanation))")
            }
            return .done
        }
    }
}

extension Session {
    /// The artifact that a path is or lies in, with its snapshot; `nil` if it is in none.
    func artifact(at versioned: VersionedPath) throws -> (path: RelativePath, snapshot: ObjectID)? {
        var lock = try workspace.lock()
        if let revision = versioned.revision {
            switch try workspace.resolve(revision) {
            case .commit(_, let found): lock = found
            case .snapshot(let id, let snapshot): return (snapshot.artifact, id)
            }
        }
        return lock.entries.first { $0.path.contains(versioned.path) }.map { ($0.path, $0.snapshot) }
    }
}

/// Why a training set cannot be judged.
enum FeaturesCheckError: Error, CustomStringConvertible, ErrorWithExitStatus {
    /// Nothing says which service made it.
    case noService(String)
    /// The definitions that made it are neither there nor in its commit.
    case changed(String, service: String)
    /// An artifact without tables.
    case noTable(String)
    /// There is no rule of that name.
    case unknownRule(String)

    var exitStatus: ExitStatus { .misused }

    var description: String {
        switch self {
        case .noService(let file): "nothing says which service made \(file); name it with --service"
        case .changed(let file, let service):
            "the definitions of '\(service)' have changed since \(file) was built; name those to judge it by with --service "
                + "or --at"
        case .noTable(let path): "there is no .parquet or .csv file in \(path); name the training set's file"
        case .unknownRule(let name):
            "there is no rule '\(name)'; "
                + (nearestName(to: name, among: LeakageRule.allCases.map(\.rawValue)).map { "did you mean '\($0)'?" }
                    ?? "'vintage features explain' lists them")
        }
    }
}
