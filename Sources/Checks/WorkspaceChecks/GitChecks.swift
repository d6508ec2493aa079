import FileSystem
import Git
import Workspace

// Checks of what git holds: no data that Vintage cares for, and no large files.

extension Check {
    static let artifactsOutOfGit = Check(
        id: "artifacts-out-of-git", title: "Git keeps no file of an artifact", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Looks in git's index for files of artifacts, as 'git add --force' puts them there. They would be stored twice, \
            and the two copies drift apart: 'git checkout' writes one, 'vintage checkout' the other. Run \
            'git rm -r --cached PATH' to leave them to Vintage, or 'vintage rm --cached ARTIFACT' to leave them to git.
            """
    ) { context in
        let repository = try context.requireRepository()
        return try context.requireLock().entries.compactMap { entry in
            guard try repository.hasTrackedFiles(at: entry.path) else { return nil }
            return Finding(
                "git keeps files at \(entry.path), which is an artifact; run 'git rm -r --cached \(entry.path)'",
                artifact: entry.path, file: entry.path)
        }
    }

    static let gitFileSize = Check(
        id: "git-file-size", title: "Git holds no file over the size limit", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Looks for files in git's index that are larger than the setting ci.max-git-file (10MB unless set; 0 is no \
            limit); the pre-commit hook looks only at files that the commit adds or changes. Git keeps every version of a \
            file in every clone for ever, so a large one is best an artifact: run 'git rm --cached FILE', then \
            'vintage add FILE'. Raise the limit with 'vintage config ci.max-git-file 50MB'.
            """
    ) { context in
        let repository = try context.requireRepository()
        let limit = context.workspace.configuration.maximumGitFileSize
        if limit == 0 { throw NotApplicable("ci.max-git-file is 0, no limit") }
        let files =
            switch context.scope {
            case .workspace: try repository.stagedFiles(largerThan: UInt64(limit))
            case .commit: try repository.stagedFiles(largerThan: UInt64(limit), changedOnly: true)
            }
        return files.map { file in
            Finding(
                "\(file.path) has \(ByteCount(Int(clamping: file.size))), and git should hold no file over "
                    + "\(ByteCount(limit)); run 'git rm --cached \(file.path)', then 'vintage add \(file.path)'",
                file: file.path)
        }
    }
}
