import FileSystem
import ObjectStore
import Testing
import Workspace

@Suite("Repairing a workspace's store")
struct RepairTests {
    @Test("what a repair had to leave out is stored again when its file is added again, though nothing changed")
    func addingHeals() throws {
        let test = try TestWorkspace(chunking: ChunkingParameters(minimum: 64, average: 128, maximum: 512))
        try test.write((0..<2000).map { "row \($0)\n" }.joined(), to: "d/big.csv")
        let snapshot = try test.workspace.add([at("d")]).artifacts[0].snapshot
        let tree = try test.tree(of: snapshot)
        // Some byte of the first record's payload, which is a chunk of the file.
        let packs = test.path(".vintage/store/packs")
        let folder = try #require(try Directory(packs).listing().first)
        let name = try #require(try Directory(packs.appending(bytes: folder)).listing().first)
        let pack = packs.appending(bytes: folder).appending(bytes: name)
        var bytes = try pack.contents()
        bytes[16 + 44 + 7] ^= 0x20
        try pack.replaceContents(with: bytes, isDurable: false)

        #expect(try test.workspace.repairStore().damagedObjects == 1)
        #expect(try !test.workspace.verify(readsData: true).problems.isEmpty)
        #expect(try test.workspace.add([at("d")]).artifacts[0].snapshot == snapshot)
        #expect(try test.workspace.verify(readsData: true).problems.isEmpty)
        #expect(try test.tree(of: snapshot) == tree)
    }
}
