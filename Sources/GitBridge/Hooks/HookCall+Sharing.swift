import FileSystem
import Git
import Remotes
import Workspace

extension HookCall {
    /// A ref that git is about to push.
    private struct PushedRef {
        let commit: GitObjectID
        /// What the data's heads are called there: the branch's name, or what stands behind `refs/`.
        let line: String
    }

    /// `pre-push`: what the pushed commits' locks name reaches the remote before the refs do.
    ///
    /// If it cannot, it throws, and git sends nothing.
    func sendData(_ workspace: Workspace, _ repository: Repository) throws -> Outcome {
        var outcome = Outcome()
        let refs = try pushedRefs(repository)
        if refs.isEmpty { return outcome }
        guard !workspace.remotes.isEmpty else {
            let hasData = try refs.contains { try !workspace.lock(at: $0.commit).entries.isEmpty }
            if try hasData || !workspace.trackedFiles().isEmpty {
                outcome.lines.append(
                    "there is no remote for data, so only git's part goes out; 'vintage remote add NAME PATH' names one"
                )
            }
            return outcome
        }
        let remote = remoteName(workspace)
        var (objects, bytes, name) = (0, UInt64(0), "")
        for ref in refs {
            let report = try workspace.push(remote: remote, commits: [ref.commit], branch: ref.line)
            (objects, bytes, name) = (objects + report.objects, bytes + report.bytes, report.remote)
        }
        if objects > 0 {
            outcome.lines.append(
                "sent \(objects) \(objects == 1 ? "object" : "objects"), \(ByteCount(Int(clamping: bytes))), to \(name)"
            )
        }
        return outcome
    }

    /// The remote for data that is called as git's is; `nil`, the default one, if there is none.
    private func remoteName(_ workspace: Workspace) -> String? {
        let gitName =
            arguments.first.map { String(decoding: $0, as: UTF8.self) } ?? environment["PRE_COMMIT_REMOTE_NAME"]
        return workspace.remotes.first { $0.name == gitName }?.name
    }

    /// What git writes to the hook: lines of `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`, zeros for a ref to be deleted.
    ///
    /// What is no commit, nor the tag of one, holds no lock.
    private func pushedRefs(_ repository: Repository) throws -> [PushedRef] {
        var refs: [PushedRef] = []
        for line in String(decoding: try readInput(), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4, let id = GitObjectID(hex: String(words[1])), !id.isZero,
                let commit = try? repository.resolve("\(id)")
            else { continue }
            refs.append(PushedRef(commit: commit, line: Self.line(words[2])))
        }
        // The pre-commit framework tells it by variables, and reads the list itself. Where the whole history goes out, it
        // names the branch alone.
        if refs.isEmpty, let branch = environment["PRE_COMMIT_REMOTE_BRANCH"],
            let name = environment["PRE_COMMIT_TO_REF"] ?? environment["PRE_COMMIT_LOCAL_BRANCH"],
            let commit = try? repository.resolve(name)
        {
            refs.append(PushedRef(commit: commit, line: Self.line(Substring(branch))))
        }
        return refs
    }

    private static func line(_ ref: Substring) -> String {
        for prefix in ["refs/heads/", "refs/"] where ref.hasPrefix(prefix) {
            return String(ref.dropFirst(prefix.count))
        }
        return String(ref)
    }

    /// Brings from the default remote what the lock names and the store lacks.
    ///
    /// A remote that is away keeps git from nothing: it becomes a line.
    func fetchWhatIsLacking(_ workspace: Workspace, _ outcome: inout Outcome) {
        do {
            if workspace.remotes.isEmpty { return }
            let lacking = try workspace.lock().entries.map(\.path).filter { try workspace.lacksData([$0]) }
            if lacking.isEmpty { return }
            let report = try workspace.fetch(.lock(lacking))
            outcome.lines.append(
                "received \(report.objects) \(report.objects == 1 ? "object" : "objects"), "
                    + "\(ByteCount(Int(clamping: report.bytes))), from \(report.remote)")
        } catch {
            outcome.lines.append("could not bring data: \(oneLine(error))")
        }
    }
}
