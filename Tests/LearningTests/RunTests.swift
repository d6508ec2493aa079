import FileSystem
import Learning
import Testing

@Suite("Trainings that are compared")
struct RunTests {
    private static func epochs(_ losses: [(Double, Double?)]) -> [RecordedRun.Epoch] {
        losses.enumerated().map { RecordedRun.Epoch(number: $0 + 1, training: $1.0, validation: $1.1) }
    }

    @Test("are drawn from the first epoch to the last and from the least loss to the most")
    func plot() {
        let plot = CurvePlot([Self.epochs([(1, nil), (0.5, nil), (0, nil)])], width: 5, height: 3)
        #expect(plot.lines == ["1.0 |a", "    |  a", "  0 |    a", "    +-----", "     1   3"])
    }

    @Test("have letters of their own, and a star where two meet")
    func letters() {
        let plot = CurvePlot(
            [Self.epochs([(1, 1), (0, 0.5)]), Self.epochs([(0.5, nil), (0.5, nil)])], width: 2, height: 3)
        #expect(plot.lines.prefix(3) == ["1.0 |*", "    |b*", "  0 | a"])
    }

    @Test("that went out of bounds leave out what cannot be drawn, and nothing is drawn of nothing")
    func limits() {
        #expect(CurvePlot([]).lines == [])
        #expect(CurvePlot([Self.epochs([(.nan, .infinity)])]).lines == [])
        let largest = Double.greatestFiniteMagnitude
        let plot = CurvePlot([Self.epochs([(largest, nil), (.nan, nil), (-largest, nil)])], width: 3, height: 2)
        #expect(plot.lines[0].hasSuffix("|a"))
        #expect(plot.lines[1].hasSuffix("|  a"))
        #expect(CurvePlot([Self.epochs([(2, nil)])], width: 4, height: 2).lines[1].hasSuffix("|a"))
    }
}
