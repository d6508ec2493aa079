import ArgumentParser
import Features
import TextFormats
import Workspace

/// `vintage features` and what is below it.
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Define features, and join them to labels as they were known at the time.",
        discussion: """
            Definitions are YAML files under features/, kept in git: entities, sources, views, labels and services. \
            Docs/features.md describes them, Docs/schemas/features.schema.json lets an editor complete them.

            Examples:
              vintage features validate
              vintage features list
              vintage features show arrival
              vintage features graph --format dot | dot -Tsvg > features.svg
              vintage features join --spine labels.parquet --service arrival -o train.parquet
              vintage features check train.parquet --service arrival
              vintage features materialize
              vintage features push weather < rows.jsonl
              vintage features get --service arrival --entities origin=JFK,carrier=AA
              vintage features verify --online
              vintage features stale
              vintage features nearest --view reviews --entity review=17
            """,
        subcommands: [
            Validate.self, List.self, Show.self, Graph.self, FeaturesJoin.self, FeaturesBuild.self, FeaturesAsOf.self,
            FeaturesMaterialize.self, FeaturesPush.self, FeaturesGet.self, FeaturesVerify.self, FeaturesStale.self,
            FeaturesNearest.self, CheckTrainingSet.self, Explain.self, FeaturesSplit.self, FeaturesSample.self,
        ])

    /// The option `--at`.
    struct RevisionOption: ParsableArguments {
        @Option(help: ArgumentHelp("Read the definitions of a git revision.", valueName: "revision"))
        var at: RawArgument?

        func definitions(_ session: Session) throws -> Definitions {
            try Definitions(of: session.workspace, at: at?.text)
        }
    }

    /// `vintage features validate`.
    struct Validate: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the definitions, and name everything that is wrong.",
            discussion: """
                Prints a line for each problem with its file, line and column, and ends with status 1 if there is one. \
                'vintage ci' and the pre-commit hook run the same check.

                Example:
                  vintage features validate --at main
                """)

        @OptionGroup var revision: RevisionOption
        @OptionGroup var json: JSONOption

        func run(in session: Session) throws -> ExitStatus {
            do {
                let definitions = try revision.definitions(session)
                if json.isOn {
                    session.print(definitions.validJSON)
                } else if definitions.isEmpty {
                    session.print("There are no definitions under features/.")
                } else {
                    session.print("The definitions are valid: \(definitions.counts).")
                }
                return .done
            } catch let error as InvalidDefinitions {
                if json.isOn {
                    session.print(error.json)
                } else {
                    for problem in error.problems { session.print(problem.description) }
                }
                return .found
            }
        }
    }

    /// `vintage features list`.
    struct List: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the entities, sources, views, labels and services.",
            discussion: """
                Example:
                  vintage features list --json
                """)

        @OptionGroup var revision: RevisionOption
        @OptionGroup var json: JSONOption

        func run(in session: Session) throws -> ExitStatus {
            let definitions = try revision.definitions(session)
            if json.isOn {
                session.print(definitions.listJSON)
                return .done
            }
            var table = Table([.left, .left, .left, .left])
            for row in definitions.rows {
                table.add([row.kind, row.name, row.summary, session.palette.faint(row.description ?? "")])
            }
            for line in table.lines { session.print(line) }
            return .done
        }
    }

    /// `vintage features show`.
    struct Show: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a definition: what it is made of, and where it is written.",
            discussion: """
                A name that more than one kind of definition has shows each of them; 'view:weather' names a kind. Of a \
                service all columns are shown, with the features and sources that they come from.

                Examples:
                  vintage features show arrival
                  vintage features show view:airport_weather --json
                """)

        @OptionGroup var revision: RevisionOption
        @OptionGroup var json: JSONOption

        @Argument(help: "The name of a definition, or kind:name.")
        var name: RawArgument

        func run(in session: Session) throws -> ExitStatus {
            let views = try revision.definitions(session).views(named: name.text)
            if json.isOn {
                var object = JSONObject()
                object["definitions"] = JSON(views) { .object($0.json) }
                session.print(object)
                return .done
            }
            for (index, view) in views.enumerated() {
                if index > 0 { session.print() }
                for line in view.lines { session.print(line) }
            }
            return .done
        }
    }

    /// `vintage features graph`.
    struct Graph: WorkspaceCommand {
        /// How a graph is written.
        enum Format: String, ExpressibleByArgument, CaseIterable {
            case text, dot
        }

        static let configuration = CommandConfiguration(
            abstract: "Show what each definition is made of.",
            discussion: """
                As text, each line is a definition and what it is made of; dot is the language of Graphviz.

                Example:
                  vintage features graph --format dot | dot -Tsvg > features.svg
                """)

        @Option(help: ArgumentHelp("The form: text or dot.", valueName: "format"))
        var format: Format = .text

        @OptionGroup var revision: RevisionOption
        @OptionGroup var json: JSONOption

        func validate() throws {
            if json.isOn && format == .dot {
                throw ValidationError("--json and --format dot are two forms; choose one")
            }
        }

        func run(in session: Session) throws -> ExitStatus {
            let graph = DefinitionGraph(try revision.definitions(session))
            if json.isOn {
                session.print(graph.json)
            } else if format == .dot {
                session.console.output.write(graph.dot)
            } else {
                for node in graph.nodes {
                    let inputs = graph.inputs(of: node).map { "\($0.kind) \($0.name)" }
                    if inputs.isEmpty { continue }
                    session.print("\(node.kind) \(node.name) <- \(inputs.joined(separator: ", "))")
                }
            }
            return .done
        }
    }
}
