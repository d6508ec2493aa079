import Buckets
import FileSystem
import ObjectStore
import Workspace

/// Why something could not be done with a remote.
public enum RemoteError: Error, Equatable {
    /// The operating system refused a file operation, here or in a folder that is a remote.
    case file(FileError)
    /// The store on this side failed.
    case store(StoreError)
    /// A bucket, or what tells who asks it, failed.
    case bucket(BucketError)
    /// No remote has that name; `nearest` is the name most like it.
    case unknownRemote(String, nearest: String?)
    /// The settings name no remote at all.
    case noRemote
    /// There are several remotes, and none of them is the default.
    case noDefault([String])
    /// A remote has that name already.
    case remoteExists(String)
    /// A remote cannot have that name.
    case invalidName(String)
    /// The location is of a kind that is not known here.
    case unsupportedLocation(String)
    /// There is no folder in which the remote could be made.
    case noFolder(location: String)
    /// Something else than a remote is there.
    case notARemote(location: String)
    /// Nothing has been pushed there yet.
    case empty(location: String)
    /// The remote is of a newer format, or its description is damaged.
    case unreadableFormat(location: String, reason: String)
    /// An object of the remote is not what its name or its index says.
    case damaged(location: String, name: String, reason: String)
    /// The remote lacks an object that is needed.
    case lacks(location: String, ObjectID, ObjectKind)
    /// Others have moved these on, to versions that the pushed history does not hold.
    case moved(location: String, [RefMove])
    /// Others were always quicker to move refs.
    case contended(location: String)
    /// The remote has no such tag or artifact.
    case unknownRef(location: String, String)
    /// Both sides have versions of these artifacts that the other lacks.
    case diverged(location: String, [RefMove])
}

extension RemoteError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .store(let error): error.description
        case .bucket(let error): error.description
        case .unknownRemote(let name, let nearest?): "there is no remote '\(name)'; did you mean '\(nearest)'?"
        case .unknownRemote(let name, nil):
            "there is no remote '\(name)'; run 'vintage remote list' to see those there are"
        case .noRemote: "there is no remote; run 'vintage remote add NAME PATH' first"
        case .noDefault(let names):
            "no remote is the default; name one of \(names.joined(separator: ", ")), or run "
                + "'vintage remote set NAME --default'"
        case .remoteExists(let name):
            "there is a remote '\(name)' already; run 'vintage remote set \(name) PATH' to move it"
        case .invalidName(let name):
            "'\(name)' cannot be a remote's name: use letters, digits, - and _, beginning with a letter"
        case .unsupportedLocation(let text):
            "'\(text)' is no place that this version knows; give the path of a folder, or s3://BUCKET/PREFIX"
        case .noFolder(let location):
            "there is no folder \(location); make it, or mount the disk it is on, and try again"
        case .notARemote(let location):
            "\(location) holds something else than a remote; name an empty folder or one that does not exist yet"
        case .empty(let location): "nothing has been pushed to \(location) yet; run 'vintage push' where the data is"
        case .unreadableFormat(let location, let reason): "cannot read the remote \(location): \(reason)"
        case .damaged(let location, let name, let reason):
            "the remote \(location) is damaged: \(name): \(reason); nothing of it was taken"
        case .lacks(let location, let id, let kind):
            "the remote \(location) lacks the \(kind) \(id.short); run 'vintage push' where the data is"
        case .moved(let location, let moves):
            "others have pushed to \(location) meanwhile: \(Self.listed(moves)); bring their versions in with 'git pull' "
                + "and 'vintage pull', and push again (--force pushes all the same)"
        case .contended(let location): "others push to \(location) all the time; push again"
        case .unknownRef(let location, let name): "the remote \(location) has no \(name)"
        case .diverged(let location, let moves):
            "both here and in \(location) there are new versions: \(Self.listed(moves)); their content is here now: run "
                + "'vintage merge' with each id, then push"
        }
    }

    private static func listed(_ moves: [RefMove]) -> String {
        let shown = moves.prefix(5).map { move in
            "\(move.key) is at \(move.old?.short ?? "nothing")"
        }.joined(separator: ", ")
        return moves.count > 5 ? "\(shown) and \(moves.count - 5) more" : shown
    }
}

extension RemoteError: ErrorWithExitStatus {
    /// Wrong use is told from damage, and damage from an environment that fails.
    public var exitStatus: ExitStatus {
        switch self {
        case .bucket(.malformedLocation): .misused
        case .file, .contended, .noFolder, .bucket: .failed
        case .store(let error): statusOfStoreError(error)
        case .unreadableFormat, .damaged, .lacks, .moved, .diverged: .found
        case .unknownRemote, .noRemote, .noDefault, .remoteExists, .invalidName, .unsupportedLocation, .notARemote,
            .empty, .unknownRef:
            .misused
        }
    }
}

private func statusOfStoreError(_ error: StoreError) -> ExitStatus { exitStatus(of: error) }

/// Runs a file operation and wraps its error.
@inline(__always)
func withFileErrors<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(RemoteError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}

/// Runs an operation of the store on this side and wraps its error.
@inline(__always)
func withStoreErrors<Result: ~Copyable>(_ body: () throws(StoreError) -> Result) throws(RemoteError) -> Result {
    do throws(StoreError) {
        return try body()
    } catch {
        throw .store(error)
    }
}
