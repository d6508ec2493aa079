import Foundation
import PythonEnvironment

/// Reads reports with the Python packages of `Tests/requirements.txt`, which are installed when they are first needed.
enum PythonValidator {
    /// What a reader finds for each check: its id, how it ended, and the messages.
    struct Row: Decodable, Equatable {
        let id: String
        let kinds: [String]
        let messages: [String]

        init(_ id: String, _ kinds: [String], _ messages: [String]) {
            (self.id, self.kinds, self.messages) = (id, kinds, messages)
        }

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            id = try row.decode(String.self)
            kinds = try (try? row.decode([String].self)) ?? [row.decode(String.self)]
            messages = try row.decode([String].self)
        }
    }

    /// Reads a report.
    ///
    /// - Throws: what the reader or the schema has against it.
    static func rows(of report: String, as kind: String) throws -> [Row] {
        let file = FileManager.default.temporaryDirectory.appending(path: "vintage-report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(report.utf8).write(to: file)
        let output = try PythonEnvironment.python("validate-report.py", [kind, file.path])
        return try JSONDecoder().decode([Row].self, from: Data(output.utf8))
    }
}
