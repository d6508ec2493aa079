import SystemPackage

/// A file operation that the operating system refused: what was tried, on what, and why.
public struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was being done, as a verb: `open`, `read`, `rename`.
    public let operation: String
    /// The path or name it was done on, ready for display.
    public let path: String
    /// The system's reason.
    public let code: Errno

    /// Names a failed operation.
    public init(operation: String, path: String, code: Errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package init(_ operation: String, _ path: FilePath, _ code: Errno = .current) {
        self.init(operation: operation, path: displayed(path), code: code)
    }

    package init(_ operation: String, name: some Sequence<UInt8>, _ code: Errno = .current) {
        self.init(operation: operation, path: quotedForDisplay(name), code: code)
    }

    /// Whether the file was simply not there.
    public var isNotFound: Bool { code == .noSuchFileOrDirectory || code == .notDirectory }

    /// One line for people, with what to do next where that is known.
    public var description: String {
        let advice =
            switch code {
            case .noSpace: "; free some space on that disk and try again: nothing stored so far is lost"
            case .diskQuotaExceeded: "; raise the quota or free some space and try again"
            case .permissionDenied, .notPermitted: "; check who owns it and its permissions"
            case .readOnlyFileSystem: "; the file system is mounted read-only"
            case .fileTooLarge: "; raise the limit on the size of files (ulimit -f), or use another file system"
            case .tooManyOpenFiles: "; raise the limit on open files (ulimit -n)"
            default: ""
            }
        return "cannot \(operation) \(path): \(code)\(advice)"
    }
}

extension Errno {
    package static var current: Errno { Errno(rawValue: systemErrno) }
}

/// A path for people, quoted where it holds unprintable bytes.
public func displayed(_ path: FilePath) -> String {
    path.withPlatformString { text in
        quotedForDisplay(UnsafeBufferPointer(start: text, count: cLength(text)).map { UInt8(bitPattern: $0) })
    }
}
