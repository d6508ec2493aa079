import Checks
import FileSystem

import class Workspace.Workspace

extension Check {
    /// The checks of feature definitions.
    public static let featureChecks: [Check] = [definitions]

    static let definitions = Check(
        id: "definitions", title: "The feature definitions are valid", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Reads the files of definitions under features/ as 'vintage features validate' does: that they are YAML with no \
            keys but those of Docs/features.md, that each name refers to something, that expressions can be read and \
            their types fit, and that a service's columns have different names. The pre-commit hook looks at the files as \
            they are staged. Training sets are built from these definitions, so one that is broken stops every build. Correct \
            the line that is named.
            """
    ) { context in
        let files = try Self.definitionFiles(context)
        if files.isEmpty { throw NotApplicable("there are no feature definitions") }
        do throws(InvalidDefinitions) {
            _ = try Definitions(files: files)
            return []
        } catch {
            return error.problems.map { problem in
                Finding(problem.description, file: problem.place.file, line: problem.place.position?.line)
            }
        }
    }

    private static func definitionFiles(
        _ context: CheckContext
    ) throws -> [(path: RelativePath, bytes: [UInt8])] {
        guard context.scope == .commit, let repository = context.workspace.repository else {
            return try Definitions.files(of: context.workspace)
        }
        return try repository.indexEntries().filter { $0.isFile && Definitions.isDefinitionFile($0.path) }
            .map { ($0.path, try repository.contents(of: $0.id)) }
    }
}
