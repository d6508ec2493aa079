import FileSystem
import ObjectStore

/// What `vintage.lock` says: which snapshot each artifact of a workspace is at.
///
/// The file is text, committed to git, one line an artifact, sorted by path:
///
///     # vintage lock 1
///     2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 data/flights
///     4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865 "odd\nname"
///
/// A path with special bytes is quoted as ``FileSystem/quotedForDisplay(_:)`` does. No artifact lies inside another.
///
///     var lock = try Lock(parsing: bytes)
///     try lock.set(snapshot, for: try RelativePath("data/flights"))
///     let bytes = lock.encoded()
public struct Lock: Equatable, Sendable {
    /// An artifact and its snapshot.
    public struct Entry: Equatable, Sendable {
        /// Where the artifact is in the workspace.
        public let path: RelativePath
        /// The id of the snapshot.
        public let snapshot: ObjectID

        /// Names an artifact's snapshot.
        public init(path: RelativePath, snapshot: ObjectID) {
            self.path = path
            self.snapshot = snapshot
        }
    }

    /// The file's name at the root of a workspace.
    public static let fileName = "vintage.lock"

    /// The artifacts, sorted by path.
    public private(set) var entries: [Entry] = []

    /// A lock without artifacts.
    public init() {}

    /// Takes the artifacts in any order.
    ///
    /// - Throws: ``ArtifactPathError`` if a path is not fit for an artifact, or lies in another or is there twice.
    public init(_ entries: some Sequence<Entry>) throws(ArtifactPathError) {
        self.entries = entries.sorted { $0.path < $1.path }
        var previous: RelativePath?
        for entry in self.entries {
            try entry.path.checkIsArtifactPath()
            // What lies in a folder follows it directly in the order of paths.
            if let previous, previous.contains(entry.path) { throw .isInside(entry.path, artifact: previous) }
            previous = entry.path
        }
    }

    /// Takes artifacts that are known to be sorted and fit.
    init(sorted entries: [Entry]) {
        self.entries = entries
    }

    /// The snapshot that an artifact is at, or `nil` for a path that is no artifact.
    ///
    /// Complexity: O(log *n*).
    public subscript(path: RelativePath) -> ObjectID? {
        let index = index(of: path)
        return index < entries.count && entries[index].path == path ? entries[index].snapshot : nil
    }

    /// The artifact that is at a path or around it, or `nil` if none is.
    ///
    /// Complexity: O(log *n*).
    public func artifact(containing path: RelativePath) -> RelativePath? {
        // An artifact around the path comes before it, and nothing but its own content could come between.
        let index = index(of: path)
        if index < entries.count && entries[index].path == path { return path }
        guard index > 0, entries[index - 1].path.contains(path) else { return nil }
        return entries[index - 1].path
    }

    /// The artifacts at a path or below it, sorted; all of them for the root.
    ///
    /// Complexity: O(log *n*) and the number of those found.
    public func artifacts(inside folder: RelativePath) -> ArraySlice<Entry> {
        let first = index(of: folder)
        var end = first
        while end < entries.count && folder.contains(entries[end].path) { end += 1 }
        return entries[first..<end]
    }

    /// Adds an artifact, or moves it to another snapshot.
    ///
    /// - Throws: ``ArtifactPathError`` if the path is not fit for an artifact, or lies in one or around one.
    public mutating func set(_ snapshot: ObjectID, for path: RelativePath) throws(ArtifactPathError) {
        let index = index(of: path)
        let entry = Entry(path: path, snapshot: snapshot)
        if index < entries.count && entries[index].path == path {
            entries[index] = entry
            return
        }
        try path.checkIsArtifactPath()
        if let artifact = artifact(containing: path) { throw .isInside(path, artifact: artifact) }
        if index < entries.count && path.contains(entries[index].path) {
            throw .holds(path, artifact: entries[index].path)
        }
        entries.insert(entry, at: index)
    }

    /// Removes an artifact and gives the snapshot that it was at, or `nil` for a path that is no artifact.
    @discardableResult
    public mutating func remove(_ path: RelativePath) -> ObjectID? {
        let index = index(of: path)
        guard index < entries.count && entries[index].path == path else { return nil }
        return entries.remove(at: index).snapshot
    }

    /// The index of the first entry whose path is not before another.
    private func index(of path: RelativePath) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether the entries are sorted and no artifact lies inside another; for tests.
    package func checkInvariants() -> Bool {
        zip(entries, entries.dropFirst()).allSatisfy { $0.path < $1.path && !$0.path.contains($1.path) }
    }
}
