import Dispatch
import FileSystem
import Foundation
import Remotes
import Synchronization
import SystemPackage
import Testing

@Suite("A folder as a remote")
struct FolderRemoteTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func create(_ remote: FolderRemote, _ name: String, _ bytes: [UInt8]) throws -> Bool {
        try bytes.withUnsafeBytes { try remote.create(name, $0) }
    }

    @Test("an object is created once and stays what it was")
    func createsOnce() throws {
        let project = try TestProject()
        let remote = project.remote
        try remote.prepare()
        #expect(try create(remote, "refs/1", bytes("first")))
        #expect(try !create(remote, "refs/1", bytes("second")))
        #expect(try project.folder.appending("remote/refs/1").contents() == bytes("first"))
        #expect(try remote.list("refs/") == [RemoteObject(name: "refs/1", size: 5)])
        #expect(try Directory(project.folder.appending("remote/tmp")).listing().isEmpty)
    }

    @Test("of many who create one name at once exactly one succeeds")
    func race() throws {
        let project = try TestProject()
        let remote = project.remote
        try remote.prepare()
        for round in 0..<20 {
            let winners = Mutex<[Int]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { number in
                if (try? self.create(remote, "refs/\(round)", self.bytes("by \(number)"))) == true {
                    winners.withLock { $0.append(number) }
                }
            }
            let winner = try #require(winners.withLock { $0 }.first)
            #expect(winners.withLock { $0 }.count == 1)
            let text = try project.folder.appending("remote/refs/\(round)").contents()
            #expect(text == bytes("by \(winner)"))
        }
    }

    @Test("a part is read from its offset, and less where the object ends")
    func reads() throws {
        let project = try TestProject()
        let remote = project.remote
        try remote.prepare()
        _ = try create(remote, "packs/ab/x.pack", bytes("0123456789"))
        var buffer = [UInt8](repeating: 0, count: 4)
        #expect(try buffer.withUnsafeMutableBytes { try remote.read("packs/ab/x.pack", at: 3, into: $0) } == 4)
        #expect(buffer == bytes("3456"))
        #expect(try buffer.withUnsafeMutableBytes { try remote.read("packs/ab/x.pack", at: 8, into: $0) } == 2)
        #expect(try buffer.withUnsafeMutableBytes { try remote.read("packs/ab/y.pack", at: 0, into: $0) } == nil)
        #expect(try remote.size(of: "packs/ab/x.pack") == 10)
        #expect(try remote.size(of: "packs/ab/y.pack") == nil)
    }

    @Test("a folder that holds something else is left alone")
    func foreignFolder() throws {
        let project = try TestProject()
        try project.remote.root.makeDirectories()
        try project.remote.root.appending("thesis.tex").replaceContents(with: bytes("\\section{}"))
        #expect(throws: RemoteError.notARemote(location: project.remote.location)) { try project.remote.prepare() }
        let workspace = try project.workspace("a")
        try workspace.record(["x": bytes("x")])
        #expect(throws: RemoteError.notARemote(location: project.remote.location)) {
            try workspace.push(to: project.remote, named: "r")
        }
        #expect(try Directory(project.remote.root).listing().count == 1)
    }

    @Test("a folder is not made where the one around it is missing, as on a disk that is not mounted")
    func missingParent() throws {
        let project = try TestProject()
        let remote = FolderRemote(project.folder.appending("mount/remote"))
        #expect(throws: RemoteError.noFolder(location: displayed(project.folder.appending("mount")))) {
            try remote.prepare()
        }
        #expect(!project.folder.appending("mount").exists)
    }

    @Test("what a killed push left is removed once it is old, and not before")
    func leftovers() throws {
        let project = try TestProject()
        try project.remote.prepare()
        _ = try create(project.remote, "format", bytes("x"))
        let (old, young) = (
            project.remote.root.appending("tmp/\(temporaryName())"),
            project.remote.root.appending("tmp/\(temporaryName())")
        )
        for path in [old, young] { try path.replaceContents(with: bytes("half")) }
        try File(reading: old).setModified(fileSystemClock() - 8 * 24 * 3600 * 1_000_000_000)
        try project.remote.prepare()
        #expect(!old.exists)
        #expect(young.exists)
    }

    @Test("a remote of a newer format is refused")
    func newerFormat() throws {
        let project = try TestProject()
        try project.remote.prepare()
        _ = try create(project.remote, "format", bytes("vintage remote 2\n"))
        #expect(throws: RemoteError.self) { try project.remote.remoteDescription() }
    }
}
