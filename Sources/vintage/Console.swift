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
        let quoted = quotedForDisplay(argument)
        guard let text = String(validating: argument, as: UTF8.self), !argument.contains(where: isControl) else {
            // The escapes are those of C, which bash, zsh and ksh read in $'…'; a double quote needs none there.
            return "$'" + quoted.dropFirst().dropLast().replacing("\\\"", with: "\"").replacing("'", with: "\\'") + "'"
        }
        if !argument.isEmpty, argument.allSatisfy(isPlain) { return text }
        return "'" + text.replacing("'", with: "'\\''") + "'"
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    /// Whether a byte means nothing to a shell.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: "-_./@:=,+%^".utf8.contains(byte)
        }
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
