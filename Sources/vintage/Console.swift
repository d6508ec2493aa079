import CPlatform
import FileSystem
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the process was called with, and where its output goes.
struct Console {
    /// The arguments after the program's name, byte for byte.
    let arguments: [[UInt8]]
    /// The environment's variables.
    let environment: [String: String]
    /// The folder it was called in.
    let workingDirectory: FilePath
    /// Standard output.
    let output: Output

    /// Reads what there is to know from the process.
    ///
    /// - Throws: ``FileSystem/FileError`` if the folder it was called in is gone.
    init(arguments: [[UInt8]], output: Output) throws(FileError) {
        self.arguments = arguments
        self.output = output
        environment = Self.variables
        guard let path = getcwd(nil, 0) else {
            throw FileError(operation: "find", path: "the folder you are in", code: Errno(rawValue: errno))
        }
        defer { free(path) }
        workingDirectory = FilePath(platformString: path)
    }

    /// A folder or file that an argument names.
    func filePath(_ argument: RawArgument) -> FilePath {
        let path = (argument.bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
            FilePath(platformString: $0.baseAddress!)
        }
        return workingDirectory.pushing(path).lexicallyNormalized()
    }

    /// The command line as a shell would read it, for the record of operations.
    var commandLine: String {
        (["vintage"] + arguments.map(Self.quotedForShell)).joined(separator: " ")
    }

    private static func quotedForShell(_ argument: [UInt8]) -> String {
        let plain = Array("-_./@:=,+%~^".utf8)
        let isPlain = argument.allSatisfy { byte in
            byte >= 0x80 || plain.contains(byte) || Unicode.Scalar(byte).properties.isAlphabetic
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let text = String(decoding: argument, as: UTF8.self)
        if isPlain && !argument.isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static var variables: [String: String] {
        var variables: [String: String] = [:]
        guard var next = vintage_environment() else { return variables }
        while let assignment = next.pointee {
            let text = String(cString: assignment)
            if let separator = text.firstIndex(of: "=") {
                variables[String(text[..<separator])] = String(text[text.index(after: separator)...])
            }
            next += 1
        }
        return variables
    }
}
