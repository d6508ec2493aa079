import FileSystem
import Git
import ObjectStore
import SystemPackage

extension Workspace {
    /// Lets one process at a time change the lock and the working files.
    ///
    /// The lock is the operating system's: it is gone with the process, however that ends.
    func alone<Result>(_ body: () throws -> Result) throws -> Result {
        let held = try openLock()
        _ = try held.file.lock(exclusively: true, waits: true)
        return try withExtendedLifetime(held) {
            try settleInterrupted()
            return try body()
        }
    }

    /// As ``alone(_:)``, but does nothing where another process is at it.
    ///
    /// - Returns: `nil` if so.
    func aloneUnlessBusy<Result>(_ body: () throws -> Result) throws -> Result? {
        let held = try openLock()
        guard try held.file.lock(exclusively: true, waits: false) else { return nil }
        return try withExtendedLifetime(held) {
            try settleInterrupted()
            return try body()
        }
    }

    /// Puts right what a process left that was ended in the middle, as far as it is certain what is right.
    private func settleInterrupted() throws {
        try takeBackCodeUpdate()
        // A merge that has become a commit would seem to wait again once HEAD is back where it began.
        if mergeStatePath.exists, try mergeState() == nil { try mergeStatePath.remove() }
    }

    private func openLock() throws -> HeldLock {
        try folder.makeDirectories()
        return HeldLock(try File(openingOrCreating: folder.appending("lock")))
    }

    /// Keeps a locked file open.
    private final class HeldLock {
        let file: File

        init(_ file: consuming File) { self.file = file }
    }

    /// Writes `vintage.lock` and, with git, stages it together with the rules that keep the artifacts out of git.
    func write(_ lock: Lock, replacing old: Lock) throws {
        try lockPath.replaceContents(with: lock.encoded())
        guard let repository else { return }
        let added = lock.entries.map(\.path).filter { old[$0] == nil }
        let removed = old.entries.map(\.path).filter { lock[$0] == nil }
        var staged = [Self.lockFile]
        if try updateIgnoreRules(adding: added, removing: removed, repository) { staged.append(Self.ignoreFile) }
        try repository.stage(staged)
    }

    /// Keeps `.gitignore` at the root in step with the artifacts.
    ///
    /// - Returns: whether it was changed.
    private func updateIgnoreRules(
        adding added: [RelativePath], removing removed: [RelativePath], _ repository: Repository
    ) throws -> Bool {
        if added.isEmpty && removed.isEmpty { return false }
        let path = root.appending(".gitignore")
        let text = try path.contentsIfPresent() ?? []
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let obsolete = Set(removed.map(Self.ignoreLine))
        lines.removeAll { obsolete.contains($0) }
        for artifact in added {
            let line = Self.ignoreLine(artifact)
            if !lines.contains(line), try !repository.isIgnored(artifact, isDirectory: false) { lines.append(line) }
        }
        let new = lines.isEmpty ? [] : Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
        if new == text { return false }
        try path.replaceContents(with: new)
        return true
    }

    /// The line of `.gitignore` that matches an artifact and nothing else that is likely.
    static func ignoreLine(_ artifact: RelativePath) -> [UInt8] {
        var line: [UInt8] = [UInt8(ascii: "/")]
        for byte in artifact.bytes {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\"), UInt8(ascii: " "):
                line += [UInt8(ascii: "\\"), byte]
            // A rule cannot hold a line's end: any character stands for it.
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): line.append(UInt8(ascii: "?"))
            default: line.append(byte)
            }
        }
        return line
    }

    /// The time and the author of what is done now.
    func signature(_ role: GitRole, date: Timestamp?) throws -> GitSignature? {
        guard let repository else { return nil }
        do throws(GitError) {
            var signature = try repository.defaultSignature(role)
            if let date {
                signature = GitSignature(
                    name: signature.name, email: signature.email, seconds: date.seconds,
                    offsetMinutes: date.offsetMinutes)
            }
            return signature
        } catch .noIdentity {
            return nil
        }
    }

    /// What a snapshot made now says of its origin.
    func provenance(message: String, command: String) throws -> Snapshot.Provenance {
        var provenance = Snapshot.Provenance()
        provenance.message = message
        provenance.command = command
        if let signature = try signature(.author, date: nil) {
            provenance.author = "\(signature.name) <\(signature.email)>"
        }
        provenance.codeCommit = try repository?.head().commit?.description ?? ""
        return provenance
    }

    /// Now, or the moment that the user or git's environment gives.
    func timestamp(_ date: Timestamp?) throws -> Timestamp {
        if let date { return date }
        if let signature = try signature(.committer, date: nil) {
            return Timestamp(seconds: signature.seconds, offsetMinutes: signature.offsetMinutes)
        }
        return Timestamp(seconds: fileSystemClock() / 1_000_000_000)
    }
}
