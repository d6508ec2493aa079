import Testing

@Suite("Random work comes out as in a plain model")
struct HistoryModelTests {
    @Test("status, diff, checkout, merge, restore and undo agree with the model", arguments: 0..<10)
    func randomWork(part: Int) throws {
        for number in 0..<30 {
            let seed = UInt64(part * 1000 + number)
            let work = try RandomWork(seed: seed)
            do {
                for _ in 0..<15 { try work.step() }
                try work.checkAllCommits()
            } catch {
                Issue.record("seed \(seed): \(error), after \(work.history)")
            }
        }
    }
}
