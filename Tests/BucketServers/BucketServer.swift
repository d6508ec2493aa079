import Foundation
import PythonEnvironment

/// A server that speaks S3's protocol, with an empty bucket `flights`. It ends with this process.
package final class BucketServer: Sendable {
    /// The servers that there are.
    package enum Kind: String, Sendable, CaseIterable {
        /// Written to be tested with, from PyPI.
        case moto
        /// A store that others keep their data in: Ceph's object gateway, from Debian.
        case ceph
    }

    private struct Greeting: Decodable {
        let endpoint: String
        let access: String
        let secret: String
    }

    /// Where it answers.
    package let endpoint: String
    /// Variables that say who asks.
    package let environment: [String: String]
    private let server: PythonServer

    private static let moto = Result { try BucketServer(.moto) }
    private static let ceph = Result { try BucketServer(.ceph) }

    /// The server of a kind, which is started when it is first asked for.
    package static func running(_ kind: Kind) throws -> BucketServer {
        switch kind {
        case .moto: try moto.get()
        case .ceph: try ceph.get()
        }
    }

    private init(_ kind: Kind) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "vintage-\(kind.rawValue)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        server = try PythonServer("\(kind.rawValue)_server.py", [folder.path])
        let greeting = try JSONDecoder().decode(Greeting.self, from: Data(server.greeting.utf8))
        endpoint = greeting.endpoint
        environment = [
            "AWS_ACCESS_KEY_ID": greeting.access, "AWS_SECRET_ACCESS_KEY": greeting.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    /// A place in the bucket that no other test uses.
    ///
    /// - Parameter endpoint: what stands in front of the server; the server itself by default.
    package func place(through endpoint: String? = nil) -> (url: String, prefix: String) {
        let prefix = UUID().uuidString.lowercased()
        return ("s3://flights/\(prefix)?endpoint=\(endpoint ?? self.endpoint)", prefix)
    }

    /// What boto3 reads below a prefix: the SHA-256 of each object, by its name below it.
    package func digests(_ prefix: String) throws -> [String: String] {
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        let process = Process()
        process.executableURL = URL(filePath: try PythonEnvironment.program("python"))
        process.arguments = [
            PythonEnvironment.root.appending(path: "Tests/BucketServers/objects.py").path, endpoint, prefix + "/",
        ]
        process.environment = variables
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let found = try JSONDecoder().decode([String: String].self, from: text)
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) })
    }
}
