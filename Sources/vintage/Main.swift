import ArgumentParser
import GitBridge
import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the command that the arguments name, and turns what it throws into one line and an exit status.
@main
enum Main {
    static func main() {
        // A file that grows past a limit of the shell's is an error that can be told, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        exit(run(impliedArguments + CommandLine.rawArguments).rawValue)
    }

    /// The command that the program's own name stands for: `vintage-lfs-agent`, a link to it, spares a line of git's
    /// configuration.
    private static var impliedArguments: [[UInt8]] {
        let name = CommandLine.arguments.first?.split(separator: "/").last
        return name == "vintage-lfs-agent" ? [Array("lfs-agent".utf8)] : []
    }

    private static func run(_ arguments: [[UInt8]]) -> ExitStatus {
        let parsed: any ParsableCommand
        do {
            parsed = try Vintage.parseAsRoot(arguments.map(ByteEscape.text(of:)))
        } catch {
            return report(parsing: error, of: arguments)
        }
        guard let command = parsed as? any Command else { return runBuiltIn(parsed, arguments) }
        let output = Output()
        do {
            let console = try Console(arguments: arguments, output: output)
            let status = try command.run(console)
            try output.finish()
            return status
        } catch {
            // What was printed before the failure comes before its message.
            try? output.finish()
            return report(error)
        }
    }

    /// Runs a command of the argument parser's own, such as `help`, which throws what it has to say.
    private static func runBuiltIn(_ command: any ParsableCommand, _ arguments: [[UInt8]]) -> ExitStatus {
        var command = command
        do {
            try command.run()
            return .done
        } catch {
            return report(parsing: error, of: arguments)
        }
    }

    // MARK: Errors

    private static func report(_ error: any Error) -> ExitStatus {
        if let error = error as? OutputError { return fail(error.description, .failed) }
        return fail(oneLine(error), exitStatus(of: error))
    }

    /// Prints help that was asked for, or says what is wrong with the arguments.
    private static func report(parsing error: any Error, of arguments: [[UInt8]]) -> ExitStatus {
        if Vintage.exitCode(for: error) == .success {
            let output = Output()
            output.print(Vintage.fullMessage(for: error))
            do {
                try output.finish()
                return .done
            } catch {
                return fail(error.description, .failed)
            }
        }
        if let message = unknownCommand(in: arguments) { return fail(message, .misused) }
        let advice = Vintage.fullMessage(for: error).split(separator: "\n").last { $0.hasPrefix("  See '") }
        let command = advice?.split(separator: "'").dropFirst().first ?? "vintage --help"
        let message = lowercasingFirst(Vintage.message(for: error))
        return fail(message + (message.hasSuffix("?") ? " See" : "; see") + " '\(command)'", .misused)
    }

    private static func unknownCommand(in arguments: [[UInt8]]) -> String? {
        guard let first = arguments.first, first.first != UInt8(ascii: "-") else { return nil }
        let names = Vintage.commandNames
        let name = String(decoding: first, as: UTF8.self)
        if names.contains(name) { return nil }
        let advice = nearestName(to: name, among: names).map { "did you mean '\($0)'?" } ?? "see 'vintage --help'"
        return "there is no command '\(name)'; \(advice)"
    }

    private static func lowercasingFirst(_ message: String) -> String {
        let message = message.hasSuffix(".") ? message.dropLast() : message[...]
        return message.prefix(1).lowercased() + message.dropFirst()
    }

    private static func fail(_ message: String, _ status: ExitStatus) -> ExitStatus {
        // An argument may hold anything, and the message has to stay one line.
        let text = String(decoding: ByteEscape.bytes(of: message), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        writeToStandardError("vintage: \(line)\n")
        return status
    }
}
