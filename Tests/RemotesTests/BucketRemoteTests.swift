import BucketServers
import Dispatch
import FileSystem
import Foundation
import ObjectStore
import Remotes
import Synchronization
import SystemPackage
import Testing
import Workspace

@Suite("A bucket as a remote")
struct BucketRemoteTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func create(_ remote: any Remote, _ name: String, _ bytes: [UInt8]) throws -> Bool {
        try bytes.withUnsafeBytes { try remote.create(name, $0) }
    }

    private func open(_ kind: BucketServer.Kind) throws -> (remote: any Remote, prefix: String) {
        let server = try BucketServer.running(kind)
        let (url, prefix) = server.place()
        return (try openRemote(url, relativeTo: "/", environment: server.environment), prefix)
    }

    @Test("an object is created once and stays what it was", arguments: BucketServer.Kind.allCases)
    func createsOnce(_ kind: BucketServer.Kind) throws {
        let (remote, prefix) = try open(kind)
        try remote.prepare()
        #expect(try create(remote, "refs/1", bytes("first")))
        #expect(try !create(remote, "refs/1", bytes("second")))
        #expect(try remote.list("refs/") == [RemoteObject(name: "refs/1", size: 5)])
        #expect(try remote.list("packs/").isEmpty)
        #expect(
            try BucketServer.running(kind).digests(prefix) == ["refs/1": ObjectID(of: bytes("first")).description])
    }

    @Test("of many who create one name at once exactly one succeeds")
    func race() throws {
        let (remote, _) = try open(.ceph)
        for round in 0..<10 {
            let winners = Mutex<[Int]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { number in
                if (try? self.create(remote, "refs/\(round)", self.bytes("by \(number)"))) == true {
                    winners.withLock { $0.append(number) }
                }
            }
            let winner = try #require(winners.withLock { $0 }.first)
            #expect(winners.withLock { $0 }.count == 1)
            var buffer = [UInt8](repeating: 0, count: 16)
            let count = try buffer.withUnsafeMutableBytes { try remote.read("refs/\(round)", at: 0, into: $0) }
            #expect(buffer.prefix(count ?? 0).elementsEqual(bytes("by \(winner)")))
        }
    }

    @Test("a part is read from its offset, and less where the object ends", arguments: BucketServer.Kind.allCases)
    func reads(_ kind: BucketServer.Kind) throws {
        let (remote, _) = try open(kind)
        _ = try create(remote, "packs/ab/x.pack", bytes("0123456789"))
        var buffer = [UInt8](repeating: 0, count: 4)
        func read(_ name: String, _ offset: UInt64) throws -> Int? {
            try buffer.withUnsafeMutableBytes { try remote.read(name, at: offset, into: $0) }
        }
        #expect(try read("packs/ab/x.pack", 3) == 4)
        #expect(buffer == bytes("3456"))
        #expect(try read("packs/ab/x.pack", 8) == 2)
        #expect(try read("packs/ab/x.pack", 10) == 0)
        #expect(try read("packs/ab/y.pack", 0) == nil)
        #expect(try remote.size(of: "packs/ab/x.pack") == 10)
        #expect(try remote.size(of: "packs/ab/y.pack") == nil)
    }

    @Test("more names than one answer lists are listed", arguments: BucketServer.Kind.allCases)
    func manyNames(_ kind: BucketServer.Kind) throws {
        let (remote, _) = try open(kind)
        DispatchQueue.concurrentPerform(iterations: 1100) { number in
            _ = try? self.create(remote, "refs/\(number)", [UInt8(number & 255)])
        }
        let listed = try remote.list("refs/")
        #expect(Set(listed.map(\.name)) == Set((0..<1100).map { "refs/\($0)" }))
        #expect(listed.allSatisfy { $0.size == 1 })
    }

    @Test(
        "a folder with something else, and a bucket that is not there, are refused",
        arguments: BucketServer.Kind.allCases)
    func foreign(_ kind: BucketServer.Kind) throws {
        let (remote, _) = try open(kind)
        _ = try create(remote, "notes.txt", bytes("mine"))
        #expect(throws: RemoteError.notARemote(location: remote.location)) { try remote.prepare() }
        let server = try BucketServer.running(kind)
        let other = try openRemote(
            "s3://nowhere/a?endpoint=\(server.endpoint)", relativeTo: "/", environment: server.environment)
        #expect(throws: RemoteError.bucket(.noBucket("nowhere", endpoint: server.endpoint))) { try other.prepare() }
    }

    @Test("wrong keys are refused with what the server says, and status 3")
    func wrongKeys() throws {
        let server = try BucketServer.running(.ceph)
        var environment = server.environment
        environment["AWS_SECRET_ACCESS_KEY"] = "another"
        let remote = try openRemote(server.place().url, relativeTo: "/", environment: environment)
        #expect {
            try remote.prepare()
        } throws: { error in
            "\(error)".contains("403 SignatureDoesNotMatch") && (error as? RemoteError)?.exitStatus.rawValue == 3
        }
    }

    @Test(
        "what one workspace pushes, edits and pushes again another fetches, and boto3 reads it as it is named",
        arguments: BucketServer.Kind.allCases)
    func pushAndFetch(_ kind: BucketServer.Kind) throws {
        let project = try TestProject()
        let (remote, prefix) = try open(kind)
        var generator = SplitMix(seed: 31)
        var folder = RandomFolder()
        let one = try project.workspace("one")
        let two = try project.workspace("two")
        for round in 0..<3 {
            folder.edit(&generator)
            try one.record(folder.files)
            let snapshot = try #require(try one.lock()[try RelativePath("data")])
            let sent = try one.push(to: remote, named: "store", packSize: 100_000)
            #expect(sent.bytes > 0)
            #expect(try one.push(to: remote, named: "store").bytes == 0)
            _ = try two.fetch(from: remote, named: "store", .heads(branch: "main", []))
            let found = try two.contents(snapshot)
            #expect(found.count == folder.files.count)
            for (name, bytes) in folder.files { #expect(found[try RelativePath(name)] == bytes, "round \(round)") }
        }
        let digests = try BucketServer.running(kind).digests(prefix)
        let packs = digests.filter { $0.key.hasPrefix("packs/") }
        #expect(packs.count > 2)
        #expect(packs.allSatisfy { $0.key.hasSuffix("/\($0.value).pack") })
    }

    @Test("of ten who push at once none loses anything")
    func manyPushers() throws {
        let project = try TestProject()
        let (remote, _) = try open(.ceph)
        let roots = try (0..<10).map { number in
            let workspace = try project.workspace("w\(number)")
            try workspace.record(["f.txt": bytes("content \(number)")], as: "data\(number)")
            return workspace.root
        }
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 10) { number in
            do {
                _ = try Workspace.open(from: roots[number]).push(to: remote, named: "store")
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let reader = try project.workspace("reader")
        _ = try reader.fetch(from: remote, named: "store", .heads(branch: "main", []))
        for (number, root) in roots.enumerated() {
            let snapshot = try #require(try Workspace.open(from: root).lock()[try RelativePath("data\(number)")])
            #expect(try reader.contents(snapshot) == [try RelativePath("f.txt"): bytes("content \(number)")])
        }
    }
}
