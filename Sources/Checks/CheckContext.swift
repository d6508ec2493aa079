import FileSystem
import Git
import ObjectStore
import Workspace

/// What checks look at, and what several of them need is found out once.
public final class CheckContext {
    /// The workspace.
    public let workspace: Workspace
    /// How much of it is looked at.
    public let scope: CheckScope
    /// Whether every byte of the store is read.
    public let readsData: Bool
    /// Is told of the bytes that are read.
    public let meter: ByteMeter?
    /// The checks that run, so that one can leave to another what both would find.
    var running: Set<String> = []

    private var lockTexts: [LockPlace: [UInt8]?] = [:]
    private var locks: [LockPlace: Result<Lock, LockError>] = [:]
    private var cachedStatus: StatusReport?

    /// Prepares to look at a workspace.
    public init(
        _ workspace: Workspace, scope: CheckScope, readsData: Bool = false, meter: ByteMeter? = nil
    ) {
        self.workspace = workspace
        self.scope = scope
        self.readsData = readsData
        self.meter = meter
    }

    static let lockFile = RelativePath(unchecked: Array(Lock.fileName.utf8))

    /// The git repository.
    ///
    /// - Throws: ``NotApplicable`` in a workspace without git.
    public func requireRepository() throws -> Repository {
        guard let repository = workspace.repository else { throw NotApplicable("the workspace has no git") }
        return repository
    }

    // MARK: The lock

    /// Where a lock may stand.
    enum LockPlace: CaseIterable {
        case workingTree
        case index
        case head

        /// The end of "vintage.lock …".
        var suffix: String {
            switch self {
            case .workingTree: ""
            case .index: " as staged"
            case .head: " in HEAD"
            }
        }
    }

    /// The places that the scope looks at.
    var lockPlaces: [LockPlace] {
        if workspace.repository == nil { return [.workingTree] }
        return scope == .commit ? [.workingTree, .index] : LockPlace.allCases
    }

    /// The text of the lock; `nil` where there is none.
    func lockText(_ place: LockPlace) throws -> [UInt8]? {
        if let known = lockTexts[place] { return known }
        let text: [UInt8]? =
            switch place {
            case .workingTree: try workspace.root.appending(Lock.fileName).contentsIfPresent()
            case .index: try workspace.repository?.stagedContents(of: Self.lockFile)
            case .head:
                try workspace.repository?.head().commit.flatMap {
                    try workspace.repository?.contents(of: Self.lockFile, at: $0)
                }
            }
        lockTexts[place] = .some(text)
        return text
    }

    /// The lock, or what is wrong with it; `nil` where there is none.
    func parsedLock(_ place: LockPlace) throws -> Result<Lock, LockError>? {
        if let known = locks[place] { return known }
        guard let text = try lockText(place) else { return nil }
        let same = try LockPlace.allCases.first { try locks[$0] != nil && lockText($0) == text }
        let lock = same.flatMap { locks[$0] } ?? Result { () throws(LockError) in try Lock(parsing: text) }
        locks[place] = lock
        return lock
    }

    /// The lock, where there is one and it can be read.
    func readableLock(_ place: LockPlace) throws -> Lock? {
        if case .success(let lock)? = try parsedLock(place) { return lock }
        return nil
    }

    /// Whether one of the places has a lock.
    ///
    /// - Throws: ``NotApplicable`` where none has.
    func requireAnyLock() throws {
        if try lockPlaces.allSatisfy({ try lockText($0) == nil }) { throw NotApplicable("there is no vintage.lock") }
    }

    /// The lock of the working tree.
    ///
    /// - Throws: ``NotApplicable`` where there is none, or none that can be read: other checks say so.
    func requireLock() throws -> Lock {
        switch try parsedLock(.workingTree) {
        case nil: throw NotApplicable("there is no vintage.lock")
        case .failure?: throw NotApplicable("vintage.lock cannot be read")
        case .success(let lock)?: return lock
        }
    }

    /// The line of each artifact in the working tree's lock.
    var lockLines: [RelativePath: Int] {
        guard case .success? = try? parsedLock(.workingTree), let text = try? lockText(.workingTree) else { return [:] }
        return Lock.lines(ofArtifactsIn: text)
    }

    // MARK: Working files

    /// How working files and lock stand to each other.
    func status() throws -> StatusReport {
        if let cachedStatus { return cachedStatus }
        _ = try requireLock()
        let status = try workspace.status(meter: meter)
        cachedStatus = status
        return status
    }
}
