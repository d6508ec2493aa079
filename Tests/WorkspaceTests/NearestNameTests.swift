import Testing
import Workspace

@Suite("The nearest name")
struct NearestNameTests {
    private static let keys = ["compression.level", "core.workers", "gc.grace", "terminal.color"]

    @Test(
        "a misspelt name is recognised",
        arguments: [
            ("gc.grcae", "gc.grace"), ("gc.grac", "gc.grace"), ("gc.gracee", "gc.grace"),
            ("terminal.colour", "terminal.color"), ("core.worker", "core.workers"), ("gc.grace", "gc.grace"),
        ])
    func misspelt(name: String, meant: String) {
        #expect(nearestName(to: name, among: Self.keys) == meant)
    }

    @Test("a name far from all others has no nearest", arguments: ["x", "", "remote.url", "grace"])
    func farAway(name: String) {
        #expect(nearestName(to: name, among: Self.keys) == nil)
    }

    @Test("of names at the same distance the first is taken")
    func tie() {
        #expect(nearestName(to: "cat", among: ["hat", "bat", "cats"]) == "hat")
        #expect(nearestName(to: "cat", among: ["dogs", "hat"], within: 0) == nil)
    }

    @Test("the distance is the least number of edits, as a plain recursion finds it")
    func againstRecursion() {
        func distance(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
            guard let a = left.last, let b = right.last else { return left.count + right.count }
            var least = min(
                distance(left.dropLast(), right) + 1, distance(left, right.dropLast()) + 1,
                distance(left.dropLast(), right.dropLast()) + (a == b ? 0 : 1))
            if left.dropLast().last == b, right.dropLast().last == a, left.count > 1, right.count > 1 {
                least = min(least, distance(left.dropLast(2), right.dropLast(2)) + 1)
            }
            return least
        }
        var generator = SplitMix(seed: 6)
        for _ in 0..<600 {
            let texts = (0..<2).map { _ in
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in UInt8.random(in: 0...2, using: &generator) }
            }
            let expected = distance(texts[0][...], texts[1][...])
            for bound in 0...6 {
                #expect(editDistance(texts[0], texts[1], within: bound) == (expected <= bound ? expected : nil))
            }
        }
    }
}
