import FileSystem
import SystemPackage
import TextFormats
import Workspace

/// One call of the command in a workspace.
struct Session {
    /// The workspace that the folder lies in.
    let workspace: Workspace
    /// What the process was called with.
    let console: Console
    /// The colours of output.
    let palette: Palette

    /// Opens the workspace that the folder lies in.
    ///
    /// - Parameter skipsDamagedIndexes: whether a store with a damaged index opens all the same, for checking it.
    init(_ console: Console, skipsDamagedIndexes: Bool = false) throws {
        self.console = console
        workspace = try Workspace.open(
            from: console.workingDirectory, environment: console.environment, skipsDamagedIndexes: skipsDamagedIndexes)
        palette = Palette(mode: workspace.configuration.color, environment: console.environment)
    }

    /// Prints a line.
    func print(_ text: String = "") { console.output.print(text) }

    /// Prints a JSON object.
    func print(_ object: JSONObject) { console.output.print(JSON.object(object).text) }

    // MARK: Arguments

    /// The path that an argument names, from the workspace's root.
    func path(_ argument: RawArgument) throws -> RelativePath {
        try workspace.path(argument.bytes, from: console.workingDirectory)
    }

    /// The folder that the command was called in, from the workspace's root.
    func folder() throws -> RelativePath { try workspace.path([], from: console.workingDirectory) }

    /// The paths that arguments name, from the workspace's root.
    func paths(_ arguments: [RawArgument]) throws -> [RelativePath] {
        try arguments.map { try path($0) }
    }

    /// The artifact that bytes name from the folder the command was called in, else from the workspace's root.
    func artifact(named bytes: [UInt8], in lock: Lock) -> RelativePath? {
        if let path = try? workspace.path(bytes, from: console.workingDirectory), lock[path] != nil { return path }
        return lock.artifact(named: bytes)
    }

    /// A revision as the workspace takes it: with its artifact, if it names one, from the workspace's root.
    func revision(_ argument: RawArgument) throws -> String {
        try revision(argument.bytes).text
    }

    /// A revision as the workspace takes it, and the artifact that it names.
    func revision(_ bytes: [UInt8]) throws -> (text: String, artifact: RelativePath?) {
        let lock = try workspace.lock()
        switch try Revision(parsing: bytes, artifact: { artifact(named: $0, in: lock) }) {
        case .artifactTag(let artifact, let tag): return ("\(text(artifact))@\(tag)", artifact)
        case .artifactDate(let artifact, let date): return ("\(text(artifact))@{\(date)}", artifact)
        case .text(let text): return (text, nil)
        }
    }

    private func text(_ path: RelativePath) -> String { String(decoding: path.bytes, as: UTF8.self) }
}
