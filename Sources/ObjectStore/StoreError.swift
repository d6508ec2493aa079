import FileSystem

/// Why the object store could not do what was asked.
public enum StoreError: Error, Equatable {
    /// The operating system refused a file operation.
    case file(FileError)
    /// There is no store at the path.
    case noStore(String)
    /// There is a store at the path already.
    case storeExists(String)
    /// The store was written by a newer format, or its description is damaged.
    case unreadableFormat(path: String, reason: String)
    /// The store does not hold an object that was asked for.
    case missing(ObjectID, ObjectKind)
    /// The bytes found under an id are not those that were stored.
    case damaged(ObjectID, ObjectKind, reason: String)
    /// A file of the store is not what its name says.
    case damagedFile(path: String, reason: String)
    /// A stored object decodes to something that no honest writer makes, such as a name with a slash.
    case malformed(ObjectID, reason: String)
    /// A file changed each time it was read, so that no consistent content could be stored.
    case unstableFile(String)
    /// The file is neither a regular file, a folder nor a symbolic link.
    case unsupportedFile(String)
    /// The compression library refused its input.
    case compression(String)
    /// Another process uses the store, so that it cannot be cleaned up now.
    case busy(String)
    /// Nothing was removed, because what must be kept is not whole.
    case refusedCleanUp(reason: String)
    /// The name is not one that a tag can have.
    case invalidTag(String)
    /// The artifact has a tag of that name on another snapshot.
    case tagExists(String)
}

extension StoreError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .noStore(let path): "there is no store at \(path); run 'vintage init' first"
        case .storeExists(let path): "there is a store at \(path) already"
        case .unreadableFormat(let path, let reason): "cannot read the store's description \(path): \(reason)"
        case .missing(let id, let kind):
            "the store lacks the \(kind) \(id.short); run 'vintage fsck' to see what needs it"
        case .damaged(let id, let kind, let reason):
            "the \(kind) \(id.short) is damaged in the store (\(reason)); run 'vintage fsck --data' to see what it touches"
        case .damagedFile(let path, let reason): "the store's file \(path) is damaged: \(reason); run 'vintage fsck'"
        case .malformed(let id, let reason): "the object \(id.short) is refused: \(reason)"
        case .unstableFile(let path):
            "\(path) keeps changing while it is read; stop the program that writes it and try again"
        case .unsupportedFile(let path):
            "\(path) is neither a file, a folder nor a link and cannot be stored; remove it or list it in .vintageignore"
        case .compression(let message): "compression failed: \(message)"
        case .busy(let path): "another process works in the store at \(path); try again when it has finished"
        case .refusedCleanUp(let reason): "nothing was removed: \(reason); run 'vintage fsck' first"
        case .invalidTag(let name):
            "'\(name)' cannot be a tag: use letters, digits and . _ - + / with no leading or trailing slash"
        case .tagExists(let name): "there is a tag \(name) already; remove it first, or ask for it to be replaced"
        }
    }

    /// What is wrong, without where: the part of the line that a report puts behind the thing it is about.
    var reason: String {
        switch self {
        case .damaged(_, _, let reason), .malformed(_, let reason), .damagedFile(_, let reason): reason
        case .missing: "the store does not hold it"
        default: description
        }
    }
}

/// Runs a file operation and wraps its error.
@inline(__always)
func withFileErrors<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(StoreError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}

/// Runs a compression call and wraps its error.
@inline(__always)
func withCompressionErrors<Result: ~Copyable>(
    _ body: () throws(CompressionError) -> Result
) throws(StoreError) -> Result {
    do throws(CompressionError) {
        return try body()
    } catch {
        throw .compression(error.description)
    }
}
