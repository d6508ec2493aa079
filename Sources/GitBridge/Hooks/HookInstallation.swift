import FileSystem
import Git
import SystemPackage
import Workspace

/// Vintage's hooks in a repository's folder of hooks: put there, taken away, looked at.
///
///     let installation = try HookInstallation(repository)
///     try installation.install()
///     try installation.status(of: .preCommit).isInstalled   // true
///     try installation.uninstall()
///
/// A hook that is there already is kept beside ours under another name, and runs first.
public struct HookInstallation {
    /// The folder of hooks, which `core.hooksPath` may have moved, and linked working trees share.
    public let folder: FilePath

    /// What the name of a hook that was there before ends with.
    public static let suffix = ".before-vintage"
    /// An empty file that tells that the folder itself was made by an installation.
    private static let folderMark = ".made-by-vintage"

    /// Finds the folder of hooks.
    public init(_ repository: Repository) throws {
        folder = try repository.hooksDirectory()
    }

    private func path(_ hook: Hook) -> FilePath { folder.appending(hook.name) }
    private func savedPath(_ hook: Hook) -> FilePath { folder.appending(hook.name + Self.suffix) }

    // MARK: Looking

    /// What stands in the place of a hook.
    public enum Occupant: Sendable, Equatable {
        /// Nothing.
        case nothing
        /// Vintage's script, as this version has it.
        case current
        /// Vintage's script, as another version has it, or one that was edited.
        case outdated
        /// Somebody else's hook.
        case other
    }

    /// How a hook stands.
    public struct Status: Sendable, Equatable {
        /// What git runs.
        public let occupant: Occupant
        /// Whether a hook from before the installation is kept beside it.
        public let hasSaved: Bool
        /// Whether that one is executable, so that it runs first.
        public let runsSaved: Bool

        /// Whether git runs Vintage's script.
        public var isInstalled: Bool { occupant == .current || occupant == .outdated }
    }

    /// How a hook stands.
    public func status(of hook: Hook) throws -> Status {
        let saved = try savedPath(hook).status()
        return Status(
            occupant: try occupant(of: hook), hasSaved: saved != nil,
            runsSaved: savedPath(hook).isExecutableFile)
    }

    private func occupant(of hook: Hook) throws -> Occupant {
        let path = path(hook)
        guard let status = try path.status() else { return .nothing }
        // A link, be it to a copy of our script, was put there by somebody else.
        guard status.kind == .regular else { return .other }
        let contents = try path.contents()
        if contents == hook.script { return path.isExecutableFile ? .current : .outdated }
        return contents.starts(with: hook.scriptStart) ? .outdated : .other
    }

    // MARK: Changing

    /// Puts all hooks in place. Those that are there already are kept, and run first.
    ///
    /// Nothing is changed where all is as it should be. When it is interrupted, running it again completes it.
    ///
    /// - Returns: the hooks whose script was written.
    /// - Throws: ``HookError``, before anything is changed.
    @discardableResult
    public func install() throws -> [Hook] {
        if let status = try folder.status(), status.kind != .directory, !folder.isDirectoryBehindLinks {
            throw HookError.notAFolder(folder)
        }
        for hook in Hook.allCases {
            let status = try status(of: hook)
            if status.occupant == .other, status.hasSaved {
                throw HookError.twoHooks(path(hook), savedPath(hook))
            }
        }
        if !folder.exists {
            try folder.makeDirectories()
            try folder.appending(Self.folderMark).replaceContents(with: [], isDurable: false)
        }
        var written: [Hook] = []
        for hook in Hook.allCases {
            switch try occupant(of: hook) {
            case .current: continue
            case .other: try path(hook).rename(to: savedPath(hook))
            case .nothing, .outdated: break
            }
            try write(hook)
            written.append(hook)
        }
        return written
    }

    private func write(_ hook: Hook) throws {
        let temporary = folder.appending(temporaryName())
        do {
            let file = try File(creating: temporary, permissions: 0o777)
            try file.write(hook.script)
            try temporary.rename(to: path(hook))
        } catch {
            try? temporary.remove()
            throw error
        }
    }

    /// What ``uninstall()`` did.
    public struct Removal: Sendable, Equatable {
        /// The hooks that were taken away.
        public var removed: [Hook] = []
        /// Those that were there before and are in their place again.
        public var restored: [Hook] = []
        /// Those that somebody put into our place since; they and what is saved beside them stay as they are.
        public var left: [Hook] = []
    }

    /// Takes all hooks away, and puts those back that were there before, as they were.
    public func uninstall() throws -> Removal {
        var removal = Removal()
        for hook in Hook.allCases {
            let status = try status(of: hook)
            if status.occupant == .other {
                if status.hasSaved { removal.left.append(hook) }
                continue
            }
            if status.hasSaved {
                // One step, so that there is no moment without either.
                try savedPath(hook).rename(to: path(hook))
                removal.restored.append(hook)
            } else if status.isInstalled {
                try path(hook).remove()
            }
            if status.isInstalled { removal.removed.append(hook) }
        }
        let mark = folder.appending(Self.folderMark)
        if mark.exists {
            try mark.remove()
            if let name = folder.lastComponent, folder.removingLastComponent().exists {
                try Directory(folder.removingLastComponent()).removeDirectory(FilePath(root: nil, [name]).bytes)
            }
        }
        return removal
    }
}

/// Why hooks could not be installed.
public enum HookError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// The workspace has no git.
    case needsGit
    /// What `core.hooksPath` names is no folder.
    case notAFolder(FilePath)
    /// Somebody put another hook into the place of ours, and the one from before is still kept.
    case twoHooks(FilePath, FilePath)

    /// All of it is for the user to put right.
    public var exitStatus: ExitStatus { .misused }

    /// One line for people.
    public var description: String {
        switch self {
        case .needsGit: "hooks are git's, and this workspace was made with --no-git"
        case .notAFolder(let path):
            "\(displayed(path)) is no folder, so no hook runs from there; correct core.hooksPath with 'git config'"
        case .twoHooks(let path, let saved):
            "there are two hooks that were there before: \(displayed(path)) and \(displayed(saved)); put together what "
                + "should run into one of them and remove the other"
        }
    }
}

extension FilePath {
    /// Whether it is a file that the system would run.
    fileprivate var isExecutableFile: Bool {
        guard let file = try? File(reading: self), let status = try? file.status() else { return false }
        return status.kind == .regular && status.isExecutable
    }

    /// Whether a link leads to a folder.
    fileprivate var isDirectoryBehindLinks: Bool { (try? Directory(self)) != nil }
}
