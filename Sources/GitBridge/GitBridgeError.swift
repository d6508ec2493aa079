import FileSystem
import Workspace

/// Why something could not be done between git and the workspace.
public enum GitBridgeError: Error, Equatable {
    /// The repository is no workspace yet, so that there is no store for contents.
    case noWorkspace
    /// A file is a pointer with conflict markers in it, as after a merge without the driver.
    case conflictedPointer
    /// The bytes are no pattern that a line of `.gitattributes` can have.
    case invalidPattern([UInt8])
    /// The contents of these files are not in the working tree, so that they cannot be moved into git.
    case withoutContent([RelativePath])
    /// The `git` command did not succeed; it has said why.
    case gitFailed(String, status: Int32)
}

extension GitBridgeError: CustomStringConvertible {
    /// One line for people: what, and what to do next.
    public var description: String {
        switch self {
        case .noWorkspace: "this repository is no workspace yet; run 'vintage init' in it first"
        case .conflictedPointer:
            "it is a pointer with conflict markers in it; take a whole version, as with 'git checkout --ours -- FILE'"
        case .invalidPattern(let pattern):
            "\(quotedForDisplay(pattern)) is no pattern of .gitattributes; write one such as '*.parquet' or 'data/**'"
        case .withoutContent(let paths):
            "\(paths[0])\(paths.count > 1 ? " and \(paths.count - 1) more" : "") stand as pointers; bring the contents with "
                + "'vintage checkout' first"
        case .gitFailed(let command, let status): "'\(command)' ended with status \(status)"
        }
    }
}

extension GitBridgeError {
    /// The status that a command should end with after the error.
    public var exitStatus: ExitStatus {
        switch self {
        case .noWorkspace, .conflictedPointer, .invalidPattern, .withoutContent: .misused
        case .gitFailed: .found
        }
    }
}
