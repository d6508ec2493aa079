import FileSystem
import ObjectStore
import SystemPackage

/// A merge that waits for the user: what the other side has, and which files are still in conflict.
struct MergeState {
    /// The other side's snapshot of each artifact that both sides changed.
    var theirs: [RelativePath: ObjectID] = [:]
    /// Paths from the workspace's root that nobody has decided on yet.
    var unresolved: [RelativePath] = []
    /// The lock before the merge.
    var lockBefore: [UInt8] = []
    /// What the merge did to working files.
    var files: [Operation.FileState] = []
    /// The message that the merge's commit gets unless the user gives one.
    var message = ""
    /// HEAD's commit before the merge; empty for a merge of one artifact, which git knows nothing of.
    var head = ""
    /// Whether git itself began the merge, as in a rebase: working files are as they were, and git does not say when it is
    /// over.
    var isOfGit = false

    private static let magic: StaticString = "vintage merge 2\n"

    init() {}

    /// Reads the state of a merge in progress; `nil` if there is none.
    init?(reading path: FilePath) throws {
        guard let bytes = try path.contentsIfPresent() else { return nil }
        do {
            self = try Self.decode(bytes)
        } catch let failure as DecodingFailure {
            throw WorkspaceError.damagedFile(displayed(path), reason: failure.reason)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws -> MergeState {
        let body = Array(bytes.dropLast(ObjectID.byteCount))
        guard bytes.count > ObjectID.byteCount,
            ObjectID(of: body).bytes.elementsEqual(bytes.suffix(ObjectID.byteCount))
        else { throw DecodingFailure("its checksum does not match") }
        var decoder = Decoder(body)
        try decoder.expect(magic)
        var state = MergeState()
        for _ in 0..<(try decoder.count()) {
            let path = try RelativePath(bytes: try decoder.counted())
            state.theirs[path] = try decoder.id()
        }
        for _ in 0..<(try decoder.count()) { state.unresolved.append(try RelativePath(bytes: try decoder.counted())) }
        state.lockBefore = try decoder.counted()
        for _ in 0..<(try decoder.count()) {
            let path = try RelativePath(bytes: try decoder.counted())
            let before = try decoder.byte() == 0 ? nil : try decoder.id()
            state.files.append(Operation.FileState(artifact: path, before: before))
        }
        state.message = try decoder.text()
        state.head = try decoder.text()
        state.isOfGit = try decoder.byte() != 0
        try decoder.end()
        return state
    }

    func encoded() -> [UInt8] {
        var encoder = Encoder()
        encoder.append(fixed: Self.magic)
        encoder.append(number: UInt64(theirs.count))
        for (path, id) in theirs.sorted(by: { $0.key < $1.key }) {
            encoder.append(counted: path.bytes)
            encoder.append(id)
        }
        encoder.append(number: UInt64(unresolved.count))
        for path in unresolved { encoder.append(counted: path.bytes) }
        encoder.append(counted: lockBefore)
        encoder.append(number: UInt64(files.count))
        for state in files {
            encoder.append(counted: state.artifact.bytes)
            encoder.append(state.before == nil ? 0 : 1)
            if let before = state.before { encoder.append(before) }
        }
        encoder.append(counted: Array(message.utf8))
        encoder.append(counted: Array(head.utf8))
        encoder.append(isOfGit ? 1 : 0)
        return encoder.bytes + ObjectID(of: encoder.bytes).bytes
    }
}

extension Workspace {
    var mergeStatePath: FilePath { folder.appending("merge") }

    /// The merge that waits for the user, or `nil`.
    ///
    /// One that git has committed is over, even if whoever committed it could not say so here. So is one that git began
    /// once nothing of the repository speaks for it any more.
    func mergeState() throws -> MergeState? {
        guard let state = try MergeState(reading: mergeStatePath) else { return nil }
        guard let repository, !state.head.isEmpty else { return state }
        guard try repository.head().commit?.description == state.head else { return nil }
        guard state.isOfGit, try repository.mergeHead() == nil else { return state }
        if try repository.conflictedPaths().contains(Self.lockFile) { return state }
        return try lock() == headLock() ? nil : state
    }

    /// Takes conflicts at or below paths for decided, once the user has added them.
    func resolveConflicts(at paths: [RelativePath]) throws {
        guard var state = try mergeState() else { return }
        let left = state.unresolved.filter { conflict in !paths.contains { $0.contains(conflict) } }
        if left == state.unresolved { return }
        state.unresolved = left
        try mergeStatePath.replaceContents(with: state.encoded())
    }
}
