/// A place that stores packs for many workspaces: a folder, later a bucket or another Vintage.
///
/// It knows names and bytes only; what the names mean is ``RemoteLayout``. Four acts are enough, so that a bucket can do
/// them: list, size, read a range, and create unless it is there. Nothing is ever changed or removed by them.
///
///     let remote: any Remote = FolderRemote("/mnt/share/flights")
///     try remote.create("packs/ab/ab12.pack", bytes)
///     try remote.list("packs/").map(\.name)
///
/// A remote may be used from any thread, and blocks the thread that calls it. Names hold lower-case letters, digits, `.`,
/// `-` and, between folders, `/`.
public protocol Remote: Sendable {
    /// Where it is, for messages.
    var location: String { get }

    /// How many requests are worth having under way at once.
    var parallelRequests: Int { get }

    /// The objects whose names begin so, in no particular order; `prefix` ends with a slash.
    ///
    /// Whatever was created before the call is in the list.
    func list(_ prefix: String) throws(RemoteError) -> [RemoteObject]

    /// How many bytes an object has, or `nil` if there is none of that name.
    func size(of name: String) throws(RemoteError) -> UInt64?

    /// Reads bytes of an object from an offset on until the buffer is full or the object ends.
    ///
    /// - Returns: how many bytes were read; `nil` if there is no object of that name.
    func read(
        _ name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RemoteError) -> Int?

    /// Creates an object with all its bytes, durably, unless there is one of that name.
    ///
    /// Of many who create one name at once exactly one succeeds. An object that is there is there as a whole.
    ///
    /// - Returns: `false` if there is an object of that name already; it is left as it is.
    @discardableResult
    func create(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(RemoteError) -> Bool

    /// Makes the place where objects go, if it is not there. Called at the beginning of each push.
    ///
    /// - Throws: ``RemoteError/notARemote(location:)`` if it is there and holds something, or
    ///   ``RemoteError/noFolder(location:)`` if it cannot be made.
    func prepare() throws(RemoteError)
}

/// An object of a remote, as a listing tells it.
public struct RemoteObject: Hashable, Sendable {
    /// Its name, from the remote's root.
    public let name: String
    /// How many bytes it has.
    public let size: UInt64

    /// Names an object.
    public init(name: String, size: UInt64) {
        self.name = name
        self.size = size
    }
}

extension Remote {
    /// The whole of an object, or `nil` if there is none of that name.
    ///
    /// - Parameter limit: the most bytes that it may have.
    func contents(_ name: String, limit: Int) throws(RemoteError) -> [UInt8]? {
        guard let size = try size(of: name) else { return nil }
        guard size <= UInt64(limit) else {
            throw .damaged(location: location, name: name, reason: "it has \(size) bytes, more than it can have")
        }
        var failure: RemoteError?
        var found: Int? = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            do throws(RemoteError) {
                found = try read(name, at: 0, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
            count = found ?? 0
        }
        if let failure { throw failure }
        return found == nil ? nil : bytes
    }

    /// Creates an object from an array.
    @discardableResult
    func create(_ name: String, _ bytes: [UInt8]) throws(RemoteError) -> Bool {
        let outcome = bytes.withUnsafeBytes { bytes -> Result<Bool, RemoteError> in
            do throws(RemoteError) {
                return .success(try create(name, bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
