import CGit2
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The environment variables a repository is opened under: the process's own, or a fixed set.
package struct GitEnvironment: Sendable {
    private let fixed: [String: String]?

    /// The variables of this process, looked up when they are needed.
    package static let process = GitEnvironment(fixed: nil)

    private init(fixed: [String: String]?) {
        self.fixed = fixed
    }

    /// A fixed set of variables.
    package init(_ variables: [String: String]) {
        fixed = variables
    }

    /// The value of a variable as text; `nil` if it is unset or empty.
    func text(_ name: String) -> String? {
        if let fixed { return fixed[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// The value of a variable as a path, byte for byte; `nil` if it is unset or empty.
    func path(_ name: String) -> FilePath? {
        if fixed != nil { return text(name).map { FilePath($0) } }
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return FilePath(platformString: value)
    }

    /// Every variable as the bytes of `NAME=value`, with some replaced or added.
    func assignments(replacing replaced: [String: FilePath]) -> [[CChar]] {
        var assignments: [[CChar]] = []
        if let fixed {
            assignments = fixed.map { Array("\($0.key)=\($0.value)".utf8CString) }
        } else if var next = cgit2_environment() {
            while let variable = next.pointee {
                assignments.append(Array(UnsafeBufferPointer(start: variable, count: strlen(variable) + 1)))
                next += 1
            }
        }
        let prefixes = replaced.keys.map { "\($0)=".utf8.map { CChar(bitPattern: $0) } }
        assignments.removeAll { assignment in prefixes.contains { assignment.starts(with: $0) } }
        for (name, value) in replaced {
            assignments.append("\(name)=".utf8.map { CChar(bitPattern: $0) } + value.cString)
        }
        return assignments
    }
}
