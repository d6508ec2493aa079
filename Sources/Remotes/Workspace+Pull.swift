import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

extension Workspace {
    /// Brings what the lock names from a remote, and the working files to it.
    ///
    /// With git, the lock says what is wanted: `git pull` moves it. Without git the remote's heads do, as long as they
    /// lead on from what is here.
    ///
    /// - Parameters:
    ///   - remote: its name; the default one by default.
    ///   - artifacts: artifacts, or folders with artifacts; by default all.
    ///   - withHistory: whether older versions come too.
    ///   - force: whether changes that are stored nowhere are overwritten; they are stored first.
    /// - Throws: ``RemoteError/diverged(location:_:)`` in a workspace without git, once the other versions are here.
    @discardableResult
    public func pull(
        remote name: String? = nil, artifacts: [RelativePath] = [], withHistory: Bool = false, force: Bool = false,
        meter: ByteMeter? = nil, command: String = "vintage pull"
    ) throws -> PullReport {
        if repository == nil {
            return try pullHeads(
                remote: name, artifacts, withHistory: withHistory, force: force, meter: meter, command: command)
        }
        let fetched = try fetch(remote: name, .lock(artifacts), withHistory: withHistory, meter: meter)
        let shared = try SharedPaths(artifacts, in: lock(), of: self, everyVersion: false)
        // Contents of tracked files are git's to put in place.
        if !artifacts.isEmpty && shared.artifacts.isEmpty {
            return PullReport(fetch: fetched, checkout: CheckoutReport())
        }
        let checkout = try checkout(
            nil, paths: artifacts.isEmpty ? [] : shared.artifacts, force: force, meter: meter, command: command)
        return PullReport(fetch: fetched, checkout: checkout)
    }

    private func pullHeads(
        remote name: String?, _ paths: [RelativePath], withHistory: Bool, force: Bool, meter: ByteMeter?,
        command: String
    ) throws -> PullReport {
        let setting = try remoteSetting(name)
        let remote = try open(setting)
        // A history that is not here cannot be compared with what is.
        let fetched = try fetch(
            from: remote, named: setting.name, .heads(branch: "main", paths), withHistory: true, meter: meter)
        var report = PullReport(fetch: fetched, checkout: CheckoutReport())
        var diverged: [RefMove] = []
        for id in fetched.snapshots {
            let artifact = try store.snapshot(id).artifact
            if let present = try lock()[artifact] {
                if try present == id || ancestors(present)[id] != nil { continue }
                guard try ancestors(id)[present] != nil else {
                    diverged.append(RefMove(RefKey(.head, artifact, "main"), from: id, to: present))
                    continue
                }
            }
            let done = try checkout(id.description, force: force, meter: meter, command: command)
            report.checkout.artifacts += done.artifacts
            report.checkout.kept += done.kept
        }
        if !diverged.isEmpty { throw RemoteError.diverged(location: remote.location, diverged) }
        return report
    }

    /// Copies a git repository with its data: clones it, makes the store, and brings what the lock names from the remote
    /// that the settings name.
    ///
    /// - Parameters:
    ///   - url: what `git clone` takes.
    ///   - directory: the new folder; `nil` for what `git clone` would choose, below `folder`.
    ///   - folder: where the user stands.
    ///   - branch: the branch to check out; the repository's own by default.
    ///   - setUp: called with the new workspace before data is brought, so that it is usable if that fails.
    public static func clone(
        _ url: String, to directory: FilePath?, from folder: FilePath, branch: String? = nil,
        withHistory: Bool = false, environment: [String: String] = [:], meter: ByteMeter? = nil,
        command: String = "vintage clone", setUp: (Workspace) throws -> Void = { _ in }
    ) throws -> CloneReport {
        let directory = try Repository.clone(url, to: directory, from: folder, branch: branch)
        // A store that cuts files as the team's does finds equal content to be stored already.
        let workspace = try initialize(
            at: directory, usesGit: true, environment: environment,
            parameters: try chunking(of: directory, environment)
        ).workspace
        try setUp(workspace)
        let hasData = try !workspace.lock().entries.isEmpty || !workspace.trackedFiles().isEmpty
        guard !workspace.remotes.isEmpty, hasData else {
            return CloneReport(workspace: workspace, pull: nil)
        }
        let pull = try workspace.pull(withHistory: withHistory, meter: meter, command: command)
        return CloneReport(workspace: workspace, pull: pull)
    }

    /// How the stores that push to a clone's remote cut files.
    private static func chunking(
        of directory: FilePath, _ environment: [String: String]
    ) throws -> ChunkingParameters {
        let settings = try Configuration.remotes(
            shared: try directory.appending(configurationName).contentsIfPresent())
        let name = environment[remoteVariable]
        let setting = settings.first { $0.name == name } ?? settings.first(where: \.isDefault) ?? settings.first
        guard let setting else { return .standard }
        return try openRemote(setting.url, relativeTo: directory, environment: environment)
            .remoteDescription()?.parameters ?? .standard
    }
}
