import ArgumentParser
import Checks
import GitBridge
import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `vintage hook`.
struct HookCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Do what a hook is for; git calls it through the scripts that 'vintage hooks install' puts in place.",
        discussion: """
            Says on standard error what it did, and nothing where there was nothing to do.

            Example:
              vintage hook pre-commit
            """)

    @Argument(help: "The hook.")
    var hook: Hook

    @Argument(parsing: .captureForPassthrough, help: "What git called it with.")
    var arguments: [RawArgument] = []

    func run(_ console: Console) throws -> ExitStatus {
        let call = HookCall(
            hook, arguments: arguments.map(\.bytes), environment: console.environment, registry: .all,
            readInput: Self.standardInput)
        let outcome = try call.run(from: console.workingDirectory)
        for line in outcome.lines { writeToStandardError("vintage: \(line)\n") }
        return outcome.status
    }

    private static func standardInput() -> [UInt8] {
        // Somebody who calls the hook by hand has no list to give.
        if isatty(STDIN_FILENO) == 1 { return [] }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}

extension Hook: ExpressibleByArgument {}
