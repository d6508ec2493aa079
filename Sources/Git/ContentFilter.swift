import CGit2
import FileSystem
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What stands between git's objects and working files for files with the attribute `filter=NAME`, where libgit2 itself
/// reads or writes working files.
///
/// libgit2 does not run the filters of git's configuration. Contents pass through memory as a whole.
public struct ContentFilter: Sendable {
    /// Turns a content into another; `nil` leaves it as it is.
    public typealias Conversion = @Sendable (UnsafeRawBufferPointer) throws -> [UInt8]?

    /// From the working tree into git.
    public let clean: Conversion
    /// From git into the working tree.
    public let smudge: Conversion

    /// Takes the two directions.
    public init(clean: @escaping Conversion, smudge: @escaping Conversion) {
        self.clean = clean
        self.smudge = smudge
    }

    private static let current = Mutex<ContentFilter?>(nil)

    /// Uses the filter in this process from now on, for files with the attribute `filter=vintage`.
    public static func use(_ filter: ContentFilter) throws(GitError) {
        try Library.start()
        current.withLock { $0 = filter }
        try check(registration, "registering the filter of tracked files")
    }

    /// libgit2 knows one filter of the name, once and for all.
    private static let registration: Int32 = {
        // Never freed: libgit2 keeps it until the process ends.
        let filter = UnsafeMutablePointer<git_filter>.allocate(capacity: 1)
        git_filter_init(filter, UInt32(GIT_FILTER_VERSION))
        filter.pointee.attributes = UnsafePointer(strdup("filter=vintage"))
        filter.pointee.apply = { _, _, target, source, context in
            guard let target, let source, let filter = current.withLock({ $0 }) else { return GIT_PASSTHROUGH.rawValue }
            let bytes = UnsafeRawBufferPointer(start: source.pointee.ptr, count: source.pointee.size)
            do {
                let convert = git_filter_source_mode(context) == GIT_FILTER_CLEAN ? filter.clean : filter.smudge
                guard let result = try convert(bytes) else { return GIT_PASSTHROUGH.rawValue }
                return result.withUnsafeBytes { git_buf_set(target, $0.baseAddress, $0.count) }
            } catch {
                git_error_set_str(Int32(GIT_ERROR_FILTER.rawValue), "\(error)")
                return -1
            }
        }
        return git_filter_register("vintage", filter, GIT_FILTER_DRIVER_PRIORITY)
    }()
}
