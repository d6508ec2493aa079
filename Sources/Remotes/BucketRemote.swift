import Buckets
import SystemPackage

/// A remote in a bucket of a server that speaks S3's protocol.
///
/// An object is created by one conditional request, `If-None-Match: *`, which the server does for one of many writers.
public struct BucketRemote: Remote {
    private let bucket: Bucket
    /// As the user has written it, without what stands behind `?`.
    public let location: String

    /// Names a place in a bucket; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - root: what the relative path of a file of certificates starts from.
    ///   - environment: variables as Amazon's tools know them.
    /// - Throws: ``RemoteError/bucket(_:)``.
    public init(_ url: String, relativeTo root: FilePath, environment: [String: String]) throws(RemoteError) {
        location = String(url.prefix { $0 != "?" })
        bucket = try withBucketErrors { () throws(BucketError) in
            var location = try BucketLocation(parsing: url)
            if let path = location.certificates { location.certificates = root.pushing(FilePath(path)).string }
            return try Bucket(location, environment: environment)
        }
    }

    /// Requests wait for the wire more than for the server.
    public var parallelRequests: Int { Bucket.connections }

    /// Looks whether the bucket is there, and whether what is there is a remote; a bucket is not made.
    public func prepare() throws(RemoteError) {
        if try size(of: RemoteLayout.description) != nil { return }
        let found = try withBucketErrors { () throws(BucketError) in try bucket.list("", limit: 1) }
        if found.isEmpty { return }
        // Another push may have made it a remote just now.
        guard try size(of: RemoteLayout.description) != nil else { throw .notARemote(location: location) }
    }

    /// Lists what is there.
    public func list(_ prefix: String) throws(RemoteError) -> [RemoteObject] {
        try withBucketErrors { () throws(BucketError) in try bucket.list(prefix) }
            .map { RemoteObject(name: $0.name, size: $0.size) }
    }

    /// The size of an object.
    public func size(of name: String) throws(RemoteError) -> UInt64? {
        try withBucketErrors { () throws(BucketError) in try bucket.size(of: name) }
    }

    /// Reads a part of an object.
    public func read(
        _ name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RemoteError) -> Int? {
        try withBucketErrors { () throws(BucketError) in try bucket.read(name, at: offset, into: buffer) }
    }

    /// Creates an object unless its name is taken.
    public func create(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(RemoteError) -> Bool {
        try withBucketErrors { () throws(BucketError) in try bucket.create(name, bytes) }
    }
}

/// Runs an operation of a bucket and wraps its error.
private func withBucketErrors<Result>(_ body: () throws(BucketError) -> Result) throws(RemoteError) -> Result {
    do throws(BucketError) {
        return try body()
    } catch {
        throw .bucket(error)
    }
}
