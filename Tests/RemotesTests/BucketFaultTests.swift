import BucketServers
import FileSystem
import Foundation
import ObjectStore
import Remotes
import SystemPackage
import Testing
import Workspace

@Suite("A bucket behind a bad wire")
struct BucketFaultTests {
    /// How many pushes and fetches there are; more by the variable `FAULT_RUNS`.
    private static let runs = ProcessInfo.processInfo.environment["FAULT_RUNS"].flatMap { Int($0) } ?? 24

    @Test("pushes and fetches come to an end with all there, or say why not and go on the next time")
    func randomFaults() throws {
        let server = try BucketServer.running(.moto)
        let project = try TestProject()
        var generator = SplitMix(seed: 77)
        var folder = RandomFolder()
        var refused = 0
        let proxy = try PythonServer("faults.py", [server.endpoint, "5", "0.12"])
        let (url, prefix) = server.place(through: proxy.greeting)
        let bad = try openRemote(url, relativeTo: "/", environment: server.environment)
        let good = try openRemote(
            "s3://flights/\(prefix)?endpoint=\(server.endpoint)", relativeTo: "/", environment: server.environment)
        let source = try project.workspace("source")
        for run in 0..<Self.runs {
            folder.edit(&generator, largest: 100_000)
            try source.record(folder.files)
            let snapshot = try #require(try source.lock()[try RelativePath("data")])
            let target = try project.workspace("target\(run % 4)")
            for attempt in 0... {
                try #require(attempt < 20, "run \(run) goes on for ever")
                do {
                    _ = try source.push(to: bad, named: "r", packSize: 60_000)
                    _ = try target.fetch(from: bad, named: "r", .heads(branch: "main", []))
                    break
                } catch let error as RemoteError {
                    // What the wire spoilt is told; nothing of it is kept.
                    refused += 1
                    switch error {
                    case .damaged, .bucket, .unreadableFormat: break
                    default: Issue.record("run \(run): \(error)")
                    }
                }
            }
            let found = try target.contents(snapshot)
            #expect(found.count == folder.files.count)
            for (name, bytes) in folder.files { #expect(found[try RelativePath(name)] == bytes, "run \(run)") }
        }
        var objects: [String: [UInt8]] = [:]
        for prefix in ["packs/", "indexes/", "refs/"] {
            for object in try good.list(prefix) {
                var bytes = [UInt8](repeating: 0, count: Int(object.size))
                let count = try bytes.withUnsafeMutableBytes { try good.read(object.name, at: 0, into: $0) }
                #expect(count == bytes.count)
                objects[object.name] = bytes
            }
        }
        try checkIsWhole(objects)
        #expect(refused > 0, "no bit that was flipped was found")
    }
}
