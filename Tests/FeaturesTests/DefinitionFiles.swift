import FileSystem
import Foundation

import Features

/// Definitions from text, for tests.
enum DefinitionFiles {
    /// The folder of the package.
    static var package: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    static func read(_ files: [(String, String)]) throws -> Definitions {
        try Definitions(files: try files.map { (try RelativePath($0.0), Array($0.1.utf8)) })
    }

    static func read(_ text: String) throws -> Definitions { try read([("features/a.yaml", text)]) }

    /// What is wrong, as users see it; nothing if all is well.
    static func problems(_ files: [(String, String)]) throws -> [String] {
        do {
            _ = try read(files)
            return []
        } catch let error as InvalidDefinitions {
            return error.problems.map(\.description)
        }
    }

    static func problems(_ text: String) throws -> [String] { try problems([("features/a.yaml", text)]) }

    /// The YAML blocks of a page of the documentation.
    static func examples(in page: String) throws -> [String] {
        let text = try String(contentsOf: package.appendingPathComponent("Docs/\(page)"), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    /// The longest example of the documentation, which stands for itself.
    static func flights() throws -> String {
        try examples(in: "features.md").max { $0.count < $1.count } ?? ""
    }
}
