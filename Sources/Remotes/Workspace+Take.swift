import FileSystem
import ObjectStore
import SystemPackage
import Workspace

extension Workspace {
    /// Copies one version of an artifact from a remote, where there is no workspace: into a container, say.
    ///
    ///     try Workspace.take("models/late@v3", from: "s3://team-data/flights", to: "late", environment: variables)
    ///
    /// What is received is checked, and stands at its place as a whole or not at all.
    ///
    /// - Parameters:
    ///   - version: `ARTIFACT` for what the branch `main` has, or the only branch that has it; `ARTIFACT@TAG`;
    ///     `ARTIFACT@SNAPSHOT`.
    ///   - url: where the remote is.
    ///   - target: where the artifact goes; nothing may be there.
    ///   - folder: what relative paths start from.
    /// - Throws: ``RemoteError/unknownRef(location:_:)`` if the remote does not name it.
    public static func take(
        _ version: String, from url: String, to target: FilePath, in folder: FilePath, environment: [String: String],
        meter: ByteMeter? = nil
    ) throws -> FetchReport {
        let target = folder.pushing(target).lexicallyNormalized()
        if try target.status() != nil {
            throw WorkspaceError.misuse("\(displayed(target)) is there already; name another place with -o")
        }
        let remote = try openRemote(url, relativeTo: folder, environment: environment)
        guard let description = try remote.remoteDescription() else {
            throw RemoteError.empty(location: remote.location)
        }
        let refs = try RefLog(remote: remote).read().refs
        let id = try snapshot(version, refs, remote.location)
        // Beside the target, so that the artifact can be moved there in one step.
        let scratch = target.removingLastComponent().appending(temporaryName())
        defer { try? scratch.removeAll() }
        try scratch.makeDirectories()
        let workspace = try initialize(
            at: scratch, usesGit: false, environment: environment, parameters: description.parameters
        ).workspace
        let report = try workspace.fetch(from: remote, named: remote.location, .snapshots([id]), meter: meter)
        try workspace.checkout(id.description, meter: meter)
        let artifact = try workspace.store.snapshot(id).artifact
        try scratch.appending(artifact).rename(to: target)
        return report
    }

    private static func snapshot(
        _ version: String, _ refs: [RefKey: ObjectID], _ location: String
    ) throws -> ObjectID {
        let unknown = RemoteError.unknownRef(location: location, version)
        if let at = version.lastIndex(of: "@") {
            let (path, name) = (try RelativePath(String(version[..<at])), String(version[version.index(after: at)...]))
            guard let id = refs[RefKey(.tag, path, name)] ?? ObjectID(hex: name) else { throw unknown }
            return id
        }
        let path = try RelativePath(version)
        let heads = refs.filter { $0.key.kind == .head && $0.key.artifact == path }
        guard let id = refs[RefKey(.head, path, "main")] ?? (heads.count == 1 ? heads.first?.value : nil) else {
            throw unknown
        }
        return id
    }
}
