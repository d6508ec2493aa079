import FileSystem

/// One thing that a check found.
public struct Finding: Sendable, Equatable {
    /// What is wrong, where, and what to do next, in one line.
    public let message: String
    /// How much it matters; `nil` for the check's own severity.
    public let severity: CheckSeverity?
    /// The artifact that it is about.
    public let artifact: RelativePath?
    /// The file that it is about, from the workspace's root: one of git's, or one in the artifact.
    public let file: RelativePath?
    /// The line of that file, from 1.
    public let line: Int?

    /// Tells what was found.
    public init(
        _ message: String, severity: CheckSeverity? = nil, artifact: RelativePath? = nil, file: RelativePath? = nil,
        line: Int? = nil
    ) {
        self.message = message
        self.severity = severity
        self.artifact = artifact
        self.file = file
        self.line = line
    }
}
