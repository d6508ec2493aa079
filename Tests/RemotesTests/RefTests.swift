import Dispatch
import FileSystem
import ObjectStore
import Remotes
import Synchronization
import Testing

@Suite("Refs of a remote")
struct RefTests {
    private static func id(_ number: Int) -> ObjectID { ObjectID(of: Array("\(number)".utf8)) }

    private static func head(_ number: Int) throws -> RefKey {
        RefKey(.head, try RelativePath("data/\(number)"), "main")
    }

    @Test("a step comes back from its text, whatever bytes a path has")
    func roundTrip() throws {
        let paths = [Array("plain".utf8), Array("odd\nname".utf8), [0xff, 0x20, 0x22], Array("with space".utf8)]
        var refs: [RefKey: ObjectID] = [:]
        for (number, path) in paths.enumerated() {
            let artifact = try RelativePath(bytes: path)
            refs[RefKey(.head, artifact, "feature/x")] = Self.id(number)
            refs[RefKey(.tag, artifact, "v\(number)")] = Self.id(number + 100)
        }
        let step = RefStep(number: 17, refs: refs)
        #expect(try RefStep(decoding: step.encoded()) == step)
    }

    @Test("a step with any bit changed is refused")
    func damagedStep() throws {
        let step = RefStep(number: 3, refs: [try Self.head(1): Self.id(1), try Self.head(2): Self.id(2)])
        let bytes = step.encoded()
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8(bit)
                #expect(throws: (any Error).self) { try RefStep(decoding: damaged) }
            }
        }
        for count in bytes.indices {
            #expect(throws: (any Error).self) { try RefStep(decoding: Array(bytes[..<count])) }
        }
    }

    @Test("refs are what the moves made them, over many steps")
    func manySteps() throws {
        let log = RefLog(remote: MemoryRemote())
        var expected: [RefKey: ObjectID] = [:]
        var generator = SplitMix(seed: 7)
        for number in 0..<50 {
            let key = try Self.head(Int.random(in: 0..<9, using: &generator))
            expected[key] = Self.id(number)
            let moves = try log.move { _ in [key: Self.id(number)] }
            #expect(moves.map(\.key) == [key])
            #expect(try log.read().refs == expected)
        }
    }

    @Test("a move to where a ref is makes no step")
    func noStep() throws {
        let log = RefLog(remote: MemoryRemote())
        let key = try Self.head(1)
        #expect(try log.move { _ in [key: Self.id(1)] }.count == 1)
        #expect(try log.move { _ in [key: Self.id(1)] }.isEmpty)
        #expect(try log.read().next == 1)
    }

    @Test("of moves that many make at once none is lost")
    func racingMoves() throws {
        let log = RefLog(remote: MemoryRemote())
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for number in 0..<20 {
                do {
                    let key = try Self.head(worker * 100 + number)
                    _ = try log.move { _ in [key: Self.id(number)] }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(failures.withLock { $0 }.isEmpty)
        let refs = try log.read().refs
        #expect(refs.count == 160)
        #expect(try log.read().next == 160)
    }

    @Test("who was slower decides again on the refs that the quicker one left")
    func lostRace() throws {
        let remote = MemoryRemote()
        let log = RefLog(remote: remote)
        let key = try Self.head(1)
        var seen: [ObjectID?] = []
        let moves = try log.move { refs throws(RemoteError) in
            seen.append(refs[key])
            if seen.count == 1 { _ = try log.move { _ in [key: Self.id(1)] } }
            return [key: Self.id(2)]
        }
        #expect(seen == [nil, Self.id(1)])
        #expect(moves == [RefMove(key, from: Self.id(1), to: Self.id(2))])
    }

    @Test("a step that is missing in the middle is told as damage")
    func missingStep() throws {
        let remote = MemoryRemote()
        let log = RefLog(remote: remote)
        for number in 0..<3 {
            let key = try Self.head(number)
            _ = try log.move { _ in [key: Self.id(number)] }
        }
        let name = try #require(remote.objects.keys.first { $0.hasSuffix("1") })
        remote.objects[name] = nil
        #expect(throws: RemoteError.damaged(location: "memory", name: name, reason: "it is missing")) {
            try log.read()
        }
    }
}
