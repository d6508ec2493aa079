/// Why something could not be done between git and the workspace.
public enum GitBridgeError: Error, Equatable {
    /// The repository is no workspace yet, so that there is no store for contents.
    case noWorkspace
    /// A file begins like a pointer and is none, as after a merge that left conflict markers in it.
    case brokenPointer
}

extension GitBridgeError: CustomStringConvertible {
    /// One line for people: what, and what to do next.
    public var description: String {
        switch self {
        case .noWorkspace: "this repository is no workspace yet; run 'vintage init' in it first"
        case .brokenPointer:
            "it begins like a pointer and is none; take a whole version of it, as with 'git checkout --ours -- FILE'"
        }
    }
}
